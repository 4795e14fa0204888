// Weights of 3×3 convolutions as the Winograd kernel reads them: transformed once, in double precision.

import type { FloatParts } from '../../ir/float-parts.ts';
import { tileCount } from './pack.ts';
import { type OutputTile, tileExtent, weightTransform } from './winograd-matrices.ts';

export interface WinogradWeights {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly outputTile: OutputTile;
}

/** In elements. */
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
  const { inChannels, outChannels, outputTile } = weights;
  const products = tileExtent(outputTile) ** 2;
  const transform = weightTransform(outputTile);
  // Products lie far apart, often at the same place in the cache: a line of each is put together first.
  const lines = new Float32Array(products * columns);
  for (let first = 0; first < outChannels; first += columns) {
    const count = Math.min(columns, outChannels - first);
    const part = source(first * inChannels * 9, (first + count) * inChannels * 9);
    for (let input = 0; input < inChannels; input++) {
      if (count < columns) lines.fill(0);
      for (let column = 0; column < count; column++)
        transform(part, (column * inChannels + input) * 9, lines, column, columns);
      for (let product = 0; product < products; product++) {
        const to = ((first / columns) * products + product) * inChannels + input;
        for (let column = 0; column < columns; column++)
          target[to * columns + column] = lines[product * columns + column] ?? 0;
      }
    }
  }
}
