// Whether a 3×3 convolution is computed by minimal filtering, and with which output tile: a model of its time in
// multiply-adds. Larger tiles multiply less but transform more, round more and have more weights to read.

import type { SimdClass } from '../options.ts';
import type { ConvolutionSpec } from './spec.ts';
import { LANES, tileTime } from './tile.ts';

type OutputTile = 2 | 4;

/** Transforming a channel of one tile, there or back. Measured, as are the others (test/bench/kernels.ts). */
const TRANSFORM: Readonly<Record<OutputTile, number>> = { 2: 120, 4: 350 };
/** Reading one weight, which has to come from beyond the second-level cache. */
const WEIGHT = 12;
/** Share of the register tile's speed that many short sums reach. */
const SHORT_SUMS = 0.8;
/** How much faster it must be: the model is rough, and direct convolution rounds less. */
const LEAST_GAIN = 1.25;

/** The output tile to use; undefined where direct convolution is better or the only way. */
export function winogradTile(
  simd: SimdClass,
  spec: Omit<ConvolutionSpec, 'weights'>,
): OutputTile | undefined {
  if (!isLegal(simd, spec)) return undefined;
  const { inChannels, outChannels, outputSize, batch, tile } = spec;
  const pairs = inChannels * outChannels;
  const products = (rows: number): number =>
    tileTime(simd, tile, { columns: outChannels, rows }) * inChannels;
  const direct = 9 * (products(batch * outputSize[0] * outputSize[1]) + WEIGHT * pairs);
  const fast = (outputTile: OutputTile): number => {
    const tiles = batch * Math.ceil(outputSize[0] / outputTile) * Math.ceil(outputSize[1] / outputTile);
    const multiply = (outputTile + 2) ** 2 * (products(tiles) / SHORT_SUMS + WEIGHT * pairs);
    return multiply + tiles * TRANSFORM[outputTile] * (inChannels + outChannels);
  };
  const best = fast(4) < fast(2) ? 4 : 2;
  return fast(best) * LEAST_GAIN < direct ? best : undefined;
}

/** Channels are read, multiplied and stored as whole vectors. */
function isLegal(
  simd: SimdClass,
  { window, groups, inChannels, tile, epilogue }: Omit<ConvolutionSpec, 'weights'>,
): boolean {
  const { kernel, stride, dilation } = window;
  const plain = [...stride, ...dilation].every(number => number === 1);
  const whole = inChannels % LANES[simd] === 0 && tile[1] % LANES[simd] === 0;
  const inOrder =
    epilogue.writes.every(({ strides }) => strides[3] === 1) &&
    epilogue.reads.every(({ strides }) => strides[3] === 0 || strides[3] === 1);
  return (
    !window.planes && kernel[0] === 3 && kernel[1] === 3 && plain && groups === 1 && whole && inOrder
  );
}
