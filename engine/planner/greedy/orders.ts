// The orders of the greedy strategies. Each is a permutation of all buffers; place.ts does the rest.
// Ties go to the buffer that comes first in the problem, so every order is deterministic.

import { ascending } from '../problem/ascending.ts';
import { liveSums, sectionsOf } from '../problem/sections.ts';
import type { BufferIndex, Problem } from '../types.ts';

/** By birth: with a heap of freed blocks this is what a reference-counting allocator with a free list does. */
export function birthOrder(problem: Problem): BufferIndex[] {
  return sortedBy(problem, b => problem.buffers[b]?.lower ?? 0);
}

/** Largest first (Pisarchyk and Lee 2020, greedy by size). */
export function sizeOrder(problem: Problem): BufferIndex[] {
  return sortedBy(problem, b => -(problem.buffers[b]?.size ?? 0), lifetime(problem));
}

/** Bytes × steps, largest first. */
export function areaOrder(problem: Problem): BufferIndex[] {
  const longest = lifetime(problem);
  return sortedBy(problem, b => (problem.buffers[b]?.size ?? 0) * longest(b));
}

/** Longest lifetime first. */
export function widthOrder(problem: Problem): BufferIndex[] {
  return sortedBy(problem, lifetime(problem), b => -(problem.buffers[b]?.size ?? 0));
}

/** Sizes of a class differ by less than this factor. */
const CLASS_FACTOR = 4;

/** By size, but roughly; of those about as large the longest lifetime first, as in `widthOrder`. */
export function classOrder(problem: Problem): BufferIndex[] {
  const classOf = (size: number): number =>
    Math.floor(Math.log2(Math.max(1, size)) / Math.log2(CLASS_FACTOR));
  return sortedBy(problem, b => -classOf(problem.buffers[b]?.size ?? 0), lifetime(problem));
}

/** Buffers of the fullest step first, then those of the next; in a step the largest first
 * (Pisarchyk and Lee 2020, greedy by breadth). */
export function breadthOrder(problem: Problem): BufferIndex[] {
  const sections = sectionsOf(problem);
  const sums = liveSums(
    sections,
    problem.buffers.map(buffer => buffer.size),
  );
  const fullest = (b: BufferIndex): number => {
    let sum = 0;
    for (let s = sections.first[b] ?? 0; s < (sections.end[b] ?? 0); s++) {
      if ((sums[s] ?? 0) > sum) sum = sums[s] ?? 0;
    }
    return sum;
  };
  return sortedBy(
    problem,
    b => -fullest(b),
    b => -(problem.buffers[b]?.size ?? 0),
  );
}

/** Minus the number of steps a buffer is live: the longest sorts first. */
function lifetime(problem: Problem): (b: BufferIndex) => number {
  return b => (problem.buffers[b]?.lower ?? 0) - (problem.buffers[b]?.upper ?? 0);
}

/** Of more, sorting with a function takes as long as placing them. */
const MANY = 4096;

function sortedBy(problem: Problem, ...keys: readonly ((b: BufferIndex) => number)[]): BufferIndex[] {
  const count = problem.buffers.length;
  // Keys as columns: a sort of many buffers asks for each of them twenty times.
  const columns = keys.map(key => {
    const column = new Float64Array(count);
    for (let b = 0; b < count; b++) column[b] = key(b);
    return column;
  });
  if (count > MANY && columns.every(isExact)) return [...ascendingBy(columns)];
  return Array.from(problem.buffers.keys()).sort((a, b) => {
    for (const column of columns) {
      const difference = (column[a] as number) - (column[b] as number);
      if (difference !== 0) return difference;
    }
    return a - b;
  });
}

/** Whether sums and differences of a column's values are exact. */
function isExact(column: Float64Array): boolean {
  return column.every(value => Math.abs(value) < Number.MAX_SAFE_INTEGER / 2);
}

/** Indices by the first of several keys, equal ones by the next: a stable sort by each, the last one first. */
function ascendingBy(columns: readonly Float64Array[]): Int32Array {
  let order: Int32Array | undefined;
  for (const column of columns.toReversed()) {
    const before = order;
    const found = ascending(before === undefined ? column : Float64Array.from(before, b => column[b] ?? 0));
    order = before === undefined ? found : found.map(at => before[at] ?? 0);
  }
  return order ?? new Int32Array(0);
}
