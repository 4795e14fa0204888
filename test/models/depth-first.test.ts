// Whole models with steps that run depth-first: a quarter of the memory where that can be, the same outputs, and
// nothing written beside what is planned.

import { afterAll, describe, expect, test } from 'vitest';
import type { EngineSource, InputSource } from '../../engine/host/engines/engine-requests.ts';
import { Engines } from '../../engine/host/engines/engines.ts';
import { withSession } from '../../engine/host/engines/measure.ts';
import { readDataSet } from '../../engine/host/process/conformance.ts';
import { type CompileOptions, compileOptions } from '../../engine/options.ts';
import type { CompileReport } from '../../engine/report/types/compile.ts';
import { runModel, trainedModels } from '../support/models.ts';
import { hasShared, shared } from '../support/shared.ts';

const engines = new Engines();
if (hasShared) engines.allow(shared('models'));
afterAll(() => engines.stop());

const SEEDED: InputSource = { kind: 'seeded', seed: 1 };
/** Of the largest value: sums are cut into tiles elsewhere. */
const TOLERANCE = 1e-4;

const optionsOf = (given: Partial<CompileOptions>): CompileOptions =>
  compileOptions.parse({ simd: engines.simd.at(-1), ...given });

/** Compiles and runs in a session that is watched; its outputs are within the tolerance of another plan's. */
async function checked(
  source: EngineSource,
  inputs: InputSource,
  given: Partial<CompileOptions>,
): Promise<{ readonly apart: CompileReport; readonly chained: CompileReport }> {
  const { model } = await engines.open(source, {});
  try {
    const single = await runModel(engines, {
      model,
      options: optionsOf({ ...given, depthFirst: 'off' }),
      inputs,
    });
    const options = optionsOf({ depthFirst: 'memory', ...given });
    const request = { model, options, inputs };
    const rows = await runModel(engines, request);
    single.outputs.forEach(({ name, tensor }, at) => {
      const [a, b] = [tensor, rows.outputs[at]?.tensor].map(found => [...(found?.data ?? [])].map(Number));
      const largest = (a ?? []).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
      const worst = (a ?? []).reduce((most, value, i) => Math.max(most, Math.abs(value - (b?.[i] ?? 0))), 0);
      expect(worst / largest, name).toBeLessThan(TOLERANCE);
    });
    await withSession(engines, request, {}, async (child, session, { compile }) => {
      const { faults, differing, touchedBytes } = await child.call('sanitize', { session });
      expect({ faults, differing }).toEqual({ faults: [], differing: [] });
      expect(touchedBytes).toBeLessThanOrEqual(compile.asExecuted.peakBytes);
    });
    return { apart: single.prepared.compile, chained: rows.prepared.compile };
  } finally {
    await engines.close(model);
  }
}

describe('MobileNetV2', () => {
  for (const threads of [1, 2]) {
    test(`in a quarter of the memory: ${threads} threads`, { timeout: 240_000 }, async () => {
      const source = { kind: 'sample', name: 'mobilenet-v2' } as const;
      const { apart, chained } = await checked(source, SEEDED, { threads });
      const { peakBytes } = chained.asExecuted;
      const least = 112 * 112 * 96 * 4;
      // The largest tensor exists in every plan without chains.
      expect(apart.asExecuted.peakBytes).toBeGreaterThanOrEqual(least);
      if (threads === 1) expect(peakBytes).toBeLessThanOrEqual(least / 4);
      expect(peakBytes).toBeLessThanOrEqual(apart.asExecuted.peakBytes / (threads === 1 ? 4 : 3));
      const extra = (chained.chains ?? []).reduce((sum, chain) => sum + chain.extraMultiplyAdds, 0);
      // One worker computes nothing twice; a second one starts in the middle of the image.
      if (threads === 1) expect(extra).toBe(0);
      else expect(extra).toBeGreaterThan(0);
    });
  }
});

/** Images through windows, among trained models. */
const NETWORKS: readonly string[] = [
  'ultraface-rfb-320',
  'bodypix-mnv1-050',
  'facemesh',
  'selfie-seg',
  'fastestdet',
  'speech-commands-squeezenet',
];

for (const [turn, { name, file, data }] of trainedModels()
  .filter(model => NETWORKS.includes(model.name))
  .entries()) {
  test(name, { timeout: 240_000 }, async () => {
    const inputs: InputSource = { kind: 'files', files: [...readDataSet(data).inputs], seed: 1 };
    const toggles = { threads: 1 + (turn % 2), simd: engines.simd[turn % engines.simd.length] };
    const { apart, chained } = await checked(
      { kind: 'path', path: file },
      inputs,
      toggles as Partial<CompileOptions>,
    );
    expect(chained.asExecuted.peakBytes).toBeLessThanOrEqual(apart.asExecuted.peakBytes);
  });
}
