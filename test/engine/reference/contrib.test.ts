// Operators of other domains, held against the plain operators they stand for.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { OPERATORS } from '../../../engine/ir/ops/index.ts';
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

  test('BiasAdd, BiasSplitGelu and BiasDropout add a bias first', () => {
    const sum = run('Add', [x, bias]);
    expectClose(run('com.microsoft.BiasAdd', [x, bias, skip]), run('Add', [sum, skip]));
    const halves = runAll('Split', [sum], {
      outputs: 2,
      attributes: { axis: attr.int(1), num_outputs: attr.int(2) },
    });
    const [left, right] = halves as [Tensor, Tensor];
    expectClose(run('com.microsoft.BiasSplitGelu', [x, bias]), run('Mul', [left, run('Gelu', [right])]));
    expectClose(run('com.microsoft.BiasDropout', [x, bias, skip]), run('Add', [sum, skip]));
  });

  test('GroupNorm and SkipGroupNorm have channels last, and SiLU where asked for', () => {
    const image = (tensor: Tensor) => ({ ...tensor, shape: [1, 2, 1, 4] });
    const attributes = { groups: attr.int(2), epsilon: attr.float(1e-3), activation: attr.int(0) };
    const first = (tensor: Tensor, perm: number[]) =>
      run('Transpose', [tensor], { attributes: { perm: attr.ints(perm) } });
    const normal = (tensor: Tensor) =>
      first(
        run('GroupNormalization', [first(tensor, [0, 3, 1, 2]), scale, shift], {
          attributes: { num_groups: attr.int(2), epsilon: attr.float(1e-3) },
        }),
        [0, 2, 3, 1],
      );
    const plain = normal(image(x));
    expectClose(run('com.microsoft.GroupNorm', [image(x), scale, shift], { attributes }), plain);
    const active = { attributes: { ...attributes, activation: attr.int(1) } };
    expectClose(
      run('com.microsoft.GroupNorm', [image(x), scale, shift], active),
      run('Mul', [plain, run('Sigmoid', [plain])]),
    );
    const sum = run('Add', [run('Add', [image(x), image(skip)]), bias]);
    const both = runAll('com.microsoft.SkipGroupNorm', [image(x), scale, shift, image(skip), bias], {
      outputs: 2,
      attributes,
    });
    expectClose(both[0], normal(sum));
    expectClose(both[1], sum);
  });

  test('ComplexMul and ComplexMulConj multiply pairs', () => {
    const [a, b] = [f32([2, 2], [1, 2, 3, -1]), f32([2, 2], [5, -3, 2, 4])];
    expect(numbersOf(run('com.microsoft.ComplexMul', [a, b]))).toEqual([11, 7, 10, 10]);
    expect(numbersOf(run('com.microsoft.ComplexMulConj', [a, b]))).toEqual([-1, 13, 2, -14]);
  });

  test('NhwcConv and NhwcFusedConv have channels last, weights have not', () => {
    const image = f32([1, 1, 3, 2], [1, 2, 3, 4, 5, 6]);
    const weights = f32([1, 2, 1, 2], [1, -1, 2, 0.5]);
    const plain = [1 - 3 + 4 + 2, 3 - 5 + 8 + 3];
    expect(numbersOf(run('com.microsoft.NhwcConv', [image, weights]))).toEqual(plain);
    const residual = f32([1, 1, 2, 1], [-10, 1]);
    const attributes = { activation: attr.string('Relu') };
    const fused = run('com.microsoft.NhwcFusedConv', [image, weights, undefined, residual], { attributes });
    expect(fused.shape).toEqual([1, 1, 2, 1]);
    expect(numbersOf(fused)).toEqual([0, 10]);
  });

  test('integers: MulInteger and ReduceSumInteger are wide, QLinearReduceMean stores a mean', () => {
    const a = of('uint8', [2, 2], [200, 3, 10, 255]);
    const [zeroA, zeroB] = [of('uint8', [], [3]), of('uint8', [], [5])];
    expect(numbersOf(run('com.microsoft.MulInteger', [a, zeroA, a, zeroB]))).toEqual([
      197 * 195,
      0,
      35,
      252 * 250,
    ]);
    const along = { attributes: { axes: attr.ints([1]), keepdims: attr.int(0) } };
    expect(numbersOf(run('com.microsoft.ReduceSumInteger', [a], along))).toEqual([203, 265]);
    const mean = run(
      'com.microsoft.QLinearReduceMean',
      [a, f32([], [0.5]), zeroA, f32([], [2]), zeroB],
      along,
    );
    expect(mean.dtype).toBe('uint8');
    // (197 + 0) / 2 · 0.5 / 2 = 24.6, (7 + 252) / 2 · 0.5 / 2 = 32.4
    expect(numbersOf(mean)).toEqual([30, 37]);
  });

  test('TorchEmbedding, FusedMatMulActivation and IsAllFinite', () => {
    const rows = run('com.microsoft.TorchEmbedding', [x, of('int64', [3], [1, 0, 1])]);
    expect(numbersOf(rows)).toEqual([...[-1, 4, 2, -3], ...[1, -2, 3, 0.5], ...[-1, 4, 2, -3]]);
    const attributes = { transB: attr.int(1), activation: attr.string('Relu') };
    const product = run('MatMul', [x, run('Transpose', [skip])]);
    expectClose(
      run('com.microsoft.FusedMatMulActivation', [x, skip], { attributes }),
      run('Relu', [product]),
    );
    expect(run('com.microsoft.IsAllFinite', [x, skip]).data[0]).toBe(1);
    expect(run('com.microsoft.IsAllFinite', [x, f32([1], [Number.NaN])]).data[0]).toBe(0);
    expect(run('com.microsoft.IsAllFinite', [f32([1], [Number.NEGATIVE_INFINITY])]).data[0]).toBe(0);
  });

  test('MatMulNBits subtracts the packed zero point of the group of each column', () => {
    const [k, n, block] = [32, 3, 16];
    const numbers = (count: number, make: (i: number) => number) =>
      Array.from({ length: count }, (_, i) => make(i));
    const weights = numbers(n * k, i => (i * 7 + 3) % 16);
    const packed = numbers((n * k) / 2, i => (weights[2 * i] ?? 0) + 16 * (weights[2 * i + 1] ?? 0));
    const scales = numbers(n * 2, i => 0.25 * (i + 1));
    const zeros = [3, 12, 5, 9, 14, 1];
    const groups = numbers(k, column => (column % 3 === 0 ? 1 : 0));
    const rows = f32(
      [2, k],
      numbers(2 * k, i => ((i * 5) % 11) - 5),
    );
    const result = run(
      'com.microsoft.MatMulNBits',
      [
        rows,
        of('uint8', [n, k / block, block / 2], packed),
        f32([n * 2], scales),
        of(
          'uint8',
          [n],
          numbers(n, i => (zeros[2 * i] ?? 0) + 16 * (zeros[2 * i + 1] ?? 0)),
        ),
        of('int32', [k], groups),
      ],
      { attributes: { K: attr.int(k), N: attr.int(n), bits: attr.int(4), block_size: attr.int(block) } },
    );
    const real = numbers(n * k, i => {
      const group = 2 * Math.floor(i / k) + (groups[i % k] ?? 0);
      return ((weights[i] ?? 0) - (zeros[group] ?? 0)) * (scales[group] ?? 0);
    });
    expectClose(result, run('MatMul', [rows, run('Transpose', [f32([n, k], real)])]));
  });

  test('BiasSoftmax adds before, SimplifiedLayerNormalization is RMSNormalization', () => {
    const attributes = { axis: attr.int(1), is_inner_broadcast: attr.int(0) };
    const sum = run('Add', [x, f32([1, 4], [0.1, -0.1, 0.2, 0.3])]);
    expectClose(
      run('com.microsoft.BiasSoftmax', [x, f32([1, 4], [0.1, -0.1, 0.2, 0.3])], { attributes }),
      run('Softmax', [sum]),
    );
    expectClose(
      run('com.microsoft.SimplifiedLayerNormalization', [x, scale]),
      run('RMSNormalization', [x, scale], { version: 23 }),
    );
  });

  test('every operator here is in a test', () => {
    const folder = fileURLToPath(new URL('../../conformance', import.meta.url));
    const files = ['contributed/attention', 'contributed/quantised', 'contributed/others', 'onnxruntime'];
    const texts = [
      fileURLToPath(import.meta.url),
      ...files.map(file => path.join(folder, `${file}.test.ts`)),
    ];
    const text = texts.map(file => readFileSync(file, 'utf8')).join('\n');
    const names = OPERATORS.flatMap(({ op }) => (op.startsWith('com.microsoft.') ? [op] : []));
    expect(names.length).toBeGreaterThan(60);
    expect(names.filter(name => !text.includes(`'${name}'`))).toEqual([]);
  });
});
