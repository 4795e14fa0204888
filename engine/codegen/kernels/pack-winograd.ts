// Weights of 3×3 convolutions as the Winograd kernel reads them: transformed once, in double precision.

import { tileCount } from './pack.ts';
import { type OutputTile, tileExtent, transformWeights } from './winograd-matrices.ts';

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
  target.fill(0);
  for (let out = 0; out < outChannels; out++)
    for (let input = 0; input < inChannels; input++) {
      const from = (out * inChannels + input) * 9;
      const block = Math.floor(out / columns) * products;
      transformWeights(outputTile, tap => source[from + tap] ?? 0).forEach((factor, product) => {
        target[((block + product) * inChannels + input) * columns + (out % columns)] = factor;
      });
    }
}
