// Which steps that follow one another are run as one: a partition of a list of steps into segments, by shortest path
// over the cuts between them (after msf-CNN, NeurIPS 2025). Knows costs only: bytes that are live while a segment
// runs, of which the largest counts, and time, which adds up.

/** One way to run a segment. */
export interface SegmentCost {
  readonly bytes: number;
  readonly time: number;
}

/** Steps [from, to). */
export interface Segment {
  readonly from: number;
  readonly to: number;
  /** which of the ways it is run in */
  readonly way: number;
}

export interface SegmentProblem {
  readonly steps: number;
  /** most steps in one segment */
  readonly longest: number;
  /** the ways to run steps as one segment, none where they cannot be; a single step always can */
  readonly costs: (from: number, to: number) => readonly SegmentCost[];
  /** steps that fit one by one stay so, however much faster a segment of them would be */
  readonly onlyNeeded?: boolean;
}

/**
 * The partition of least time among those whose largest segment needs at most `limitBytes`, or as little as any
 * where none fits. O(steps · longest) costs.
 */
export function partition(problem: SegmentProblem, limitBytes: number): Segment[] {
  const costs = costTable(problem);
  const least = shortest(problem, costs, (path, { bytes }) => Math.max(path, bytes)).value;
  const limit = Math.max(limitBytes, least);
  const isOver = (at: number): boolean => costs[at]?.[0]?.every(({ bytes }) => bytes > limit) ?? false;
  const needed = costs.map((row, from) =>
    row.map((ways, more) => {
      const steps = Array.from({ length: more + 1 }, (_, k) => from + k);
      return more === 0 || !problem.onlyNeeded || steps.some(isOver) ? ways : [];
    }),
  );
  return shortest(problem, needed, (path, { bytes, time }) =>
    bytes <= limit ? path + time : Number.POSITIVE_INFINITY,
  ).segments;
}

/** What the largest segment needs, at the least, of all partitions. */
export function leastBytes(problem: SegmentProblem): number {
  return shortest(problem, costTable(problem), (path, { bytes }) => Math.max(path, bytes)).value;
}

/** By first step, then by length − 1. */
type CostTable = readonly (readonly (readonly SegmentCost[])[])[];

function costTable({ steps, longest, costs }: SegmentProblem): CostTable {
  return Array.from({ length: steps }, (_, from) =>
    Array.from({ length: Math.min(longest, steps - from) }, (_, more) => costs(from, from + more + 1)),
  );
}

/** The cheapest path of segments from 0 to the last step; `extended` adds a segment to a path's value. */
function shortest(
  { steps, longest }: SegmentProblem,
  costs: CostTable,
  extended: (path: number, cost: SegmentCost) => number,
): { readonly value: number; readonly segments: Segment[] } {
  const best: { value: number; from: number; way: number }[] = [{ value: 0, from: 0, way: 0 }];
  for (let to = 1; to <= steps; to++) {
    let found = { value: Number.POSITIVE_INFINITY, from: to - 1, way: 0 };
    for (let from = to - 1; from >= Math.max(0, to - longest); from--) {
      for (const [way, cost] of (costs[from]?.[to - from - 1] ?? []).entries()) {
        const value = extended(best[from]?.value ?? 0, cost);
        if (value < found.value) found = { value, from, way };
      }
    }
    best.push(found);
  }
  const segments: Segment[] = [];
  for (let to = steps; to > 0; to = segments[0]?.from ?? 0) {
    segments.unshift({ from: best[to]?.from ?? to - 1, to, way: best[to]?.way ?? 0 });
  }
  return { value: best[steps]?.value ?? 0, segments };
}
