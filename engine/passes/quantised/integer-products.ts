// What products of quantised operands have in common: which types they may have, and when kernels may compute them
// with integers.

import { integerRange } from '../../ir/dtypes.ts';
import { attr } from '../../ir/graph.ts';
import type { Patch } from '../../ir/patch.ts';
import { elementCount } from '../../ir/tensor.ts';
import type { Dtype, Node, ValueId } from '../../ir/types.ts';
import type { PassContext } from '../pass.ts';

/** Writes the node out, or leaves it to the interpreter. */
export type Lowering = (node: Node, patch: Patch, context: PassContext) => void;

/** Integers that kernels load and store. */
const STORED: ReadonlySet<Dtype | undefined> = new Set<Dtype>(['uint8', 'int8', 'uint16', 'int16']);

/** Of a value of the graph as patched so far. */
export const dtypeOf = (patch: Patch, id: ValueId | undefined): Dtype | undefined =>
  id === undefined ? undefined : patch.get(id).dtype;
/** Whether all are integers of 8 or 16 bits; none may be left out. */
export const isStored = (patch: Patch, ...ids: readonly (ValueId | undefined)[]): boolean =>
  ids.every(id => STORED.has(dtypeOf(patch, id)));
/** Whether all that are given have one element. */
export const isSingle = (patch: Patch, ...ids: readonly (ValueId | undefined)[]): boolean =>
  ids.every(id => id === undefined || elementCount(patch.get(id).shape ?? []) === 1);
/** Whether all that are given are constant. */
export const isKnown = (patch: Patch, ...ids: readonly (ValueId | undefined)[]): boolean =>
  ids.every(id => id === undefined || patch.get(id).constant !== undefined);

/** The largest sum of products of integers of these types over so many terms. */
export function largestSum(a: Dtype, b: Dtype, terms: number): number {
  const span = (dtype: Dtype) => {
    const [low, high] = integerRange(dtype);
    return high - low;
  };
  return span(a) * span(b) * terms;
}

/**
 * Attributes of a product whose operands are 8-bit numbers less their zero points: kernels may compute it with
 * integers of 16 bits and sums of 32.
 */
export function product(patch: Patch, a: ValueId | undefined, b: ValueId | undefined, terms: number) {
  const [left, right] = [dtypeOf(patch, a), dtypeOf(patch, b)];
  const narrow = [left, right].every(dtype => dtype === 'uint8' || dtype === 'int8');
  const fits = left && right && narrow && largestSum(left, right, terms) < 2 ** 31;
  return fits ? { integers: attr.int(1) } : {};
}

/** Terms of a convolution's sums, by its weights [out, in, …]. */
export const windowTerms = (patch: Patch, w: ValueId | undefined): number =>
  w === undefined ? 1 : elementCount(patch.get(w).shape?.slice(1) ?? []);
/** Terms of a matrix product's sums, by its left operand. */
export const rowTerms = (patch: Patch, a: ValueId | undefined): number =>
  (a === undefined ? undefined : patch.get(a).shape?.at(-1)) ?? 1;
