// What the planner saves, executed: the arena of every sample and trained model with one thread, unplanned, planned,
// with aliasing and order, with overlap, which is told for two threads too. Markdown on standard output.
//
//   npm run bench:memory

import { readDataSet } from '../../engine/host/conformance.ts';
import { type OpenModel, openModel } from '../../engine/host/open-model.ts';
import { dimensionsOf, readGivenInputs } from '../../engine/host/run-inputs.ts';
import type { Graph } from '../../engine/ir/types.ts';
import { type CompileOptions, compileOptions } from '../../engine/options.ts';
import { compile } from '../../engine/pipeline.ts';
import { SAMPLES } from '../../engine/samples/index.ts';
import { trainedModels } from '../support/models.ts';

const PLAIN = { simd: '256', inPlace: false, overlap: false, reorder: false, lean: 'off' } as const;

/** Columns: each has what the one before it has, and more. */
const COLUMNS: Readonly<Record<string, Partial<CompileOptions>>> = {
  unplanned: { ...PLAIN, planner: 'off' },
  planned: PLAIN,
  'with aliasing': { ...PLAIN, inPlace: true, reorder: true },
  'with overlap': { simd: '256' },
  'two threads': { simd: '256', threads: 2 },
};

interface Entry {
  readonly name: string;
  readonly model: OpenModel;
  readonly graph: Graph;
}

function* entries(): Iterable<Entry> {
  for (const { name } of SAMPLES) {
    const model = openModel({ kind: 'sample', name }, {});
    yield { name: `sample ${name}`, model, graph: model.graph };
  }
  for (const { name, file, data } of trainedModels()) {
    const model = openModel({ kind: 'path', path: file }, {});
    const files = [...readDataSet(data).inputs];
    const given = readGivenInputs(model.model, { kind: 'files', files, seed: 1 });
    yield { name, model, graph: model.bind(dimensionsOf(model.summary.dimensions, given, {})).graph };
  }
}

const clock = (): number => performance.now();

function arenaBytes({ model, graph }: Entry, options: Partial<CompileOptions>): number {
  return compile(graph, compileOptions.parse(options), { read: model.read, clock }).program.arenaBytes;
}

const cell = (bytes: number, unplanned: number): string =>
  unplanned === 0 ? '0' : `${bytes.toLocaleString('en')} (${((1 - bytes / unplanned) * 100).toFixed(1)} %)`;

const rows: string[] = [];
const shares = Object.keys(COLUMNS).map((): number[] => []);
for (const entry of entries()) {
  const bytes = Object.values(COLUMNS).map(options => arenaBytes(entry, options));
  entry.model.close();
  const [unplanned = 0, ...others] = bytes;
  if (unplanned > 0) for (const [i, one] of bytes.entries()) shares[i]?.push(one / unplanned);
  const cells = others.map(one => cell(one, unplanned));
  rows.push(`| ${[entry.name, unplanned.toLocaleString('en'), ...cells].join(' | ')} |`);
}
const means = shares.slice(1).map(list => {
  const mean = Math.exp(list.reduce((sum, share) => sum + Math.log(share), 0) / list.length);
  return `${((1 - mean) * 100).toFixed(1)} %`;
});
console.log(`| bytes (saved) | ${Object.keys(COLUMNS).join(' | ')} |`);
console.log(`| --- |${' ---: |'.repeat(shares.length)}`);
console.log(rows.join('\n'));
console.log(`| geometric mean | | ${means.join(' | ')} |`);
