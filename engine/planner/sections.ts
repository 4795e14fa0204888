// Time cut at every birth and death: within a section the set of live buffers never changes.
// Invariant: sections cover [first birth, last death) in order; buffer b is live in sections [first[b], end[b]).

import type { Problem } from './types.ts';

export interface Sections {
  readonly count: number;
  /** first step of each section */
  readonly starts: Float64Array;
  /** per buffer: its first section */
  readonly first: Int32Array;
  /** per buffer: the section after its last one */
  readonly end: Int32Array;
}

export function sectionsOf(problem: Problem): Sections {
  const times = new Float64Array(problem.buffers.length * 2);
  problem.buffers.forEach((buffer, b) => {
    times[2 * b] = buffer.lower;
    times[2 * b + 1] = buffer.upper;
  });
  times.sort();
  const starts = times.filter((time, i) => i === 0 || time !== times[i - 1]);
  return {
    count: Math.max(0, starts.length - 1),
    starts,
    first: Int32Array.from(problem.buffers, buffer => indexIn(starts, buffer.lower)),
    end: Int32Array.from(problem.buffers, buffer => indexIn(starts, buffer.upper)),
  };
}

/** Position of a value in ascending values that contain it. */
function indexIn(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sum of `sizes` (one per buffer) over the buffers live in each section. O(buffers + sections). */
export function liveSums(sections: Sections, sizes: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(sections.count + 1);
  for (let b = 0; b < sizes.length; b++) {
    const size = sizes[b] ?? 0;
    const first = sections.first[b] ?? 0;
    const end = sections.end[b] ?? 0;
    sums[first] = (sums[first] ?? 0) + size;
    sums[end] = (sums[end] ?? 0) - size;
  }
  for (let s = 1; s <= sections.count; s++) sums[s] = (sums[s] ?? 0) + (sums[s - 1] ?? 0);
  return sums.subarray(0, sections.count);
}
