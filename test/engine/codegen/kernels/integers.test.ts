import { describe, expect, test } from 'vitest';
import { packedPairsLength, packPairs } from '../../../../engine/codegen/kernels/pack/pairs.ts';
import { partsOf } from '../../../../engine/ir/constants/float-parts.ts';
import { randomIntegerConvolution, randomIntegerMatmul } from './random-integers.ts';
import { RandomOperands } from './random-operands.ts';
import { differences, TARGETS } from './run-kernel.ts';

const VECTORS = TARGETS.filter(({ simd }) => simd !== 'scalar');

describe.each(VECTORS)('products of integers for $simd, fma $fma, $threads workers', target => {
  test.each(Array.from({ length: 40 }, (_, k) => 7000 + k))('convolution, seed %i', seed => {
    const operands = new RandomOperands(seed);
    const spec = randomIntegerConvolution(operands, target.simd);
    expect(differences(spec, operands.buffers, target), JSON.stringify(spec)).toEqual([]);
  });

  test.each(Array.from({ length: 40 }, (_, k) => 8000 + k))('matrix product, seed %i', seed => {
    const operands = new RandomOperands(seed);
    const spec = randomIntegerMatmul(operands, target.simd);
    expect(differences(spec, operands.buffers, target), JSON.stringify(spec)).toEqual([]);
  });
});

test('weights in pairs: [group][channels / columns][tap][in channel / 2][columns][2]', () => {
  const [taps, inChannels, outChannels, columns] = [2, 3, 5, 4];
  const strides = { group: 30, tap: 1, input: 2, output: 6 };
  const weights = { groups: 2, taps, inChannels, outChannels, strides };
  const source = Float32Array.from({ length: 60 }, (_, k) => k + 1);
  const packed = new Int16Array(2 * packedPairsLength(weights, columns)).fill(-1);
  packPairs(packed, partsOf(source), weights, columns);
  expect([...packed].filter(value => value !== 0).sort((a, b) => a - b)).toEqual([...source]);
  // group 1, out channel 4 (second tile, lane 0), tap 1, in channel 2 (second pair, first half)
  expect(packed[((((1 * 2 + 1) * taps + 1) * 2 + 1) * columns + 0) * 2]).toBe(source[30 + 4 * 6 + 2 * 2 + 1]);
});
