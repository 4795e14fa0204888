// What "off" means: without fusion no step has two operators, without a planner no two tensors share memory, and
// either way the numbers stay the same. What "on" means: both really do something.

import { afterAll, describe, expect, test } from 'vitest';
import type { EngineSource } from '../../engine/host/engines/engine-requests.ts';
import { Engines } from '../../engine/host/engines/engines.ts';
import { type CompileOptions, compileOptions } from '../../engine/options.ts';
import { compareTensors } from '../../engine/runtime/compare-tensors.ts';
import { type ModelRun, planFaults, runModel } from '../support/models.ts';
import { hasShared, shared } from '../support/shared.ts';

const engines = new Engines();
if (hasShared) engines.allow(shared('models'));
afterAll(() => engines.stop());

const trained = hasShared ? ['ultraface-rfb-320', 'facemesh', 'selfie-seg', 'plate-rec', 'gtcrn-simple'] : [];
const SOURCES: readonly (readonly [string, EngineSource])[] = [
  ...['mobilenet-v1', 'bert-encoder'].map(name => [name, { kind: 'sample', name }] as const),
  ...trained.map(name => [name, { kind: 'path', path: shared('models', name, 'model.onnx') }] as const),
];

async function runWith(source: EngineSource, options: Partial<CompileOptions>): Promise<ModelRun> {
  const { model } = await engines.open(source, {});
  try {
    const inputs = { kind: 'seeded', seed: 7 } as const;
    return await runModel(engines, {
      model,
      options: compileOptions.parse({ simd: engines.bestSimd, ...options }),
      inputs,
    });
  } finally {
    await engines.close(model);
  }
}

/** Names of the outputs that differ by more than 1e-4, relative to their largest element where that is above 1. */
function different(actual: ModelRun, expected: ModelRun): string[] {
  return expected.outputs.flatMap(({ name, tensor }, index) => {
    const other = actual.outputs[index];
    if (!other) return [`${name} is missing`];
    let largest = 1;
    for (const value of tensor.data) largest = Math.max(largest, Math.abs(Number(value)));
    const { mismatched, compared, maxAbsError, mismatch } = compareTensors(other.tensor, tensor, {
      rtol: 0,
      atol: 1e-4 * largest,
    });
    if (mismatch !== undefined) return [`${name}: ${mismatch}`];
    return mismatched > 0 ? [`${name}: ${mismatched} of ${compared} differ, by up to ${maxAbsError}`] : [];
  });
}

describe.each(SOURCES)('%s', (_, source) => {
  test('fusion off leaves every operator a step of its own, and the same results', async () => {
    const [on, off] = [await runWith(source, {}), await runWith(source, { fusion: false })];
    expect(off.prepared.compile.groups).toEqual([]);
    const steps = off.prepared.compile.asExecuted.steps;
    expect(steps.filter(({ fusedOps }) => fusedOps.length > 1)).toEqual([]);
    expect(steps.filter(({ group }) => group !== undefined)).toEqual([]);
    expect(on.prepared.compile.groups.length).toBeGreaterThan(0);
    expect(
      on.prepared.compile.groups.filter(({ nodes, ops }) => Math.max(nodes.length, ops.length) < 2),
    ).toEqual([]);
    expect(on.prepared.steps.length).toBeLessThan(off.prepared.steps.length);
    // Grouping is all that differs: together the groups stand for the operators that are apart without them.
    const operators = (run: ModelRun) =>
      [...new Set(run.prepared.compile.asExecuted.steps.flatMap(({ nodes }) => nodes))].sort((a, b) => a - b);
    expect(operators(on)).toEqual(operators(off));
    expect(different(on, off)).toEqual([]);
  });

  test('planner off gives every tensor its own memory, and the same results', async () => {
    const [on, off] = [await runWith(source, {}), await runWith(source, { planner: 'off' })];
    expect(planFaults(off.prepared.compile)).toEqual([]);
    const places = off.prepared.compile.asExecuted.tensors
      .map(({ offset, bytes }) => [offset, offset + bytes] as const)
      .sort(([a], [b]) => a - b);
    const shared = places.filter(([start], i) => start < (places[i - 1]?.[1] ?? 0));
    expect(shared).toEqual([]);
    expect(on.prepared.compile.asExecuted.peakBytes).toBeLessThan(off.prepared.compile.asExecuted.peakBytes);
    expect(on.prepared.memory.arenaBytes).toBeLessThan(off.prepared.memory.arenaBytes);
    expect(off.outputs.length).toBeGreaterThan(0);
    // The same kernels on other addresses; where a plan splits a step into smaller pieces, sums run in another order.
    expect(different(on, off)).toEqual([]);
    expect(on.outputs).toHaveLength(off.outputs.length);
  });
});

test('a group that is switched off comes apart, the others stay', async () => {
  const source = { kind: 'sample', name: 'mobilenet-v1' } as const;
  const on = await runWith(source, {});
  const [first, ...others] = on.prepared.compile.groups.map(({ id }) => id);
  const without = await runWith(source, { disabledGroups: [first ?? ''] });
  const left = without.prepared.compile.groups.map(({ id }) => id);
  expect(left).not.toContain(first);
  expect(left).toEqual(expect.arrayContaining(others));
  expect(different(without, on)).toEqual([]);
});
