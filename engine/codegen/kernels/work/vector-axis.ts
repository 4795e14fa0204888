// Along which axis of its iteration space the vectors of a kernel run that goes along lines.

import type { Access } from '../../../select/spec/access.ts';

/** Vectors that a line fills, below which it is short. */
const SHORT = 2;

/**
 * The axis that vectors run along: the line's, or the outer one whose elements are neighbours in memory. What is neither
 * that nor the same all along is read lane by lane; so are lines side by side that are so short that adding up their
 * lanes, and what is left of their vectors, takes longer.
 */
export const vectorAxis = (
  extents: readonly number[],
  reads: readonly Access[],
  line: readonly number[],
  lanes: number,
): number => {
  const last = extents.length - 1;
  const ease = (axis: number): number =>
    reads.reduce(
      (sum, { strides }) => sum + (strides[axis] === 1 ? 2 : strides[axis] === 0 ? 0 : -2 * lanes),
      0,
    );
  const elements = line.reduce((product, axis) => product * (extents[axis] ?? 1), 1);
  const isShort = elements <= SHORT * lanes && lanes > 1;
  const merit = (axis: number): number => {
    const extent = extents[axis] ?? 1;
    if (extent === 1) return Number.NEGATIVE_INFINITY;
    if (line.includes(axis)) return isShort ? -Number.MAX_VALUE : ease(axis) + 1;
    // A few lines do not fill a vector either.
    return isShort && extent < lanes ? Number.NEGATIVE_INFINITY : ease(axis);
  };
  let best = line.at(-1) ?? last;
  for (let axis = last; axis >= 0; axis--) if (merit(axis) > merit(best)) best = axis;
  return best;
};
