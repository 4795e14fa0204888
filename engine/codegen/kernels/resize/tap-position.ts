// Where a resize stands in a table of taps, and the sums over taps: a table's entry at a time in locals.

import type { TapTable } from '../../../ir/ops/images/resampling.ts';
import type { ResizeSpec } from '../../../select/spec/window.ts';
import type { KernelContext } from '../../context.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import type { Local } from '../../wasm/function.ts';
import { blends, tapWords } from '../pack/taps.ts';

/** Weights of an axis that are kept in registers; more of them are read again for every vector. */
const MOST_KEPT = 4;

/** A table's entry at the moment. */
export interface TapPosition {
  readonly first: Local;
  /** of each tap; undefined: there is one, and it counts as it is */
  readonly weights: TapWeights | undefined;
  /** Goes to the entry with this index. */
  readonly enter: (index: Local) => void;
}

/** Writes the results of a row of an image. */
export type EmitRow = (image: Local, y: Local) => void;

export type TapWeights = readonly (() => Value)[];

/** The numbers of a table's taps. */
export const tapsOf = ({ span }: TapTable): number[] => Array.from({ length: span }, (_, tap) => tap);

/** The table begins so many bytes behind the start of the packed tables. */
export function tapPosition(
  k: KernelContext,
  v: Vectors,
  { tables }: ResizeSpec,
  table: TapTable,
  offset: number,
): TapPosition {
  const { f } = v;
  const [first, entry] = [f.local('i32', 'first'), f.local('i32', 'entry')];
  const kept =
    blends(table) && table.span <= MOST_KEPT
      ? Array.from({ length: table.span }, () => v.fresh('f32', 'weight'))
      : undefined;
  const load = (tap: number): Value => v.loadSplat(entry, 4 + 4 * tap);
  const enter = (index: Local): void => {
    f.get(index);
    f.scale(4 * tapWords(table));
    k.address(tables, offset);
    f.op('i32.add');
    f.tee(entry);
    f.memory('i32.load', 0);
    f.set(first);
    for (const [tap, weight] of (kept ?? []).entries()) f.scope(() => v.assign(weight, load(tap)));
  };
  const each = tapsOf(table).map(tap => () => kept?.[tap] ?? load(tap));
  return { first, weights: blends(table) ? each : undefined, enter };
}

/** The weighted sum of so many values, each made when it is needed. */
export function weighted(
  v: Vectors,
  weights: TapWeights | undefined,
  values: readonly (() => Value)[],
): Value {
  const [head, ...others] = values;
  if (!head) throw new Error('a sum expects values');
  if (!weights) return head();
  const sum = v.fresh('f32', 'sum');
  const product = (tap: number, value: Value): Value => v.op('f32.mul', value, weights[tap]?.() ?? v.f32(1));
  v.f.scope(() => v.assign(sum, product(0, head())));
  for (const [i, value] of others.entries())
    v.f.scope(() => v.assign(sum, v.madd(value(), weights[i + 1]?.() ?? v.f32(1), sum)));
  return sum;
}
