import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Engines } from '../../../../engine/host/engines/engines.ts';
import { measure } from '../../../../engine/host/engines/measure.ts';
import { writeOnnx } from '../../../../engine/onnx/write.ts';
import { compileOptions } from '../../../../engine/options.ts';
import { SAMPLES } from '../../../../engine/samples/index.ts';

const reasons: string[] = [];
const engines = new Engines(reason => reasons.push(reason));
afterAll(() => engines.stop());

const sixTensors = { kind: 'sample', name: 'six-tensors' } as const;
const options = (given: Parameters<typeof compileOptions.parse>[0]) => compileOptions.parse(given);
const seeded = { kind: 'seeded', seed: 1 } as const;

function modelFile(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-test-'));
  const model = SAMPLES.find(sample => sample.name === 'six-tensors')?.build();
  if (!model) throw new Error('there is no sample six-tensors');
  const file = path.join(folder, 'model.onnx');
  writeFileSync(file, writeOnnx(model));
  return file;
}

describe('engines', () => {
  test('open, compile and look at a sample', async () => {
    const { model, summary } = await engines.open(sixTensors, {});
    expect(summary.runnable).toBe(true);
    expect(summary.graph.nodes.map(node => node.op)).toEqual(['Relu', 'Sigmoid', 'Tanh', 'Neg', 'Add']);
    const report = await engines.call('compile', { model, options: options({ planner: 'refcount' }) });
    expect(report.asGiven).toMatchObject({ peakBytes: 300, lowerBoundBytes: 300, unplannedBytes: 600 });
    await engines.close(model);
    await expect(engines.call('compile', { model, options: options({}) })).rejects.toThrow('open model');
  });

  test('a file in a folder that was not known before can be opened, and what was open stays open', async () => {
    const sample = await engines.open(sixTensors, {});
    const file = await engines.open({ kind: 'path', path: modelFile() }, {});
    expect(file.summary.graph.nodes).toHaveLength(5);
    const again = await engines.call('compile', { model: sample.model, options: options({}) });
    expect(again.operators).toBe(5);
  });

  test('an engine cannot read what it was not allowed to', async () => {
    const { model } = await engines.open(sixTensors, {});
    const files = [{ path: '/etc/hostname', index: 0 }];
    const inputs = { kind: 'files' as const, files, seed: 1 };
    const request = { model, session: 'session', options: options({}), inputs, warmUp: false };
    const asked = engines.exclusively(async lease => {
      const child = await lease.child(engines.bestSimd, model);
      return child.call('prepare', request);
    });
    await expect(asked).rejects.toThrow(/restricted|permission/i);
  });

  test('two classes are measured in turns and agree', async () => {
    const { model } = await engines.open(sixTensors, {});
    const variants = engines.simd.map(simd => options({ simd, threads: 2 }));
    const reports = await measure(engines, {
      model,
      variants,
      iterations: 3,
      check: 'unfused',
      inputs: seeded,
    });
    expect(reports).toHaveLength(variants.length);
    for (const report of reports) {
      expect(report.samplesNs).toHaveLength(3);
      expect(report.interleavedWith).toBe(reports[0]?.interleavedWith);
      expect(report.check?.maxAbsError).toBeLessThan(1e-5);
      expect(report.outputs[0]?.values).toEqual(reports[0]?.outputs[0]?.values);
      expect(report.steps.length).toBeGreaterThan(0);
    }
  });

  test('captured values can be looked at after a probe', async () => {
    const { model, summary } = await engines.open(sixTensors, {});
    const inner = summary.graph.tensors.find(tensor => tensor.kind === 'activation');
    if (!inner) throw new Error('the sample has no activations');
    const slice = { model, tensor: inner.id, start: 0, count: 8 };
    await expect(engines.call('tensor', slice)).rejects.toThrow('captured');
    const variants = [options({ capture: [inner.name] })];
    const [report] = await measure(engines, {
      model,
      variants,
      iterations: 1,
      check: 'none',
      inputs: seeded,
    });
    expect(report?.probe).toBe(true);
    expect(report?.outputs).toHaveLength(summary.graph.outputs.length);
    const { values, statistics } = await engines.call('tensor', slice);
    expect(values).toHaveLength(8);
    expect(statistics?.histogram.reduce((a, b) => a + b)).toBe(25);
  });

  test('the error of a run includes what minimal filtering rounds', async () => {
    const { model } = await engines.open({ kind: 'sample', name: 'resnet-50' }, {});
    const plain = options({ simd: 'scalar', fusion: false, threads: 1 });
    const variants = [{ ...plain, winograd: false }, plain];
    const request = { model, variants, iterations: 1, check: 'unfused' as const, inputs: seeded };
    const [direct, filtered] = await measure(engines, request, {});
    expect(direct?.check?.maxAbsError).toBe(0);
    expect(filtered?.check?.maxAbsError).toBeGreaterThan(0);
    await engines.close(model);
  });

  test('after a crash the shell is told, and models are there again', async () => {
    const { model } = await engines.open(sixTensors, {});
    const before = reasons.length;
    const waiting = engines.call('compile', { model, options: options({}) });
    for (const pid of engines.pids) process.kill(pid, 'SIGKILL');
    await expect(waiting).rejects.toMatchObject({ id: 'engine-lost' });
    await expect.poll(() => reasons.length).toBeGreaterThan(before);
    const report = await engines.call('compile', { model, options: options({}) });
    expect(report.operators).toBe(5);
  });

  test('who gives up while a model is opened again does not take it from others', async () => {
    const { model } = await engines.open({ kind: 'sample', name: 'resnet-50' }, {});
    for (const pid of engines.pids) process.kill(pid, 'SIGKILL');
    await expect.poll(() => engines.pids).toEqual([]);
    const abort = new AbortController();
    const first = engines.call('compile', { model, options: options({}) }, { signal: abort.signal });
    const second = engines.call('compile', { model, options: options({}) });
    // While it is being opened, not before it is begun: the engine that does so is there.
    await expect.poll(() => engines.pids, { interval: 10 }).not.toEqual([]);
    abort.abort();
    await expect(first).rejects.toMatchObject({ id: 'cancelled' });
    await expect(second).resolves.toMatchObject({ operators: 175 });
  });

  test('how far a measurement is, is told in runs, from within one too', async () => {
    const { model } = await engines.open({ kind: 'sample', name: 'mobilenet-v1' }, {});
    const told: (readonly number[])[] = [];
    const control = {
      onProgress: (what: string, done: number, of: number) => what === 'measure' && told.push([done, of]),
    };
    const slow = options({ simd: 'scalar', threads: 1 });
    const request = { model, variants: [slow], iterations: 3, check: 'none' as const, inputs: seeded };
    await measure(engines, request, control);
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect(new Set(told.map(([, of]) => of))).toEqual(new Set([3]));
    const done = told.map(([runs = 0]) => runs);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(done.at(-1)).toBeLessThanOrEqual(3);
  });

  test('a cancelled run ends, and its engine goes on', async () => {
    const { model } = await engines.open({ kind: 'sample', name: 'resnet-50' }, {});
    const abort = new AbortController();
    const control = {
      signal: abort.signal,
      onProgress: (what: string) => what.includes('run') && abort.abort(),
    };
    // One interpreted convolution may take longer than the engine waits: then its worker is replaced.
    const variants = [options({ reference: true })];
    const request = { model, variants, iterations: 1, check: 'none' as const, inputs: seeded };
    await expect(measure(engines, request, control)).rejects.toMatchObject({ id: 'cancelled' });
    const next = await engines.open(sixTensors, {});
    expect(next.summary.graph.nodes).toHaveLength(5);
  });

  test('a request that is waiting can be cancelled', async () => {
    const { model } = await engines.open(sixTensors, {});
    const abort = new AbortController();
    const first = engines.call('compile', { model, options: options({}) });
    const second = engines.call('compile', { model, options: options({}) }, { signal: abort.signal });
    abort.abort();
    await expect(second).rejects.toMatchObject({ id: 'cancelled' });
    await expect(first).resolves.toMatchObject({ operators: 5 });
  });

  test('what an engine is asked for while it works on something else is told to wait', async () => {
    const { model } = await engines.open({ kind: 'sample', name: 'mobilenet-v1' }, {});
    const told: string[] = [];
    const onProgress = (what: string) => told.push(what);
    const first = engines.call('compile', { model, options: options({}) });
    const second = engines.call('compile', { model, options: options({}) }, { onProgress });
    await Promise.all([first, second]);
    expect(told[0]).toBe('waits for other work');
  });

  test('a run that waits for another can be cancelled, and the next one still waits', async () => {
    let end = (): void => {};
    const order: string[] = [];
    const first = engines.exclusively(async () => {
      await new Promise<void>(resolve => {
        end = resolve;
      });
      order.push('first');
    });
    const abort = new AbortController();
    const told: string[] = [];
    const tell = (what: string) => told.push(what);
    const second = engines.exclusively(async () => order.push('second'), abort.signal, tell);
    expect(told).toEqual(['waits for other work']);
    const third = engines.exclusively(async () => order.push('third'));
    abort.abort();
    await expect(second).rejects.toMatchObject({ id: 'cancelled' });
    end();
    await Promise.all([first, third]);
    expect(order).toEqual(['first', 'third']);
    await engines.exclusively(async () => order.push('fourth'), undefined, tell);
    expect(told).toHaveLength(1);
  });

  test('malformed requests are refused with a place', async () => {
    const { model } = await engines.open(sixTensors, {});
    const broken = { ...options({}), threads: 0 };
    await expect(engines.call('compile', { model, options: broken })).rejects.toMatchObject({
      id: 'bad-input',
      message: expect.stringContaining('options.threads'),
    });
    await expect(engines.open({ kind: 'sample', name: 'none' }, {})).rejects.toThrow('six-tensors');
    await expect(engines.open({ kind: 'path', path: '/no/such/model.onnx' }, {})).rejects.toMatchObject({
      id: 'bad-input',
      where: '/no/such/model.onnx',
    });
  });
});
