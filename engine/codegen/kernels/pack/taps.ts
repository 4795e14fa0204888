// Tables of taps as the resize kernel reads them: per coordinate the index of the first tap, an int32, and the weights
// of all taps where the table blends. Of neighbouring coordinates that are read at once the same lie side by side.

import type { TapTable } from '../../../ir/ops/images/resampling.ts';

/** Whether a coordinate is more than one other as it is. */
export const blends = ({ entries }: TapTable): boolean =>
  entries.some(({ weights }) => weights.length !== 1 || weights[0] !== 1);

/** 32-bit words of one coordinate's entry. */
export const tapWords = (table: TapTable): number => 1 + (blends(table) ? table.span : 0);

/** Words of both tables together, as `packTaps` writes them. */
export const packedTapsLength = (tables: readonly TapTable[]): number =>
  tables.reduce((sum, table) => sum + table.entries.length * tapWords(table), 0);

/** Both tables by coordinate; that of columns, where lanes run along them, by byte of the first tap and then by tap. */
export function packTaps(
  target: Float32Array,
  [rows, columns]: readonly [TapTable, TapTable],
  lanes: 'channels' | 'columns',
): void {
  const behind = target.subarray(packedTapsLength([rows]));
  packEntries(target, rows);
  if (lanes === 'columns') packByTap(behind, columns);
  else packEntries(behind, columns);
}

const wordsOf = (target: Float32Array): Int32Array =>
  new Int32Array(target.buffer, target.byteOffset, target.length);

function packEntries(target: Float32Array, table: TapTable): void {
  const words = wordsOf(target);
  let at = 0;
  for (const { first, weights } of table.entries) {
    words[at] = first;
    if (blends(table)) target.set(weights, at + 1);
    at += tapWords(table);
  }
}

function packByTap(target: Float32Array, table: TapTable): void {
  const { entries } = table;
  const words = wordsOf(target);
  for (const [at, { first, weights }] of entries.entries()) {
    words[at] = 4 * first;
    if (!blends(table)) continue;
    for (const [tap, weight] of weights.entries()) target[(1 + tap) * entries.length + at] = weight;
  }
}
