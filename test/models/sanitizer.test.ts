// Whatever is planned is what runs: with dead memory filled with NaN and every step watched, samples and trained
// models compute the same bits, write nothing beside their own buffers, and touch the arena up to its planned peak.

import { afterAll, expect, test } from 'vitest';
import type { EngineSource } from '../../engine/host/engine-requests.ts';
import { Engines } from '../../engine/host/engines.ts';
import { withSession } from '../../engine/host/measure.ts';
import { compileOptions } from '../../engine/options.ts';
import { SAMPLES } from '../../engine/samples/index.ts';
import { hasShared, shared } from '../support/shared.ts';
import { product } from './covering.ts';

const MODELS = [
  'bodypix-mnv1-050',
  'crepe-tiny',
  'facemesh',
  'fastestdet',
  'gtcrn-simple',
  'micro-kws',
  'mnist-cntk',
  'selfie-seg',
  'shufflenetv2-int8',
  'speech-commands-squeezenet',
  'ultraface-rfb-320',
  'waifu2x-upconv7',
  'yunet-n-640',
];

const engines = new Engines();
if (hasShared) engines.allow(shared('models'));
afterAll(() => engines.stop());

const VARIANTS = product({ fusion: [true, false], planner: ['refcount', 'size', 'exact'] as const });

/** Bytes at the end of the arena that a run may leave alone: the last elements of a vector, an alignment. */
const SLACK_BYTES = 64;

/** Sentences about whatever is wrong under the sanitizer; empty when nothing is. */
async function faultsOf(source: EngineSource): Promise<string[]> {
  const { model } = await engines.open(source, {});
  const found: string[] = [];
  try {
    for (const [index, variant] of VARIANTS.entries()) {
      const threads = 1 + (index % 2);
      const simd = engines.simd[index % engines.simd.length];
      const options = compileOptions.parse({ ...variant, threads, simd });
      const request = { model, options, inputs: { kind: 'seeded', seed: 1 } } as const;
      await withSession(engines, request, {}, async (child, session, { compile }) => {
        const { faults, differing, touchedBytes } = await child.call('sanitize', { session });
        const { peakBytes } = compile.asExecuted;
        const wrong = faults.map(({ name, buffer, byte }) => `${name} writes to byte ${byte}, ${buffer}`);
        wrong.push(...differing.map(name => `${name} differs`));
        if (touchedBytes > peakBytes || touchedBytes < peakBytes - SLACK_BYTES)
          wrong.push(`${touchedBytes} bytes touched of a planned peak of ${peakBytes}`);
        found.push(...wrong.map(fault => `${JSON.stringify({ ...variant, threads, simd })}: ${fault}`));
      });
    }
  } finally {
    await engines.close(model);
  }
  return found;
}

test.for(SAMPLES.map(({ name }) => name))('sample %s obeys its plan', { timeout: 300_000 }, async name => {
  expect(await faultsOf({ kind: 'sample', name })).toEqual([]);
});

test.runIf(hasShared).for(MODELS)('%s obeys its plan', { timeout: 300_000 }, async name => {
  expect(await faultsOf({ kind: 'path', path: shared('models', name, 'model.onnx') })).toEqual([]);
});
