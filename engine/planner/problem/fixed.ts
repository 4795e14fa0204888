// Buffers fixed where they lie: pairs of them that no memory can hold both of.

import type { Buffer, BufferIndex, Problem } from '../types.ts';
import { validate } from '../validate.ts';
import { type Distances, distancesOf } from './distances.ts';

/** Two fixed buffers that need a byte in the same step; `later` is the one born later. */
export interface FixedClash {
  readonly earlier: BufferIndex;
  readonly later: BufferIndex;
}

/** All pairs of fixed buffers that may not lie as they do in one memory, by birth of the later one. */
export function* fixedClashes(problem: Problem): Generator<FixedClash> {
  const { buffers } = problem;
  const fixed = [...buffers.entries()].filter(([, { offset, size }]) => offset !== undefined && size > 0);
  if (fixed.length < 2) return;
  const distances = distancesOf(problem);
  fixed.sort(([, a], [, b]) => a.lower - b.lower);
  let live: typeof fixed = [];
  for (const [later, buffer] of fixed) {
    live = live.filter(([, other]) => other.upper > buffer.lower);
    for (const [earlier, other] of live) {
      const isApart =
        areApart(distances, earlier, other, later, buffer) ||
        isExact(problem, earlier, later) ||
        isExact(problem, later, earlier);
      if (!isApart) yield { earlier, later };
    }
    live.push([later, buffer]);
  }
}

/** Whether two fixed buffers lie at the distance of an exact overlap. */
function isExact({ buffers, overlaps = [] }: Problem, below: BufferIndex, above: BufferIndex): boolean {
  const apart = (buffers[above]?.offset ?? 0) - (buffers[below]?.offset ?? 0);
  return overlaps.some(
    overlap =>
      overlap.exact && overlap.below === below && overlap.above === above && overlap.distance === apart,
  );
}

function areApart(distances: Distances, a: BufferIndex, low: Buffer, b: BufferIndex, high: Buffer): boolean {
  const { under, over } = distances.get(a)?.get(b) ?? { under: low.size, over: high.size };
  const offsets = [low.offset ?? 0, high.offset ?? 0] as const;
  const difference = offsets[1] - offsets[0];
  if (difference >= under || -difference >= over) return true;
  // Bytes that are not needed may lie between those that are.
  const height = Math.max(offsets[0] + low.size, offsets[1] + high.size);
  return validate({ buffers: [low, high] }, { offsets, height }).every(({ kind }) => kind !== 'overlap');
}
