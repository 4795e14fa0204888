// The nine `light` models have one value in every weight, so that their outputs are constant: reseeded they compute
// something, and onnxruntime-web, given the same reseeded file and inputs, says what. The samples are compared too.

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writePeerModel } from '../../engine/host/bench/bench.ts';
import type { EngineSource } from '../../engine/host/engines/engine-requests.ts';
import { Engines } from '../../engine/host/engines/engines.ts';
import type { Tensor } from '../../engine/ir/types.ts';
import { compileOptions } from '../../engine/options.ts';
import { compareTensors } from '../../engine/runtime/compare-tensors.ts';
import { SAMPLES } from '../../engine/samples/index.ts';
import { interpretedSteps, planFaults, runModel } from '../support/models.ts';
import { runOrtWeb } from '../support/ort-web.ts';
import { hasShared, shared } from '../support/shared.ts';
import { product } from './covering.ts';

const RESEED = 42;
const INPUT_SEED = 3;
/** Against float32 sums in another order; the absolute part is of the output's largest element. */
const TOLERANCE = { rtol: 1e-3, atol: 5e-5 } as const;

const LIGHT = [
  'bvlc_alexnet',
  'densenet121',
  'inception_v1',
  'inception_v2',
  'resnet50',
  'shufflenet',
  'squeezenet',
  'vgg19',
  'zfnet512',
];

const engines = new Engines();
if (hasShared) engines.allow(shared('onnx', 'light'));
afterAll(() => engines.stop());

/** The largest magnitude, and how many different values there are among the first thousand. */
function spread({ data }: Tensor): { largest: number; distinct: number } {
  const first = new Set<unknown>();
  let largest = 0;
  data.forEach((value: unknown, i: number) => {
    if (i < 1000) first.add(value);
    largest = Math.max(largest, Math.abs(Number(value)));
  });
  return { largest, distinct: first.size };
}

/** Toggles that change what is computed in what order; the usual test takes the last, which is the fastest. */
const VARIANTS =
  process.env.ARENASCOPE_TEST === 'all'
    ? product({ simd: engines.simd, fusion: [false, true], threads: [1, 2] })
    : [{ simd: engines.bestSimd, fusion: true, threads: 2 }];

/** Runs the model here with every variant, and in onnxruntime-web once. */
async function agree(source: EngineSource, reseed: number | undefined): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-light-'));
  const { model, summary } = await engines.open(source, {});
  try {
    expect(summary.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const { file, inputs } = writePeerModel({ source, options: compileOptions.parse({ reseed }) }, folder);
    expect(inputs.length).toBeGreaterThan(0);
    const expected = await runOrtWeb(file, inputs, INPUT_SEED);
    for (const variant of VARIANTS) {
      const options = compileOptions.parse({ ...variant, reseed });
      const seeded = { kind: 'seeded', seed: INPUT_SEED } as const;
      const { prepared, outputs } = await runModel(engines, { model, options, inputs: seeded });
      expect(planFaults(prepared.compile)).toEqual([]);
      expect(outputs.map(({ name }) => name)).toEqual(expected.map(({ name }) => name));
      const errors = expected.map(({ name, tensor }, index) => {
        const own = outputs[index]?.tensor;
        if (!own) throw new Error(`no output ${name}`);
        return `${name} ${errorOf(own, tensor).toExponential(1)}`;
      });
      console.info(
        `${summary.name}, ${JSON.stringify(variant)}: error over largest element: ${errors.join(', ')}; ` +
          `interpreted: ${interpretedSteps(prepared.compile) || 'none'}`,
      );
    }
  } finally {
    await engines.close(model);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Checks one output; its largest error as a share of its largest element. */
function errorOf(actual: Tensor, expected: Tensor): number {
  const { largest, distinct } = spread(expected);
  // Constant or overflowing outputs would prove nothing.
  expect(distinct).toBeGreaterThan(Math.min(20, expected.data.length / 3));
  expect(Number.isFinite(largest) && largest > 0).toBe(true);
  const tolerance = { rtol: TOLERANCE.rtol, atol: TOLERANCE.atol * largest };
  const result = compareTensors(actual, expected, tolerance);
  expect(result).toMatchObject({ mismatched: 0, compared: expected.data.length });
  return result.maxAbsError / largest;
}

const TIMEOUT = { timeout: 900_000 };

test.runIf(hasShared).each(LIGHT)('reseeded %s agrees with onnxruntime-web', TIMEOUT, async name => {
  await agree({ kind: 'path', path: shared('onnx', 'light', `light_${name}.onnx`) }, RESEED);
});

test.each(SAMPLES.map(({ name }) => name))('sample %s agrees with onnxruntime-web', TIMEOUT, async name => {
  await agree({ kind: 'sample', name }, undefined);
});
