// Operators of other domains, held against the plain operators they stand for.

import { describe, expect, test } from 'vitest';
import { numbersOf } from '../../../engine/ir/tensor.ts';
import type { Tensor } from '../../../engine/ir/types.ts';
import { attr, f32, of, run, runAll } from './run-op.ts';

const x = f32([2, 4], [1, -2, 3, 0.5, -1, 4, 2, -3]);
const skip = f32([2, 4], [0.5, 0.5, -1, 2, 1, -1, 0, 3]);
const scale = f32([4], [1, 2, 0.5, -1]);
const shift = f32([4], [0, 1, -1, 0.5]);
const bias = f32([4], [0.1, -0.1, 0.2, 0.3]);

function expectClose(actual: Tensor | undefined, expected: Tensor): void {
  expect(actual?.shape).toEqual(expected.shape);
  const wanted = numbersOf(expected);
  for (const [i, value] of numbersOf(actual ?? expected).entries())
    expect(value).toBeCloseTo(wanted[i] ?? 0, 5);
}

describe('com.microsoft', () => {
  test('BiasGelu and FastGelu add before GELU', () => {
    const sum = run('Add', [x, bias]);
    expectClose(run('com.microsoft.BiasGelu', [x, bias]), run('Gelu', [sum]));
    const tanh = { attributes: { approximate: attr.string('tanh') } };
    expectClose(run('com.microsoft.FastGelu', [x, bias]), run('Gelu', [sum], tanh));
    expectClose(run('com.microsoft.FastGelu', [x]), run('Gelu', [x], tanh));
  });

  test('SkipLayerNormalization normalises the sum and returns it', () => {
    const sum = run('Add', [run('Add', [x, skip]), bias]);
    const options = { outputs: 4, attributes: { epsilon: attr.float(1e-5) } };
    const results = runAll('com.microsoft.SkipLayerNormalization', [x, skip, scale, shift, bias], options);
    expectClose(results[0], run('LayerNormalization', [sum, scale, shift]));
    expectClose(results[3], sum);
    const simplified = runAll(
      'com.microsoft.SkipSimplifiedLayerNormalization',
      [x, skip, scale, bias],
      options,
    );
    expectClose(simplified[0], run('RMSNormalization', [sum, scale], { version: 23 }));
  });

  test('FusedConv adds the residual before the activation', () => {
    const input = f32([1, 1, 3], [1, -2, 3]);
    const weights = f32([1, 1, 1], [2]);
    const residual = f32([1, 1, 3], [-5, 5, 0]);
    const attributes = {
      activation: attr.string('Clip'),
      activation_params: attr.floats([0, 4]),
    };
    const result = run('com.microsoft.FusedConv', [input, weights, undefined, residual], { attributes });
    expect(numbersOf(result)).toEqual([0, 1, 4]);
  });

  test('MatMulIntegerToFloat is a product of dequantised matrices', () => {
    const a = of('uint8', [2, 2], [10, 12, 9, 14]);
    const b = of('int8', [2, 3], [1, -2, 3, 4, 5, -6]);
    const [scaleA, zeroA] = [f32([], [0.5]), of('uint8', [], [10])];
    const scaleB = f32([3], [0.1, 0.2, 0.3]);
    const plain = run('MatMul', [
      run('DequantizeLinear', [a, scaleA, zeroA]),
      run('DequantizeLinear', [b, scaleB], { attributes: { axis: attr.int(1) } }),
    ]);
    expectClose(run('com.microsoft.MatMulIntegerToFloat', [a, b, scaleA, scaleB, zeroA]), plain);
  });

  test('DynamicQuantizeMatMul comes within the quantisation step', () => {
    const b = of('int8', [4, 1], [10, -20, 30, 40]);
    const result = run('com.microsoft.DynamicQuantizeMatMul', [x, b, f32([], [0.1])]);
    const exact = run('MatMul', [x, run('DequantizeLinear', [b, f32([], [0.1])])]);
    const wanted = numbersOf(exact);
    for (const [i, value] of numbersOf(result).entries()) {
      expect(Math.abs(value - (wanted[i] ?? 0))).toBeLessThan((7 / 255) * 10);
    }
  });

  test('QLinearConcat rescales each part', () => {
    const parts = [of('uint8', [2], [2, 4]), f32([], [0.5]), of('uint8', [], [0])];
    const others = [of('uint8', [1], [11]), f32([], [1]), of('uint8', [], [10])];
    const result = run(
      'com.microsoft.QLinearConcat',
      [f32([], [0.25]), of('uint8', [], [1]), ...parts, ...others],
      {
        attributes: { axis: attr.int(0) },
      },
    );
    expect(numbersOf(result)).toEqual([5, 9, 5]);
  });
});
