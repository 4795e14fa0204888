// Weights of few bits in the order the kernels read them. Of a panel, block after block of rows: the scales of its
// columns, their zero points where each has its own, then the rows. With 4 bits the first half of the columns lies in
// the low halves of bytes, the second in the high ones. Tails are filled with zeros.

import type { BitSource } from '../../../select/packing.ts';
import type { BitWeights } from '../../../select/spec/product.ts';
import { tileCount } from './pack.ts';

/** Bytes of one row of a panel. */
export const bitRowBytes = ({ bits }: BitWeights, columns: number): number => (columns * bits) / 8;

/** Bytes of the parameters in front of each block. */
export const bitParameterBytes = ({ zero }: BitWeights, columns: number): number =>
  columns * 4 * (zero === 'each' ? 2 : 1);

/** Bytes of a panel of k rows. */
export function bitPanelBytes(k: number, weights: BitWeights, columns: number): number {
  const blocks = Math.ceil(k / weights.block);
  return blocks * bitParameterBytes(weights, columns) + k * bitRowBytes(weights, columns);
}

/** In bytes. */
export const packedBitsLength = (
  { k, n }: { readonly k: number; readonly n: number },
  weights: BitWeights,
  columns: number,
): number => tileCount(n, columns) * bitPanelBytes(k, weights, columns);

/** → [n / columns][k / block] of { scales [columns], zero points [columns], rows [block][columns] } */
export function packBits(target: Uint8Array, source: BitSource, weights: BitWeights, columns: number): void {
  const { k, n } = source;
  const { bits, block, zero } = weights;
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  const half = columns / 2;
  target.fill(0);
  let at = 0;
  for (let first = 0; first < n; first += columns) {
    const width = Math.min(columns, n - first);
    for (let row = 0; row < k; row++) {
      if (row % block === 0) {
        const index = row / block;
        for (let j = 0; j < width; j++) {
          view.setFloat32(at + j * 4, source.scale(index, first + j), true);
          if (zero === 'each') view.setFloat32(at + (columns + j) * 4, source.zero(index, first + j), true);
        }
        at += bitParameterBytes(weights, columns);
      }
      for (let j = 0; j < width; j++) {
        const element = source.stored(row, first + j);
        const byte = bits === 8 ? j : j % half;
        target[at + byte] = (target[at + byte] ?? 0) | (bits === 4 && j >= half ? element << 4 : element);
      }
      at += bitRowBytes(weights, columns);
    }
  }
}
