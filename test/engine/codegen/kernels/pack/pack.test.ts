import { expect, test } from 'vitest';
import {
  packBias,
  packConvolution,
  packDepthwise,
  packedBiasLength,
  packedConvolutionLength,
  packedDepthwiseLength,
  packedMatmulLength,
  packMatmul,
} from '../../../../../engine/codegen/kernels/pack/pack.ts';
import { partsOf } from '../../../../../engine/ir/constants/float-parts.ts';

/** Elements that tell where they come from; no 0, which is what tails hold. */
const numbered = (length: number): Float32Array => Float32Array.from({ length }, (_, k) => k + 1);

/** All that was packed is there once, the rest is 0. */
function expectPermutation(packed: Float32Array, source: Float32Array): void {
  const found = [...packed].filter(value => value !== 0).sort((a, b) => a - b);
  expect(found).toEqual([...source]);
}

test('convolution weights: [group][channels / columns][row][column][in channel][columns]', () => {
  const weights = { groups: 2, inChannels: 3, outChannels: 5, kernel: [2, 3] as const };
  const columns = 4;
  const source = numbered(2 * 5 * 3 * 2 * 3);
  const packed = new Float32Array(packedConvolutionLength(weights, columns)).fill(-1);
  packConvolution(packed, partsOf(source), weights, columns);
  expect(packed.length).toBe(2 * 2 * 6 * 3 * 4);
  expectPermutation(packed, source);
  // group 1, out channel 4 (second tile, lane 0), in channel 2, row 1, column 0
  const from = (((1 * 5 + 4) * 3 + 2) * 2 + 1) * 3 + 0;
  const to = ((((1 * 2 + 1) * 2 + 1) * 3 + 0) * 3 + 2) * columns + 0;
  expect(packed[to]).toBe(source[from]);
});

test('depthwise weights: [row][column][channel]', () => {
  const source = numbered(5 * 6);
  const packed = new Float32Array(packedDepthwiseLength(5, [2, 3]));
  packDepthwise(packed, partsOf(source), 5, [2, 3]);
  expectPermutation(packed, source);
  // channel 3, row 1, column 2
  expect(packed[(1 * 3 + 2) * 5 + 3]).toBe(source[(3 * 2 + 1) * 3 + 2]);
});

test.each([
  { k: 7, n: 1 },
  { k: 1, n: 4 },
])('matrix weights: [n / columns][k][columns], strides %o', strides => {
  const weights = { k: 4, n: 7, strides };
  const source = numbered(28);
  const packed = new Float32Array(packedMatmulLength(weights, 4)).fill(-1);
  packMatmul(packed, partsOf(source), weights, 4);
  expect(packed.length).toBe(2 * 4 * 4);
  expectPermutation(packed, source);
  // k 3, n 6: second panel, lane 2
  expect(packed[(1 * 4 + 3) * 4 + 2]).toBe(source[3 * strides.k + 6 * strides.n]);
});

test('bias: each group padded to whole tiles', () => {
  const packed = new Float32Array(packedBiasLength(2, 3, 4)).fill(-1);
  packBias(packed, partsOf(numbered(6)), 2, 3, 4);
  expect([...packed]).toEqual([1, 2, 3, 0, 4, 5, 6, 0]);
});
