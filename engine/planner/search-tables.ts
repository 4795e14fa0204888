// A problem as columns, for the inner loops of the exact search. Never changed after it is made.

import { sectionsOf } from './sections.ts';
import type { Problem } from './types.ts';

export interface SearchTables {
  readonly count: number;
  readonly sectionCount: number;
  readonly size: Float64Array;
  readonly alignment: Float64Array;
  /** fixed offset, or -1 */
  readonly fixed: Float64Array;
  /** steps */
  readonly width: Float64Array;
  /** sections in which b is live: [first[b], end[b]) */
  readonly first: Int32Array;
  readonly end: Int32Array;
  /** the identical buffer before this one, or -1: twins are placed in order */
  readonly twin: Int32Array;
  /** buffers that share a section with b: neighbours[neighbourStart[b] … neighbourStart[b + 1]) */
  readonly neighbours: Int32Array;
  readonly neighbourStart: Int32Array;
  /** buffers live in section s: members[memberStart[s] … memberStart[s + 1]) */
  readonly members: Int32Array;
  readonly memberStart: Int32Array;
}

/** O(buffers × (buffers + sections)) in the worst case, like the tables themselves. */
export function searchTables(problem: Problem): SearchTables {
  const { buffers } = problem;
  const { count: sectionCount, first, end } = sectionsOf(problem);
  const live: number[][] = Array.from({ length: sectionCount }, () => []);
  buffers.forEach((_, b) => {
    for (let s = first[b] as number; s < (end[b] as number); s++) live[s]?.push(b);
  });
  const beside = buffers.map((a, i) =>
    buffers.flatMap((b, j) => (i !== j && a.lower < b.upper && b.lower < a.upper ? [j] : [])),
  );
  const [members, memberStart] = columnsOf(live);
  const [neighbours, neighbourStart] = columnsOf(beside);
  return {
    count: buffers.length,
    sectionCount,
    size: Float64Array.from(buffers, buffer => buffer.size),
    alignment: Float64Array.from(buffers, buffer => buffer.alignment ?? 1),
    fixed: Float64Array.from(buffers, buffer => buffer.offset ?? -1),
    width: Float64Array.from(buffers, buffer => buffer.upper - buffer.lower),
    first,
    end,
    twin: twinsOf(problem),
    neighbours,
    neighbourStart,
    members,
    memberStart,
  };
}

/** Lists as two columns: the items one list after the other, and where each list starts. */
function columnsOf(lists: readonly (readonly number[])[]): [Int32Array, Int32Array] {
  const starts = new Int32Array(lists.length + 1);
  lists.forEach((list, i) => {
    starts[i + 1] = (starts[i] as number) + list.length;
  });
  return [Int32Array.from(lists.flat()), starts];
}

/** Per buffer the one before it that is the same in everything but its id, or -1. */
function twinsOf(problem: Problem): Int32Array {
  const last = new Map<string, number>();
  return Int32Array.from(problem.buffers, ({ lower, upper, size, alignment = 1, offset }, b) => {
    if (offset !== undefined) return -1;
    const key = `${lower} ${upper} ${size} ${alignment}`;
    const twin = last.get(key) ?? -1;
    last.set(key, b);
    return twin;
  });
}
