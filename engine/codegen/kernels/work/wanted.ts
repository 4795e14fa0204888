// Kernels over a run-time extent: how much of their results is wanted is read when they run, and bounds the loop over
// the results' outermost axis. Invariant: what is wanted is computed; what lies beyond may be.

import { commonFactor } from '../../../ir/common-factor.ts';
import { elementCount } from '../../../ir/tensor.ts';
import type { KernelSpec } from '../../../select/spec/kernel.ts';
import type { KernelContext } from '../../context.ts';
import type { Operand32 } from '../../wasm/function.ts';
import type { Product, ProductPlan } from '../product/product.ts';
import { limitTo } from './units.ts';

/**
 * Of so many items in the order of the outermost axis, those that are wanted: a local, or the number itself where all
 * are, or where places of the axis have no whole number of items.
 */
export function wantedOf(k: KernelContext, items: number): Operand32 {
  const { f, wanted } = k;
  if (!wanted || items % wanted.capacity !== 0) return items;
  const local = f.local('i32', 'wanted');
  k.address(wanted.count);
  f.memory('i32.load', 0);
  f.scale(items / wanted.capacity);
  f.set(local);
  limitTo(f, local, items);
  return local;
}

/** The same of rows of the space `extents` that are gone through as `rows`: an axis in vectors is not cut. */
export function wantedRows(k: KernelContext, rows: readonly number[], extents: readonly number[]): Operand32 {
  const axis = k.wanted?.axis ?? 0;
  return rows[axis] === extents[axis] ? wantedOf(k, elementCount(rows)) : elementCount(rows);
}

/** A number of items as a whole number of groups, not more than there are. */
export function inGroups(k: KernelContext, wanted: Operand32, group: number, items: number): Operand32 {
  if (typeof wanted === 'number' || group === 1) return wanted;
  const { f } = k;
  const local = f.local('i32', 'whole');
  f.get(wanted);
  f.i32(group - 1);
  f.op('i32.add');
  f.i32(group);
  f.op('i32.div_u');
  f.scale(group);
  f.set(local);
  limitTo(f, local, items);
  return local;
}

/** Bounds the units of a kernel that goes through images, or batches, one after the other. */
export function limitUnits(k: KernelContext, spec: KernelSpec, units: number): void {
  if (!k.wanted || !isByImage(spec, k.wanted.axis)) return;
  const wanted = wantedOf(k, units);
  if (typeof wanted !== 'number') limitTo(k.f, k.end, wanted);
}

function isByImage(spec: KernelSpec, axis: number): boolean {
  switch (spec.kind) {
    case 'convolution':
    case 'depthwise':
    case 'winograd':
    case 'pool':
      return axis === 0;
    case 'matmul':
    case 'attention':
      return axis < spec.batch.length;
    default:
      return false;
  }
}

/**
 * Rows of a product over one image. In whole tiles: what is left after the last one of a strip is known when the kernel
 * is made.
 */
export function wantedProductRows(
  k: KernelContext,
  { outer, rows, width, tile }: Product,
  { strips, stripRows }: ProductPlan,
): Operand32 {
  const whole = tile[0] / commonFactor(width, tile[0]);
  const even = strips === 1 || stripRows % whole === 0;
  const leads = k.wanted?.axis === outer.length && outer.every(count => count === 1);
  return leads && even ? inGroups(k, wantedOf(k, rows), whole, rows) : rows;
}

/** Strips of which no row is wanted are passed over. */
export function limitStrips(k: KernelContext, { stripRows, blocks }: ProductPlan, rows: Operand32): void {
  if (typeof rows === 'number') return;
  const { f, end } = k;
  const units = f.local('i32', 'units');
  f.get(rows);
  f.i32(stripRows - 1);
  f.op('i32.add');
  f.i32(stripRows);
  f.op('i32.div_u');
  f.scale(blocks);
  f.set(units);
  limitTo(f, end, units);
}
