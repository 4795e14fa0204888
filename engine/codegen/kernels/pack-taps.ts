// Tables of taps as the resize kernel reads them: per coordinate the index of the first tap, an int32, and the weights
// of all taps where the table blends.

import type { TapTable } from '../../ir/ops/resampling.ts';

/** Whether a coordinate is more than one other as it is. */
export const blends = ({ entries }: TapTable): boolean =>
  entries.some(({ weights }) => weights.length !== 1 || weights[0] !== 1);

/** 32-bit words of one coordinate's entry. */
export const tapWords = (table: TapTable): number => 1 + (blends(table) ? table.span : 0);

export const packedTapsLength = (tables: readonly TapTable[]): number =>
  tables.reduce((sum, table) => sum + table.entries.length * tapWords(table), 0);

export function packTaps(target: Float32Array, tables: readonly TapTable[]): void {
  const words = new Int32Array(target.buffer, target.byteOffset, target.length);
  let at = 0;
  for (const table of tables) {
    const weighted = blends(table);
    for (const { first, weights } of table.entries) {
      words[at++] = first;
      if (!weighted) continue;
      target.set(weights, at);
      at += weights.length;
    }
  }
}
