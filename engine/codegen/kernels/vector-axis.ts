// Along which axis of its iteration space the vectors of a kernel run that goes along lines.

import type { Access } from '../../select/spec.ts';

/**
 * The axis that vectors run along: the line's, or the outer one whose elements are neighbours in memory. What is neither
 * that nor the same all along is read lane by lane.
 */
export const vectorAxis = (
  extents: readonly number[],
  reads: readonly Access[],
  line: readonly number[],
): number => {
  const last = extents.length - 1;
  const ease = (axis: number): number =>
    reads.reduce((sum, { strides }) => sum + (strides[axis] === 1 ? 2 : strides[axis] === 0 ? 0 : -2), 0);
  const merit = (axis: number): number =>
    extents[axis] === 1 ? Number.NEGATIVE_INFINITY : ease(axis) + (line.includes(axis) ? 1 : 0);
  let best = line.at(-1) ?? last;
  for (let axis = last; axis >= 0; axis--) if (merit(axis) > merit(best)) best = axis;
  return best;
};
