// Weights of 3×3 convolutions as the Winograd kernel reads them: transformed once, in double precision, or as integers
// of 16 bits, two terms of a sum side by side.

import type { FloatParts } from '../../../ir/constants/reading.ts';
import type { WinogradWeights } from '../../../select/packing.ts';
import { tileExtent, weightTransform } from '../winograd/matrices.ts';
import { tileCount } from './pack.ts';

/** In elements; of pairs half as many words. */
export function packedWinogradLength(weights: WinogradWeights, columns: number): number {
  const products = tileExtent(weights.outputTile) ** 2;
  return tileCount(weights.outChannels, columns) * products * weights.inChannels * columns;
}

/** [out channel][in channel][3][3] → [out channel / columns][product][in channel][columns]; writes all of `target`. */
export function packWinograd(
  target: Float32Array,
  source: FloatParts,
  weights: WinogradWeights,
  columns: number,
): void {
  transformed(source, weights, columns, (row, _input, line) => {
    const to = row * columns;
    for (let column = 0; column < columns; column++) target[to + column] = line[column] ?? 0;
  });
}

/**
 * Whole numbers of 9 bits at most, times 4, which F(2×2) leaves whole: → [out channel / columns][product]
 * [in channel / 2][columns][2]. Expects an even number of input channels.
 */
export function packWinogradPairs(
  target: Int16Array,
  source: FloatParts,
  weights: WinogradWeights,
  columns: number,
): void {
  transformed(source, weights, columns, (row, input, line) => {
    const to = (row - (input & 1)) * columns + (input & 1);
    for (let column = 0; column < columns; column++) target[to + 2 * column] = 4 * (line[column] ?? 0);
  });
}

/** Calls `write` with the factors of every block's columns, in the order of rows [block][product][in channel]. */
function transformed(
  source: FloatParts,
  weights: WinogradWeights,
  columns: number,
  write: (row: number, input: number, line: Float32Array) => void,
): void {
  const { inChannels, outChannels, outputTile } = weights;
  const products = tileExtent(outputTile) ** 2;
  const transform = weightTransform(outputTile);
  // Products lie far apart, often at the same place in the cache: a line of each is put together first.
  const lines = new Float32Array(products * columns);
  const lineOf = Array.from({ length: products }, (_, product) =>
    lines.subarray(product * columns, (product + 1) * columns),
  );
  for (let first = 0; first < outChannels; first += columns) {
    const count = Math.min(columns, outChannels - first);
    const part = source(first * inChannels * 9, (first + count) * inChannels * 9);
    for (let input = 0; input < inChannels; input++) {
      if (count < columns) lines.fill(0);
      for (let column = 0; column < count; column++)
        transform(part, (column * inChannels + input) * 9, lines, column, columns);
      for (let product = 0; product < products; product++) {
        const to = ((first / columns) * products + product) * inChannels + input;
        write(to, input, lineOf[product] ?? lines);
      }
    }
  }
}
