// The graph as given, on trained models: numbers that were measured by other means, with a planner of its own.

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ReadBytes } from '../../../engine/ir/constants/reading.ts';
import { importOnnx } from '../../../engine/onnx/import.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { foldConstants } from '../../../engine/passes/fold-constants.ts';
import { inferShapes } from '../../../engine/passes/shapes/infer.ts';
import { plan } from '../../../engine/planner/plan.ts';
import { validate } from '../../../engine/planner/validate.ts';
import { givenPlan } from '../../../engine/report/plan-view.ts';
import { hasShared, shared } from '../../support/shared.ts';

const read: ReadBytes = (file, offset, length) => {
  const bytes = new Uint8Array(length);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, bytes, 0, length, offset);
  closeSync(descriptor);
  return bytes;
};

function problemOf(model: string) {
  const path = shared('models', model, 'model.onnx');
  const imported = importOnnx({ path, size: statSync(path).size }, read);
  const { graph } = inferShapes(imported, {}, read);
  return givenPlan(foldConstants.run(graph, { read, options: DEFAULT_OPTIONS }));
}

describe.skipIf(!hasShared)('operators, bytes without planning, largest live sum', () => {
  test.each([
    ['basic-pitch', 242, 34_440_861, 5_993_856],
    ['blazepalm', 123, 18_376_704, 1_572_864],
    ['crepe-tiny', 30, 537_824, 262_144],
    ['dtln-1', 36, 29_204, 5124],
    ['facemesh', 97, 13_391_860, 1_769_472],
    ['fastestdet', 211, 41_114_544, 5_947_392],
    ['gtcrn-simple', 415, 1_272_032, 188_424],
    ['magika-std', 84, 26_700_044, 3_121_152],
    ['micro-kws', 21, 370_936, 250_880],
    ['mnist-cntk', 11, 124_432, 50_176],
    ['plate-rec', 27, 4_514_120, 923_648],
    ['selfie-seg', 172, 21_741_472, 2_064_384],
    ['speech-commands-squeezenet', 65, 2_701_416, 645_120],
    ['stressrnn', 7, 34_528, 27_264],
    ['unitree-g1-policy', 7, 9204, 4096],
    ['yolox-nano', 369, 128_798_280, 8_306_688],
    ['yunet-n-640', 115, 137_488_000, 13_107_200],
  ])(
    '%s: %i, %i, %i; the exact search proves a placement at the bound',
    (name, operators, unplanned, live) => {
      const { steps, problem } = problemOf(name);
      const result = plan(problem, 'exact', { nodeLimit: 100_000 });
      expect([steps.length, result.unplannedBytes, result.lowerBound.bytes]).toEqual([
        operators,
        unplanned,
        live,
      ]);
      expect(validate(problem, result.solution)).toEqual([]);
      expect(result).toMatchObject({ solution: { height: live }, optimal: true });
    },
  );
});
