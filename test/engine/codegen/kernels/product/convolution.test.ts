import { describe, expect, test } from 'vitest';
import { packedConvolutionLength } from '../../../../../engine/codegen/kernels/pack/pack.ts';
import type { ConvolutionSpec } from '../../../../../engine/select/spec/window.ts';
import { RandomOperands } from '../random-operands.ts';
import { NHWC, randomConvolution, TILES } from '../random-specs.ts';
import { differences, TARGETS } from '../run-kernel.ts';

describe.each(TARGETS)('convolution for $simd, fma $fma, $threads workers', target => {
  test.each(Array.from({ length: 40 }, (_, k) => 1000 + k))('seed %i', seed => {
    const operands = new RandomOperands(seed);
    const spec = randomConvolution(operands, target.simd);
    expect(differences(spec, operands.buffers, target), JSON.stringify(spec)).toEqual([]);
  });

  test('an image of several strips', () => {
    const operands = new RandomOperands(7);
    const [size, channels] = [50, 40];
    const tile = TILES[target.simd][0] ?? [1, 1];
    const weights = { groups: 1, inChannels: channels, outChannels: 2, kernel: [3, 3] as const };
    const spec: ConvolutionSpec = {
      kind: 'convolution',
      batch: 1,
      inputSize: [size, size],
      outputSize: [size, size],
      window: { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], pads: [1, 1, 1, 1] },
      ...weights,
      input: operands.prologue([1, size, size, channels], NHWC),
      outside: 0,
      weights: operands.buffer('weights', packedConvolutionLength(weights, tile[1])),
      epilogue: operands.epilogue([1, size, size, 2], NHWC),
      tile,
    };
    expect(differences(spec, operands.buffers, target)).toEqual([]);
  });
});
