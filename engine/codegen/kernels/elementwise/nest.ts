// Loop nests of elementwise kernels: axes may run in any order, and neighbours that lie in memory as one
// axis become one.

import type { Access } from '../../../select/spec/access.ts';

/** A loop nest over a box: all accesses go over the same axes. */
export interface Nest {
  /** outermost first; the last axis is the one vectors run along */
  readonly extents: readonly number[];
  readonly reads: readonly Access[];
  readonly writes: readonly Access[];
}

const permuted = (access: Access, order: readonly number[]): Access => ({
  ...access,
  strides: order.map(axis => access.strides[axis] ?? 0),
});

const reordered = (nest: Nest, order: readonly number[]): Nest => ({
  extents: order.map(axis => nest.extents[axis] ?? 1),
  reads: nest.reads.map(access => permuted(access, order)),
  writes: nest.writes.map(access => permuted(access, order)),
});

/** How well vectors run along an axis: contiguous writes weigh most, then contiguous reads. */
const merit = ({ reads, writes }: Nest, axis: number): number => {
  const contiguous = (access: Access): boolean => access.strides[axis] === 1;
  const still = (access: Access): boolean => access.strides[axis] === 0;
  return (
    4 * writes.filter(contiguous).length + 2 * reads.filter(contiguous).length + reads.filter(still).length
  );
};

/** Axis k and the next one as one axis. */
const merged = (access: Access, axis: number): Access => ({
  ...access,
  strides: access.strides.filter((_, k) => k !== axis),
});

const mergeable = (nest: Nest, axis: number): boolean =>
  [...nest.reads, ...nest.writes].every(
    ({ strides }) => strides[axis] === (strides[axis + 1] ?? 0) * (nest.extents[axis + 1] ?? 1),
  );

const collapse = (nest: Nest): Nest => {
  const axis = nest.extents.slice(0, -1).findIndex((_, k) => mergeable(nest, k));
  if (axis < 0) return nest;
  const extents = nest.extents.map((extent, k) =>
    k === axis + 1 ? extent * (nest.extents[axis] ?? 1) : extent,
  );
  return collapse({
    extents: extents.filter((_, k) => k !== axis),
    reads: nest.reads.map(access => merged(access, axis)),
    writes: nest.writes.map(access => merged(access, axis)),
  });
};

/** The nest in the best order, axes of extent 1 dropped, neighbours merged. At least one axis is left. */
export const bestNest = (nest: Nest): Nest => {
  const [lead] = nest.writes;
  const axes = nest.extents.map((_, axis) => axis).filter(axis => nest.extents[axis] !== 1);
  const stride = (axis: number): number => Math.abs(lead?.strides[axis] ?? 0);
  axes.sort((a, b) => stride(b) - stride(a) || a - b);
  let inner = axes.at(-1);
  for (const axis of axes) if (inner === undefined || merit(nest, axis) > merit(nest, inner)) inner = axis;
  const order = inner === undefined ? [] : [...axes.filter(axis => axis !== inner), inner];
  const sorted = collapse(reordered(nest, order));
  if (sorted.extents.length) return sorted;
  const single = (access: Access): Access => ({ ...access, strides: [0] });
  return { extents: [1], reads: sorted.reads.map(single), writes: sorted.writes.map(single) };
};
