// Whether a 3×3 convolution is computed by minimal filtering, and with which output tile: a model of its time in
// multiply-adds. Larger tiles multiply less but transform more, round more and have more weights to read.

import { LANES, type SimdClass } from '../options.ts';
import type { Epilogue } from './spec/access.ts';
import type { KernelSpec } from './spec/kernel.ts';
import type { ConvolutionSpec } from './spec/window.ts';
import { tileTime } from './tile-cost.ts';

type OutputTile = 2 | 4;

interface Costs {
  /** transforming a channel of one tile, there or back */
  readonly transform: Readonly<Record<OutputTile, number>>;
  /** reading one weight that comes from beyond the second-level cache, with what else is not hidden then */
  readonly weight: number;
  /** share of the register tile's speed that sums reach, which are short */
  readonly sums: number;
  /** how much faster it must be: the model is rough, and direct convolution of floats rounds less */
  readonly leastGain: number;
}

/** Measured: alone (test/bench/kernels.ts), and in models, where weights come from memory. */
const FLOATS: Costs = { transform: { 2: 120, 4: 350 }, weight: 16, sums: 1, leastGain: 1.25 };
/** Only F(2×2) has whole numbers for factors (times 4). */
const INTEGERS: Costs = {
  transform: { 2: 60, 4: Number.POSITIVE_INFINITY },
  weight: 6,
  sums: 0.8,
  leastGain: 1.1,
};
/** Bytes of weights of which none are left in a cache from the run before; of fewer, some are. */
const UNCACHED_BYTES = 4 << 20;
/** Of two operands of an integer product, less their zero points. */
const LARGEST = 255;

/**
 * The output tile to use; undefined where direct convolution is better or the only way. `stored`: the one that the
 * weights are transformed for already.
 */
export function winogradTile(
  simd: SimdClass,
  spec: Omit<ConvolutionSpec, 'weights'>,
  stored?: OutputTile,
): OutputTile | undefined {
  if (!isLegal(simd, spec)) return undefined;
  if (stored) return stored;
  const { inChannels, outChannels, outputSize, batch, tile } = spec;
  const { transform, weight, sums, leastGain } = spec.integers ? INTEGERS : FLOATS;
  const pairs = inChannels * outChannels;
  const products = (rows: number): number =>
    tileTime(simd, tile, { columns: outChannels, rows }) * inChannels;
  const reading = (count: number): number =>
    weight * Math.min(1, (count * pairs * (spec.integers ? 2 : 4)) / UNCACHED_BYTES);
  const rows = batch * outputSize[0] * outputSize[1];
  // Weights are read ahead, while those before them are multiplied with all rows.
  const direct = 9 * (products(rows) + Math.max(0, reading(9) - rows) * pairs);
  const fast = (outputTile: OutputTile): number => {
    const tiles = tilesOf(spec, outputTile);
    const count = (outputTile + 2) ** 2;
    const multiply = count * (products(tiles) / sums + reading(count) * pairs);
    return multiply + tiles * transform[outputTile] * (inChannels + outChannels);
  };
  const best = fast(4) < fast(2) ? 4 : 2;
  return fast(best) * leastGain < direct ? best : undefined;
}

/** Tiles of all images, those at their ends whole too. */
const tilesOf = (
  { batch, outputSize }: Omit<ConvolutionSpec, 'kind' | 'weights'>,
  outputTile: OutputTile,
): number => batch * Math.ceil(outputSize[0] / outputTile) * Math.ceil(outputSize[1] / outputTile);

/** FLOP of the direct convolution that a kernel does without; 0 for what is no minimal filtering. */
export function sparedFlops(spec: KernelSpec): number {
  if (spec.kind !== 'winograd') return 0;
  const { batch, outputSize, inChannels, outChannels, outputTile } = spec;
  const direct = 9 * batch * outputSize[0] * outputSize[1];
  const products = (outputTile + 2) ** 2 * tilesOf(spec, outputTile);
  return 2 * (direct - products) * inChannels * outChannels;
}

/** Channels are read and multiplied as whole vectors. */
function isLegal(
  simd: SimdClass,
  { window, groups, inChannels, tile, epilogue, integers }: Omit<ConvolutionSpec, 'weights'>,
): boolean {
  const { kernel, stride, dilation } = window;
  const plain = [...stride, ...dilation].every(number => number === 1);
  const whole = inChannels % (LANES[simd] * (integers ? 2 : 1)) === 0 && tile[1] % LANES[simd] === 0;
  // Sums may leave 32 bits on the way, since they come back; 4 times the result must not.
  const fits = !integers || 4 * 9 * inChannels * LARGEST ** 2 < 2 ** 31;
  const square = !window.planes && kernel[0] === 3 && kernel[1] === 3;
  return square && plain && groups === 1 && whole && fits && isInOrder(epilogue);
}

/**
 * Whether results are stored as vectors: along channels, as are operands then, or along pixels, where a direct
 * convolution would read and write in the same order.
 */
function isInOrder({ reads, writes }: Epilogue): boolean {
  const channels = writes.every(({ strides }) => strides[3] === 1);
  if (!channels) return writes.every(({ strides }) => strides[2] === 1);
  return reads.every(({ strides }) => strides[3] === 0 || strides[3] === 1);
}
