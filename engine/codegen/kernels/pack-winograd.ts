// Weights of 3×3 convolutions as the Winograd kernel reads them: transformed once, in double precision.

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
  source: ArrayLike<number>,
  weights: WinogradWeights,
  columns: number,
): void {
  const { inChannels, outChannels, outputTile } = weights;
  const products = tileExtent(outputTile) ** 2;
  const transform = weightTransform(outputTile);
  target.fill(0);
  for (let first = 0; first < outChannels; first += columns) {
    const last = Math.min(outChannels, first + columns);
    for (let input = 0; input < inChannels; input++)
      for (let out = first; out < last; out++) {
        const factors = transform(source, (out * inChannels + input) * 9);
        let to = first * products * inChannels + input * columns + out - first;
        for (let product = 0; product < products; product++) {
          target[to] = factors[product] ?? 0;
          to += inChannels * columns;
        }
      }
  }
}
