// The example that the planner is known by, end to end: from the sample through compiler and planner to the report.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engines } from '../../engine/host/engines/engines.ts';
import { compileOptions, type Strategy } from '../../engine/options.ts';
import type { CompileReport } from '../../engine/report/types/compile.ts';
import { planFaults, runModel } from '../support/models.ts';

const engines = new Engines();
afterAll(() => engines.stop());

let model = '';
beforeAll(async () => {
  ({ model } = await engines.open({ kind: 'sample', name: 'six-tensors' }, {}));
});

const compile = (planner: Strategy, fusion = true): Promise<CompileReport> =>
  engines.call('compile', { model, options: compileOptions.parse({ planner, fusion }) });

const byName = <T>(report: CompileReport, of: (tensor: CompileReport['asGiven']['tensors'][number]) => T) =>
  Object.fromEntries(report.asGiven.tensors.map(tensor => [tensor.name, of(tensor)]));

describe('as given, by reference counts', () => {
  test('600 bytes become 300, at the offsets of the example', async () => {
    const report = await compile('refcount');
    expect(report.asGiven).toMatchObject({
      strategy: 'refcount',
      unplannedBytes: 600,
      peakBytes: 300,
      lowerBoundBytes: 300,
      optimal: true,
      alignment: 1,
    });
    expect(byName(report, ({ offset }) => offset)).toEqual({ A: 0, B: 100, C: 0, E: 100, D: 200, F: 0 });
    expect(byName(report, ({ bytes }) => bytes)).toEqual({ A: 100, B: 100, C: 100, E: 100, D: 100, F: 100 });
    expect(planFaults(report)).toEqual([]);
  });

  test('lifetimes, half-open, in the order 1, 2, 4, 3, 5', async () => {
    const report = await compile('refcount');
    expect(report.asGiven.steps.map(({ name }) => name)).toEqual(['1', '2', '4', '3', '5']);
    expect(byName(report, ({ lower, upper }) => [lower, upper])).toEqual({
      A: [0, 1],
      B: [0, 2],
      C: [1, 4],
      E: [2, 5],
      D: [3, 5],
      F: [4, 5],
    });
    expect(byName(report, ({ writer }) => writer)).toEqual({ B: 0, C: 1, E: 2, D: 3, F: 4 });
    expect(byName(report, ({ readers }) => readers)).toEqual({
      A: [0],
      B: [1],
      C: [2, 3],
      E: [4],
      D: [4],
      F: [],
    });
    expect(report.asGiven.liveBytes).toEqual([200, 200, 200, 300, 300]);
  });
});

test('without a planner the six lie one after the other', async () => {
  const { asGiven } = await compile('off');
  expect(asGiven).toMatchObject({
    unplannedBytes: 600,
    peakBytes: 600,
    lowerBoundBytes: 300,
    optimal: false,
  });
  const offsets = asGiven.tensors.map(({ offset }) => offset);
  expect(offsets.toSorted((a, b) => a - b)).toEqual([0, 100, 200, 300, 400, 500]);
});

test.each(['refcount', 'size', 'breadth', 'bestfit', 'tflm', 'climb', 'exact'] as const)(
  '%s needs 300 bytes',
  async planner => {
    expect((await compile(planner)).asGiven).toMatchObject({
      strategy: planner,
      peakBytes: 300,
      optimal: true,
    });
  },
);

test('as executed without fusion: the same lifetimes, on cache lines, and the right numbers', async () => {
  const options = compileOptions.parse({ planner: 'refcount', fusion: false });
  const { prepared, outputs } = await runModel(engines, {
    model,
    options,
    inputs: { kind: 'seeded', seed: 1 },
  });
  const { asGiven, asExecuted } = prepared.compile;
  const lives = (view: typeof asGiven) => view.tensors.map(({ name, lower, upper }) => [name, lower, upper]);
  expect(lives(asExecuted)).toEqual(lives(asGiven));
  expect(asExecuted).toMatchObject({ alignment: 64 });
  expect(asExecuted.unplannedBytes).toBeGreaterThanOrEqual(600);
  expect(asExecuted.peakBytes).toBeLessThanOrEqual(3 * 128);
  expect(planFaults(prepared.compile)).toEqual([]);
  const reference = await runModel(engines, {
    model,
    options: { ...options, reference: true },
    inputs: { kind: 'seeded', seed: 1 },
  });
  expect(outputs.map(({ name }) => name)).toEqual(['F']);
  const [actual, expected] = [outputs, reference.outputs].map(list => [...(list[0]?.tensor.data ?? [])]);
  expect(actual).toHaveLength(25);
  actual?.forEach((value, i) => {
    expect(value).toBeCloseTo(Number(expected?.[i]), 6);
  });
});
