// Constant operands in the order the kernels read them: columns of one register tile side by side, so that a
// kernel walks its weights once, forwards, without a stride. Tails are filled with zeros.
// Every function writes all of `target`, whose length the matching `…Length` function tells (in elements), and reads
// its source in parts: large weights are never held twice.

import type { FloatParts } from '../../../ir/constants/reading.ts';
import type { ConvolutionWeights, MatmulWeights, RecurrentWeights } from '../../../select/packing.ts';

/** Terms of one column that are read one after the other: a cache line, so that each is fetched once. */
const BLOCK = 16;
/** Elements that are read together where they may be few. */
const PART = 65_536;

/** How many tiles of `columns` cover `extent`. */
export function tileCount(extent: number, columns: number): number {
  return Math.ceil(extent / columns);
}

/** In elements, tails included. */
export function packedConvolutionLength(weights: ConvolutionWeights, columns: number): number {
  const [height, width] = weights.kernel;
  return (
    weights.groups * tileCount(weights.outChannels, columns) * height * width * weights.inChannels * columns
  );
}

/** [group · out channel][in channel][row][column] → [group][out channel / columns][row][column][in channel][columns] */
export function packConvolution(
  target: Float32Array,
  source: FloatParts,
  weights: ConvolutionWeights,
  columns: number,
): void {
  const { groups, inChannels, outChannels } = weights;
  const taps = weights.kernel[0] * weights.kernel[1];
  const tiles = tileCount(outChannels, columns);
  if (outChannels % columns) target.fill(0);
  for (let group = 0; group < groups; group++)
    for (let tile = 0; tile < tiles; tile++) {
      const to = (group * tiles + tile) * taps * inChannels * columns;
      const count = Math.min(columns, outChannels - tile * columns);
      const begin = (group * outChannels + tile * columns) * inChannels * taps;
      const part = source(begin, begin + count * inChannels * taps);
      for (let first = 0; first < inChannels; first += BLOCK) {
        const last = Math.min(first + BLOCK, inChannels);
        for (let column = 0; column < count; column++) {
          let at = (column * inChannels + first) * taps;
          for (let input = first; input < last; input++)
            for (let tap = 0; tap < taps; tap++)
              target[to + (tap * inChannels + input) * columns + column] = part[at++] ?? 0;
        }
      }
    }
}

/** In elements. */
export function packedDepthwiseLength(channels: number, kernel: readonly [number, number]): number {
  return channels * kernel[0] * kernel[1];
}

/** [channel][row][column] → [row][column][channel] */
export function packDepthwise(
  target: Float32Array,
  source: FloatParts,
  channels: number,
  kernel: readonly [number, number],
): void {
  const taps = kernel[0] * kernel[1];
  const elements = source(0, channels * taps);
  for (let channel = 0; channel < channels; channel++)
    for (let tap = 0; tap < taps; tap++)
      target[tap * channels + channel] = elements[channel * taps + tap] ?? 0;
}

/** In elements, tails included. */
export function packedMatmulLength(weights: MatmulWeights, columns: number): number {
  return tileCount(weights.n, columns) * weights.k * columns;
}

/** Element (k, n) at source[k · strides.k + n · strides.n] → [n / columns][k][columns]; one of the strides is 1. */
export function packMatmul(
  target: Float32Array,
  source: FloatParts,
  weights: MatmulWeights,
  columns: number,
): void {
  const { k: depth, n: width, strides } = weights;
  if (width % columns) target.fill(0);
  if (strides.n !== 1) {
    for (let first = 0; first < width; first += columns) {
      const count = Math.min(columns, width - first);
      const part = source(first * strides.n, (first + count - 1) * strides.n + depth);
      packColumns(target, first * depth, part, { terms: depth, count, columns, stride: strides.n });
    }
    return;
  }
  const rows = Math.max(1, Math.floor(PART / width));
  for (let start = 0; start < depth; start += rows) {
    const terms = Math.min(rows, depth - start);
    const part = source(start * strides.k, (start + terms - 1) * strides.k + width);
    for (let first = 0; first < width; first += columns) {
      const count = Math.min(columns, width - first);
      const to = first * depth + start * columns;
      packRows(target, to, part.subarray(first), { terms, count, columns, stride: strides.k });
    }
  }
}

/** So many columns of a tile; their elements are `stride` apart, along terms or columns. */
interface TilePart {
  readonly terms: number;
  readonly count: number;
  readonly columns: number;
  readonly stride: number;
}

/** Columns lie side by side in the source: they are copied row by row. */
function packRows(target: Float32Array, to: number, source: Float32Array, tile: TilePart): void {
  const { terms, count, columns, stride } = tile;
  for (let k = 0; k < terms; k++) {
    const [into, at] = [to + k * columns, k * stride];
    for (let column = 0; column < count; column++) target[into + column] = source[at + column] ?? 0;
  }
}

/** Terms lie side by side in the source: they are copied column by column, a cache line of each. */
function packColumns(target: Float32Array, to: number, source: Float32Array, tile: TilePart): void {
  const { terms, count, columns, stride } = tile;
  for (let first = 0; first < terms; first += BLOCK) {
    const last = Math.min(first + BLOCK, terms);
    for (let column = 0; column < count; column++) {
      const at = column * stride;
      for (let k = first; k < last; k++) target[to + k * columns + column] = source[at + k] ?? 0;
    }
  }
}

/** In elements, tails included. */
export function packedBiasLength(groups: number, outChannels: number, columns: number): number {
  return groups * tileCount(outChannels, columns) * columns;
}

/** [group][out channel] → [group][out channel, padded to whole tiles]; a matrix product has one group. */
export function packBias(
  target: Float32Array,
  source: FloatParts,
  groups: number,
  outChannels: number,
  columns: number,
): void {
  const padded = tileCount(outChannels, columns) * columns;
  const elements = source(0, groups * outChannels);
  target.fill(0);
  for (let group = 0; group < groups; group++)
    for (let channel = 0; channel < outChannels; channel++)
      target[group * padded + channel] = elements[group * outChannels + channel] ?? 0;
}

/** In elements, tails included. */
export function packedRecurrentLength(weights: RecurrentWeights, columns: number): number {
  const { directions, from, to, hidden } = weights;
  return directions * tileCount(hidden, columns) * hidden * (to - from) * columns;
}

/** [direction][gate][hidden][source] → [direction][hidden / columns][source][gate][columns] */
export function packRecurrent(
  target: Float32Array,
  source: FloatParts,
  weights: RecurrentWeights,
  columns: number,
): void {
  const { directions, gates, from, to, hidden } = weights;
  const elements = source(0, directions * gates * hidden * hidden);
  target.fill(0);
  const tiles = tileCount(hidden, columns);
  const count = to - from;
  for (let direction = 0; direction < directions; direction++)
    for (let gate = 0; gate < count; gate++)
      for (let row = 0; row < hidden; row++) {
        const at = ((direction * gates + from + gate) * hidden + row) * hidden;
        const tile = direction * tiles + Math.floor(row / columns);
        const into = (tile * hidden * count + gate) * columns + (row % columns);
        for (let k = 0; k < hidden; k++) target[into + k * count * columns] = elements[at + k] ?? 0;
      }
}
