// A random convolution that can be computed by minimal filtering, with its weights packed both ways.

import { packConvolution, packedConvolutionLength } from '../../../../../engine/codegen/kernels/pack/pack.ts';
import {
  packedWinogradLength,
  packWinograd,
  packWinogradPairs,
} from '../../../../../engine/codegen/kernels/pack/winograd.ts';
import { partsOf } from '../../../../../engine/ir/constants/float-parts.ts';
import { LANES, type SimdClass } from '../../../../../engine/options.ts';
import type { ConvolutionSpec, Window, WinogradSpec } from '../../../../../engine/select/spec/window.ts';
import { integerPairs, integerPrologue } from '../random-integers.ts';
import type { RandomOperands } from '../random-operands.ts';
import { NCHW, NHWC, randomOutside } from '../random-specs.ts';

const TILES: Readonly<Record<SimdClass, readonly (readonly [number, number])[]>> = {
  scalar: [[2, 4]],
  '128': [
    [6, 8],
    [12, 4],
  ],
  '256': [
    [6, 16],
    [3, 24],
    [12, 8],
  ],
};

/** A convolution, and the same one by minimal filtering. */
export function randomWinograd(
  o: RandomOperands,
  simd: SimdClass,
): { direct: ConvolutionSpec; fast: WinogradSpec } {
  const outputTile = o.pick([2, 4] as const);
  const [tile, batch] = [o.pick(TILES[simd]), o.whole(1, 2)];
  const inChannels = LANES[simd] * o.whole(1, 3);
  const outChannels = o.whole(1, 40);
  const pads = [o.whole(0, 2), o.whole(0, 2), o.whole(0, 2), o.whole(0, 2)] as const;
  const window: Window = { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], pads };
  const inputSize = [o.whole(3, 17), o.whole(3, 17)] as const;
  const outputSize = [inputSize[0] + pads[0] + pads[2] - 2, inputSize[1] + pads[1] + pads[3] - 2] as const;
  const shape = { groups: 1, inChannels, outChannels, kernel: [3, 3] as const };
  const plain = Float32Array.from({ length: outChannels * inChannels * 9 }, () => o.whole(-100, 100) / 100);
  const weights = o.buffer('weights', packedConvolutionLength(shape, tile[1]));
  packConvolution(o.weights[weights.id] ?? new Float32Array(), partsOf(plain), shape, tile[1]);
  const transformed = { inChannels, outChannels, outputTile };
  const factors = o.buffer('weights', packedWinogradLength(transformed, tile[1]));
  packWinograd(o.weights[factors.id] ?? new Float32Array(), partsOf(plain), transformed, tile[1]);
  const order = o.chance(0.8) ? o.pick([NHWC, NHWC, NCHW]) : undefined;
  const direct: ConvolutionSpec = {
    kind: 'convolution',
    batch,
    inputSize,
    outputSize,
    window,
    ...{ groups: 1, inChannels, outChannels },
    input: o.prologue([batch, ...inputSize, inChannels]),
    outside: randomOutside(o, window, inputSize),
    weights,
    ...(o.chance(0.7) && { bias: o.buffer('weights', Math.ceil(outChannels / tile[1]) * tile[1]) }),
    epilogue: o.epilogue([batch, ...outputSize, outChannels], order),
    tile,
  };
  return { direct, fast: { ...direct, kind: 'winograd', outputTile, weights: factors } };
}

/** The same of integers, which must come out alike to the last bit. */
export function randomIntegerWinograd(
  o: RandomOperands,
  simd: '128' | '256',
): { direct: ConvolutionSpec; fast: WinogradSpec } {
  const { direct } = randomWinograd(o, simd);
  const { batch, inputSize, outChannels, tile } = direct;
  const inChannels = 2 * LANES[simd] * o.whole(1, 3);
  const strides = { group: 0, tap: 1, input: 9, output: 9 * inChannels };
  const { source, packed } = integerPairs(
    o,
    { groups: 1, taps: 9, inChannels, outChannels, strides },
    tile[1],
  );
  const transformed = { inChannels, outChannels, outputTile: 2 } as const;
  const weights = o.buffer('weights', packedWinogradLength(transformed, tile[1]) / 2);
  const words = o.weights[weights.id];
  if (words) packWinogradPairs(new Int16Array(words.buffer), partsOf(source), transformed, tile[1]);
  const spec: ConvolutionSpec = {
    ...{
      ...direct,
      outside: typeof direct.outside === 'string' ? direct.outside : 0,
      inChannels,
      integers: true,
      weights: packed,
    },
    input: integerPrologue(o, [batch, ...inputSize, inChannels], o.pick([NHWC, NCHW])),
  };
  return { direct: spec, fast: { ...spec, kind: 'winograd', outputTile: 2, weights } };
}
