// Whatever is planned is what runs: with dead memory filled with NaN and every step watched, samples and trained
// models compute the same bits as with every buffer in memory of its own, write nothing beside their own buffers, and
// touch the arena up to its planned peak.

import { afterAll, expect, test } from 'vitest';
import type { EngineSource, InputSource } from '../../engine/host/engines/engine-requests.ts';
import { Engines } from '../../engine/host/engines/engines.ts';
import { withSession } from '../../engine/host/engines/measure.ts';
import { readDataSet } from '../../engine/host/process/conformance.ts';
import { compileOptions } from '../../engine/options.ts';
import { SAMPLES } from '../../engine/samples/index.ts';
import { trainedModels } from '../support/models.ts';
import { hasShared, shared } from '../support/shared.ts';
import { product } from './covering.ts';

const EVERYTHING = process.env.ARENASCOPE_TEST === 'all';

/** Samples that take seconds to build or to compile. */
const HEAVY: readonly string[] = ['resnet-50', 'u-net', 'bert-encoder', 'relu-decoder'];

/** Trained models that are checked every time; the others with everything else. */
const MODELS: readonly string[] = [
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
  'silero-vad-ifless',
  'unitree-g1-policy',
];

const engines = new Engines();
if (hasShared) engines.allow(shared('models'));
afterAll(() => engines.stop());

const VARIANTS = product({ fusion: [true, false], planner: ['refcount', 'size', 'exact'] as const });

/** Variants dealt out in turn, two with and without fusion to a model; with ARENASCOPE_TEST=all every one. */
const variantsOf = (turn: number) =>
  EVERYTHING ? VARIANTS : [turn % 3, 3 + ((turn + 1) % 3)].flatMap(index => VARIANTS[index] ?? []);

/** Bytes at the end of the arena that a run may leave alone: the last elements of a vector, an alignment. */
const SLACK_BYTES = 64;

interface Case {
  readonly name: string;
  readonly source: EngineSource;
  readonly inputs: InputSource;
  /** its place in the list */
  readonly turn: number;
}

/** Sentences about whatever is wrong under the sanitizer; empty when nothing is. */
async function faultsOf({ source, inputs, turn }: Case): Promise<string[]> {
  const { model } = await engines.open(source, {});
  const found: string[] = [];
  try {
    for (const [index, variant] of variantsOf(turn).entries()) {
      const threads = 1 + ((turn + index) % 2);
      const simd = engines.simd[(turn + index) % engines.simd.length];
      const options = compileOptions.parse({ ...variant, threads, simd });
      const request = { model, options, inputs };
      await withSession(engines, request, {}, async (child, session, { compile }) => {
        const report = await child.call('sanitize', { session });
        const { faults, differing, overwritten, touchedBytes } = report;
        const { peakBytes } = compile.asExecuted;
        const wrong = faults.map(({ name, buffer, byte }) => `${name} writes to byte ${byte}, ${buffer}`);
        wrong.push(...differing.map(name => `${name} differs`));
        if (overwritten) wrong.push(`${overwritten.name} finds spoilt what ${overwritten.buffer} needs`);
        // A worker that comes too late for any share leaves its scratch alone.
        const least = threads === 1 ? peakBytes - SLACK_BYTES : 1;
        if (touchedBytes > peakBytes || touchedBytes < least)
          wrong.push(`${touchedBytes} bytes touched of a planned peak of ${peakBytes}`);
        found.push(...wrong.map(fault => `${JSON.stringify({ ...variant, threads, simd })}: ${fault}`));
      });
    }
  } finally {
    await engines.close(model);
  }
  return found;
}

const CASES: readonly Case[] = [
  ...SAMPLES.filter(({ name }) => EVERYTHING || !HEAVY.includes(name)).map(
    ({ name }): Omit<Case, 'turn'> => ({
      name,
      source: { kind: 'sample', name },
      inputs: { kind: 'seeded', seed: 1 },
    }),
  ),
  ...trainedModels()
    .filter(({ name }) => EVERYTHING || MODELS.includes(name))
    .map(
      ({ name, file, data }): Omit<Case, 'turn'> => ({
        name,
        source: { kind: 'path', path: file },
        inputs: { kind: 'files', files: [...readDataSet(data).inputs], seed: 1 },
      }),
    ),
].map((one, turn) => ({ ...one, turn }));

test.for(CASES)('$name obeys its plan', { timeout: 1_800_000 }, async one => {
  expect(await faultsOf(one)).toEqual([]);
});
