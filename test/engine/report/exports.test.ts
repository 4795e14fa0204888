// Every exported file against the format it claims, read the way its own tool reads it.

import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { openModel } from '../../../engine/host/process/open-model.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { EXPORT_KINDS } from '../../../engine/protocol.ts';
import { exportFile, needsRun } from '../../../engine/report/exports/export-file.ts';
import { peakOwnersOf } from '../../../engine/report/peak-owners.ts';
import type { ExportKind } from '../../../engine/report/types/export-kind.ts';
import type { PlanView } from '../../../engine/report/types/plan.ts';
import { runReport, times } from './fixtures.ts';

const opened = openModel({ kind: 'sample', name: 'mobilenet-v1' }, {});
const { report } = compile(opened.graph, DEFAULT_OPTIONS, { read: opened.read, clock: () => 0 });
const { summary } = opened;
const run = runReport('one', {
  compile: report,
  options: report.options,
  steps: report.asExecuted.steps.map(({ index, name, title, op, fusedOps, nodes }) => ({
    ...{ index, name, title, op, fusedOps, nodes, kind: 'kernel', flops: 1, bytesRead: 1, bytesWritten: 1 },
    ...times(1003 + 17 * index),
  })),
});
const other = runReport('other', { options: { ...DEFAULT_OPTIONS, fusion: false } });
const source = {
  generator: { name: 'arenascope', version: '0' },
  model: summary,
  compile: report,
  runs: [other, run],
};
const contentOf = (what: ExportKind, runs = source.runs) => exportFile(what, { ...source, runs }).content;
const text = (what: ExportKind, runs = source.runs): string => String(contentOf(what, runs));

/** whether there is a C compiler to ask */
const compiler = spawnSync('gcc', ['--version']).status === 0;

test('every kind has a name of its own, and says whether it needs a run', () => {
  const names = EXPORT_KINDS.map(what => exportFile(what, source).fileName);
  expect(new Set(names).size).toBe(EXPORT_KINDS.length);
  for (const what of EXPORT_KINDS.filter(kind => !needsRun(kind)))
    expect(text(what, []).length).toBeGreaterThan(0);
});

test('plan: measurements of the runs of this very program, and of no other', () => {
  const { measurements, plans } = JSON.parse(text('plan'));
  expect(new Set(measurements.map((row: { run: string }) => row.run))).toEqual(new Set(['one']));
  expect(measurements).toHaveLength(1 + run.steps.length);
  const executed = plans.find((plan: { column: string }) => plan.column === 'asExecuted');
  for (const { step } of measurements.slice(1)) expect(executed.steps[step].index).toBe(step);
});

describe('Netron attachment', () => {
  const file = JSON.parse(text('netron'));
  const entries: { kind: string; target: string; name: string; value: unknown }[] = file.metrics;

  test('has the signature, and targets that Netron finds', () => {
    expect(file.signature).toBe('netron:attachment');
    const known: Record<string, Set<string>> = {
      model: new Set(['']),
      graph: new Set(['']),
      node: new Set(summary.graph.nodes.map(({ name }) => name)),
      value: new Set(summary.graph.tensors.map(({ name }) => name)),
    };
    for (const { kind, target } of entries) expect(known[kind]?.has(target), `${kind} ${target}`).toBe(true);
  });

  test('tells nothing twice of one target: the last would win', () => {
    const keys = entries.map(({ kind, target, name }) => `${kind}::${target} ${name}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('has the time of its step for a node', () => {
    const [step] = run.steps;
    const name = summary.graph.nodes.find(({ id }) => id === step?.nodes[0])?.name;
    const found = entries.find(entry => entry.target === name && entry.name === 'median of the step (ns)');
    expect(found?.value).toBe(step?.medianNs);
  });
});

test('Model Explorer: values by output tensor, of one graph', () => {
  const file: Record<string, { results: Record<string, { value: number }>; gradient: { stop: number }[] }> =
    JSON.parse(text('model-explorer'));
  const [data, ...others] = Object.values(file);
  expect(others).toEqual([]);
  const outputs = new Set(
    summary.graph.nodes.flatMap(node => node.outputs.map(id => summary.graph.tensors[id ?? -1]?.name)),
  );
  const results = Object.entries(data?.results ?? {});
  expect(results.length).toBeGreaterThan(20);
  for (const [name, { value }] of results) {
    expect(outputs.has(name), name).toBe(true);
    expect(value).toBeGreaterThan(0);
  }
  expect(data?.gradient.map(({ stop }) => stop)).toEqual([0, 1]);
  // The format has no place for a unit: milliseconds, as the viewer's users are used to.
  const first = run.steps[0];
  const made = summary.graph.nodes.find(({ id }) => id === first?.nodes[0])?.outputs[0];
  const name = summary.graph.tensors[made ?? -1]?.name ?? '';
  expect(data?.results[name]?.value).toBeCloseTo((first?.medianNs ?? 0) / 1e6, 9);
});

test('ONNX Runtime profile: an array of X events in whole µs, kernels inside model_run', () => {
  const events: { cat: string; ph: string; name: string; ts: number; dur: number; args: object }[] =
    JSON.parse(text('ort-profile'));
  const whole = events.find(({ name }) => name === 'model_run');
  const kernels = events.filter(({ cat }) => cat === 'Node');
  expect(kernels).toHaveLength(run.steps.length);
  let end = whole?.ts ?? Number.NaN;
  for (const { ph, name, ts, dur, args } of kernels) {
    expect(ph).toBe('X');
    expect(name).toMatch(/_kernel_time$/);
    expect(Number.isInteger(ts) && Number.isInteger(dur)).toBe(true);
    expect(ts).toBeGreaterThanOrEqual(end);
    end = ts + dur;
    for (const key of [
      'op_name',
      'provider',
      'node_index',
      'output_size',
      'activation_size',
      'parameter_size',
    ])
      expect(typeof Reflect.get(args, key), key).toBe('string');
    expect(Reflect.get(args, 'output_type_shape')[0]).toHaveProperty('float');
  }
  expect((whole?.ts ?? 0) + (whole?.dur ?? 0)).toBeGreaterThanOrEqual(end);
});

describe('TensorFlow Lite Micro offline plan', () => {
  const bytes = contentOf('offline-plan') as Uint8Array;
  const view = new DataView(bytes.buffer);
  const words = Array.from({ length: bytes.length / 4 }, (_, at) => view.getInt32(at * 4, true));
  const [, subgraph, count, ...offsets] = words;

  test('metadata: version, subgraph, number of tensors, an offset each', () => {
    expect(subgraph).toBe(0);
    expect(count).toBe(offsets.length);
    for (const { id, kind } of summary.graph.tensors) {
      if (kind === 'constant') expect(offsets[id], `tensor ${id}`).toBe(-1);
    }
  });

  test('aligned, and what lives together lies apart', () => {
    const rows = report.asGiven.tensors.map(row => ({ ...row, place: offsets[row.tensors[0] ?? -1] ?? -1 }));
    for (const { place } of rows) expect(place % 16).toBe(0);
    for (const a of rows) {
      for (const b of rows) {
        if (a.id >= b.id || a.lower >= b.upper || b.lower >= a.upper) continue;
        expect(a.place + a.bytes <= b.place || b.place + b.bytes <= a.place, `${a.name} ${b.name}`).toBe(
          true,
        );
      }
    }
  });

  test('C: as many entries as it says, the same offsets, within the arena', () => {
    const code = text('offline-plan-c');
    const entries = [
      ...code.matchAll(/\[ *(\d+)\] = \{ \.offset = (\d+) \}, \/\* tensor (\d+), (\d+) bytes/g),
    ];
    expect(Number(/\.buffer_count = (\d+)/.exec(code)?.[1])).toBe(entries.length);
    const arena = Number(/ARENA_BYTES (\d+)/.exec(code)?.[1]);
    entries.forEach(([, position, offset, tensor, size], at) => {
      expect(Number(position)).toBe(at);
      expect(offsets[Number(tensor)]).toBe(Number(offset));
      expect(Number(offset) + Number(size)).toBeLessThanOrEqual(arena);
    });
  });

  test('a name cannot end a comment of the C file', () => {
    const evil = { ...summary, name: 'a */ int main() { /* \n#include "x"\\' };
    const code = String(exportFile('offline-plan-c', { ...source, model: evil }).content);
    expect(code.split('\n')[0]).not.toContain('*/');
    expect(code.split('\n').some(line => line.startsWith('#include "x"'))).toBe(false);
  });

  test.runIf(compiler)('C: compiles without a warning, whatever names are', async () => {
    const evil = '*/ #error 1 /*\n#error 2\n\u202e??/\\';
    const tensors = summary.graph.tensors.map(tensor => ({ ...tensor, name: `${evil}${tensor.name}` }));
    const model = { ...summary, name: evil, graph: { ...summary.graph, tensors } };
    const code = String(exportFile('offline-plan-c', { ...source, model }).content);
    expect(code).toContain('⟨U+202E⟩');
    const flags = [
      '-std=c11',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-Wno-unused-const-variable',
      '-Wno-unused-variable',
    ];
    const run = spawnSync('gcc', [...flags, '-xc', '-c', '-o', '/dev/null', '-'], { input: code });
    expect(String(run.stderr)).toBe('');
    expect(run.status).toBe(0);
  });
});

describe('names with hidden characters', () => {
  const name = '=a\u202e\u2028\u200b,b';
  const tensors = summary.graph.tensors.map(tensor => ({ ...tensor, name: `${name}${tensor.id}` }));
  const rows = (view: PlanView): PlanView => ({
    ...view,
    tensors: view.tensors.map(row => ({ ...row, name: `${name}${row.id}` })),
  });
  const compile = {
    ...source.compile,
    asGiven: rows(source.compile.asGiven),
    asExecuted: rows(source.compile.asExecuted),
  };
  const hostile = { ...source, compile, model: { ...summary, graph: { ...summary.graph, tensors } } };
  const hidden = /[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

  test.each(['plan', 'netron', 'model-explorer', 'trace', 'ort-profile'] as const)(
    '%s: escaped, and the same when it is parsed',
    kind => {
      const written = String(exportFile(kind, hostile).content);
      expect(written).not.toMatch(hidden);
      if (kind === 'plan' || kind === 'netron') expect(JSON.stringify(JSON.parse(written))).toContain(name);
    },
  );

  test('csv: visible, one cell, no formula', () => {
    const written = String(exportFile('csv', hostile).content);
    expect(written).not.toMatch(hidden);
    const [head, ...lines] = written.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toMatch(/^_=a⟨U\+202E⟩/);
      expect(line.split(',').length).toBe(head?.split(',').length);
    }
  });

  test('csv: a comma or a quote in a name ends no field', () => {
    const [first, ...others] = report.asExecuted.tensors;
    const tensors = first ? [{ ...first, name: 'conv(a, "b")' }, ...others] : [];
    const compile = { ...report, asExecuted: { ...report.asExecuted, tensors } };
    const [head, line] = String(exportFile('csv', { ...source, compile }).content).split('\n');
    expect(line).toMatch(/^conv\(a_ _b_\),/);
    expect(line?.split(',').length).toBe(head?.split(',').length);
  });
});

describe('report', () => {
  const page = text('report');

  test('is one file: no scripts, nothing loaded', () => {
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<(script|link|img|iframe|object)\b|\b(src|href)=|url\(|@import/i);
    expect(page).toContain('content="default-src &#39;none&#39;;');
    expect(page).toContain('prefers-color-scheme:dark');
  });

  test('compares the last two runs and says that they were not measured together', () => {
    expect(page).toContain('Run 2 against run 1');
    expect(page).toContain('Not measured together');
    expect(text('report', [run])).not.toContain('Run 2 against');
  });

  test('units are those of the app, kernels of several operators are not called single, and there is a main part', () => {
    const peak = { flopsPerSecond: 1e11, bytesPerSecond: 5 * 2 ** 30, simd: '256' } as const;
    const written = text('report', [{ ...run, peak }]);
    expect(written).toContain('5.00 GiB/s');
    expect(written).not.toContain('GB/s');
    expect(written).toContain('<h2>Kernels outside groups</h2>');
    expect(written).toMatch(/<main>.*<h1>.*<h2>Environment.*<\/main>/s);
  });

  test('who shares the memory of the peak has a share of the sum of sizes', () => {
    const { tensors, peakStep, liveBytes } = report.asExecuted;
    const sum = peakOwnersOf(report.asExecuted).reduce((all, { tensor }) => all + tensor.bytes, 0);
    expect(sum, 'of a plan with overlaps').toBeGreaterThan(liveBytes[peakStep] ?? 0);
    expect(page).toContain('Of their sum');
    const apart = { ...report.asGiven, tensors, peakStep, liveBytes: liveBytes.with(peakStep, sum) };
    const written = exportFile('report', { ...source, compile: { ...report, asExecuted: apart } }).content;
    expect(String(written)).toContain('Of the peak');
  });

  test('runs are called what they are called in the app, and those compared there are compared', () => {
    const numbers = new Map([
      ['other', 4],
      ['one', 2],
    ]);
    const named = String(exportFile('report', { ...source, numbers, compared: ['one', 'other'] }).content);
    expect(named).toContain('Run 4 against run 2');
    expect(named.indexOf('run 2')).toBeLessThan(named.indexOf('run 4'));
    expect(named).toContain('Slowest steps of run 2');
    const { traceEvents } = JSON.parse(String(exportFile('trace', { ...source, numbers }).content));
    const names = traceEvents.filter(({ name }: { name: string }) => name === 'process_name');
    expect(names.map(({ args }: { args: { name: string } }) => /run \d/.exec(args.name)?.[0])).toEqual([
      'run 4',
      'run 2',
    ]);
  });

  test('runs that differ in any toggle or dimension are told apart', () => {
    const deep = { ...run.options, depthFirst: 'memory', winograd: false, dims: { batch: 4 } } as const;
    const written = text('report', [run, { ...run, id: 'deep', options: deep }]);
    expect(written).toContain(' · depth-first for memory · no Winograd · batch = 4</td>');
  });

  test('names in a model are text', () => {
    const evil = { ...summary, name: '<script>alert(1)</script>"\'&\u0000' };
    const written = String(exportFile('report', { ...source, model: evil }).content);
    expect(written).not.toContain('<script');
    expect(written).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;⟨U+0000⟩');
  });

  test('before any run: the plan alone', () => {
    const planned = text('report', []);
    expect(planned).toContain('not run');
    expect(planned).not.toContain('<h2>Runs</h2>');
  });
});
