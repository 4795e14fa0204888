// The nine `light` models have one value in every weight, so that their outputs are constant: reseeded they compute
// something, and onnxruntime-web, given the same reseeded file and inputs, says what. The samples are compared too.

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writePeerModel } from '../../engine/host/bench/bench.ts';
import type { EngineSource } from '../../engine/host/engine-requests.ts';
import { Engines } from '../../engine/host/engines.ts';
import type { Tensor } from '../../engine/ir/types.ts';
import { compileOptions } from '../../engine/options.ts';
import { compareTensors } from '../../engine/runtime/compare-tensors.ts';
import { SAMPLES } from '../../engine/samples/index.ts';
import { interpretedSteps, planFaults, runModel } from '../support/models.ts';
import { runOrtWeb } from '../support/ort-web.ts';
import { hasShared, shared } from '../support/shared.ts';

const RESEED = 42;
const INPUT_SEED = 3;
/** Against float32 sums in another order; the absolute part is of the output's largest element. */
const TOLERANCE = { rtol: 1e-3, atol: 1e-4 } as const;

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

async function agree(source: EngineSource, reseed: number | undefined): Promise<void> {
  const options = compileOptions.parse({ simd: engines.bestSimd, threads: 2, reseed });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-light-'));
  const { model, summary } = await engines.open(source, {});
  try {
    expect(summary.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const { file, inputs } = writePeerModel({ source, options }, folder);
    expect(inputs.length).toBeGreaterThan(0);
    const expected = await runOrtWeb(file, inputs, INPUT_SEED);
    const { prepared, outputs } = await runModel(engines, {
      model,
      options,
      inputs: { kind: 'seeded', seed: INPUT_SEED },
    });
    expect(planFaults(prepared.compile)).toEqual([]);
    expect(outputs.map(({ name }) => name)).toEqual(expected.map(({ name }) => name));
    for (const [index, { name, tensor }] of expected.entries()) {
      const { largest, distinct } = spread(tensor);
      // Constant or overflowing outputs would prove nothing.
      expect(distinct).toBeGreaterThan(Math.min(20, tensor.data.length / 3));
      expect(Number.isFinite(largest) && largest > 0).toBe(true);
      const own = outputs[index]?.tensor;
      if (!own) throw new Error(`no output ${name}`);
      const tolerance = { rtol: TOLERANCE.rtol, atol: TOLERANCE.atol * largest };
      const result = compareTensors(own, tensor, tolerance);
      console.info(
        `${summary.name}, ${name}: largest error ${result.maxAbsError.toExponential(1)} of ${largest.toPrecision(3)}, ` +
          `${(result.maxAbsError / largest).toExponential(1)}; interpreted: ${interpretedSteps(prepared.compile) || 'none'}`,
      );
      expect(result).toMatchObject({ mismatched: 0, compared: tensor.data.length });
    }
  } finally {
    await engines.close(model);
    rmSync(folder, { recursive: true, force: true });
  }
}

test.runIf(hasShared).each(LIGHT)('reseeded %s agrees with onnxruntime-web', async name => {
  await agree({ kind: 'path', path: shared('onnx', 'light', `light_${name}.onnx`) }, RESEED);
});

test.each(SAMPLES.map(({ name }) => name))('sample %s agrees with onnxruntime-web', async name => {
  await agree({ kind: 'sample', name }, undefined);
});
