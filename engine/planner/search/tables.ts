// A problem as columns, for the inner loops of the exact search. Never changed after it is made.

import { distancesOf, FREE } from '../problem/distances.ts';
import { sectionsOf, specialNeeds } from '../problem/sections.ts';
import type { Problem } from '../types.ts';

/** Columns over buffers, in the numbering of the search; sizes and offsets in bytes. */
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
  /** bytes b needs in section s: need[needStart[b] + s − first[b]]; its size but for gaps and overlaps */
  readonly need: Float64Array;
  readonly needStart: Int32Array;
  /** 1 where b may lie at the offset of a buffer it meets, or inside one */
  readonly loose: Uint8Array;
  /** the identical buffer before this one, or -1: twins are placed in order */
  readonly twin: Int32Array;
  /** buffers that b must not simply lie over: neighbours[neighbourStart[b] … neighbourStart[b + 1]) */
  readonly neighbours: Int32Array;
  readonly neighbourStart: Int32Array;
  /** bytes by which a neighbour must lie above b, at the same index */
  readonly distances: Float64Array;
  /** buffers live in section s: members[memberStart[s] … memberStart[s + 1]) */
  readonly members: Int32Array;
  readonly memberStart: Int32Array;
}

/** O(buffers × (buffers + sections)) in the worst case, like the tables themselves. */
export function searchTables(problem: Problem): SearchTables {
  const { buffers } = problem;
  const sections = sectionsOf(problem);
  const { count: sectionCount, first, end } = sections;
  const special = distancesOf(problem);
  const widths = buffers.map((_, b) => (end[b] as number) - (first[b] as number));
  const needStart = startsOf(widths);
  const need = Float64Array.from(
    buffers.flatMap(({ size }, b) => new Array<number>(widths[b] ?? 0).fill(size)),
  );
  for (const { buffer, bytes, ...run } of specialNeeds(problem, sections)) {
    const start = (needStart[buffer] as number) - (first[buffer] as number);
    need.fill(bytes, start + run.first, start + run.end);
  }
  const live: number[][] = Array.from({ length: sectionCount }, () => []);
  buffers.forEach((_, b) => {
    for (let s = first[b] as number; s < (end[b] as number); s++) live[s]?.push(b);
  });
  const beside = buffers.map((a, i) =>
    buffers.flatMap((b, j) => {
      const meet = i !== j && a.lower < b.upper && b.lower < a.upper;
      return meet && special.get(i)?.get(j)?.under !== FREE ? [j] : [];
    }),
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
    need,
    needStart,
    loose: Uint8Array.from(buffers, (_, b) => (special.has(b) ? 1 : 0)),
    twin: twinsOf(problem, b => special.has(b)),
    neighbours,
    neighbourStart,
    distances: Float64Array.from(
      beside.flatMap((others, b) => others.map(u => special.get(b)?.get(u)?.under ?? buffers[b]?.size ?? 0)),
    ),
    members,
    memberStart,
  };
}

/** Lists as two columns: the items one list after the other, and where each list starts. */
function columnsOf(lists: readonly (readonly number[])[]): [Int32Array, Int32Array] {
  return [Int32Array.from(lists.flat()), startsOf(lists.map(list => list.length))];
}

function startsOf(lengths: readonly number[]): Int32Array {
  const starts = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => {
    starts[i + 1] = (starts[i] as number) + length;
  });
  return starts;
}

/** Per buffer the one before it that is the same in everything but its id, or -1. */
function twinsOf(problem: Problem, isSpecial: (b: number) => boolean): Int32Array {
  const last = new Map<string, number>();
  return Int32Array.from(problem.buffers, ({ lower, upper, size, alignment = 1, offset }, b) => {
    if (offset !== undefined || isSpecial(b)) return -1;
    const key = `${lower} ${upper} ${size} ${alignment}`;
    const twin = last.get(key) ?? -1;
    last.set(key, b);
    return twin;
  });
}

/** The lowest offset of what is unplaced in a section; whose it is becomes its witness. Placed ones have no lowest. */
export function lowestIn(
  { members, memberStart }: SearchTables,
  section: number,
  lowest: Float64Array,
  witness: Int32Array,
): number {
  let smallest = Number.POSITIVE_INFINITY;
  const stop = memberStart[section + 1] as number;
  for (let i = memberStart[section] as number; i < stop; i++) {
    const b = members[i] as number;
    if ((lowest[b] as number) >= smallest) continue;
    smallest = lowest[b] as number;
    witness[section] = b;
  }
  return smallest;
}
