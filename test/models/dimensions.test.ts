// Open dimensions bound to other extents than the test data has: batches, odd image sizes, other lengths. What the
// kernels compute must be what the interpreter computes.

import { afterAll, expect, test } from 'vitest';
import { Engines } from '../../engine/host/engines/engines.ts';
import { compileOptions } from '../../engine/options.ts';
import { compareTensors } from '../../engine/runtime/compare-tensors.ts';
import { planFaults, runModel } from '../support/models.ts';
import { hasShared, shared } from '../support/shared.ts';

const CASES: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['speech-commands-squeezenet', { batch_size: 3 }],
  ['bodypix-mnv1-050', { unk__349: 65, unk__350: 97 }],
  ['teams-matting', { batch_size: 2, height: 32, width: 64 }],
  [
    'ppocr-v3-det',
    { 'p2o.DynamicDimension.0': 2, 'p2o.DynamicDimension.1': 64, 'p2o.DynamicDimension.2': 96 },
  ],
  ['crepe-tiny', { unk__102: 5 }],
  ['credsweeper', { unk__161: 3, unk__162: 3, unk__163: 17 }],
  ['nnsplit-en', { batch: 3, length: 20 }],
  ['stressrnn', { N: 3 }],
  ['g2p-arpabet', { T: 7, U: 5 }],
];

const engines = new Engines();
if (hasShared) engines.allow(shared('models'));
afterAll(() => engines.stop());

const VARIANTS = [
  { simd: engines.bestSimd, threads: 2 },
  { simd: '128', layout: 'nchw', threads: 3 },
  { simd: 'scalar', fusion: false, layout: 'nhwc', planner: 'refcount' },
] as const;

test.runIf(hasShared).each(CASES)('%s with %o', async (name, dims) => {
  const source = { kind: 'path', path: shared('models', name, 'model.onnx') } as const;
  const { model } = await engines.open(source, dims);
  const inputs = { kind: 'seeded', seed: 5 } as const;
  const run = (toggles: object) =>
    runModel(engines, { model, options: compileOptions.parse({ ...toggles, dims }), inputs });
  const { outputs: expected } = await run({ reference: true });
  expect(expected.length).toBeGreaterThan(0);
  for (const variant of VARIANTS) {
    const { prepared, outputs } = await run(variant);
    expect(planFaults(prepared.compile)).toEqual([]);
    const faults = expected.flatMap((output, index) => {
      const actual = outputs[index]?.tensor;
      const { mismatched, mismatch, compared, maxAbsError } = actual
        ? compareTensors(actual, output.tensor)
        : { mismatched: 1, mismatch: 'missing', compared: 0, maxAbsError: 0 };
      const found = mismatch ?? `${mismatched} of ${compared} differ, by up to ${maxAbsError}`;
      return mismatched > 0 ? [`${JSON.stringify(variant)}: ${output.name}: ${found}`] : [];
    });
    expect(faults).toEqual([]);
  }
  await engines.close(model);
});

test.runIf(hasShared)('an extent that the model cannot have is bad input', async () => {
  const source = { kind: 'path', path: shared('models', 'nnsplit-en', 'model.onnx') } as const;
  const dims = { batch: 1, length: 19 };
  const { model, summary } = await engines.open(source, dims);
  expect(summary.runnable).toBe(false);
  const options = compileOptions.parse({ dims });
  await expect(
    runModel(engines, { model, options, inputs: { kind: 'seeded', seed: 5 } }),
  ).rejects.toMatchObject({
    id: 'bad-input',
    where: expect.stringContaining('Reshape'),
  });
});
