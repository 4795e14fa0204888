// Which lane of the timeline each tensor's life is drawn in: one of its own, the first that is free, or its offset's.
// Pure. Invariant: rows are in the order tensors come to life.

import type { PlanTensor } from '../../engine/report/types/plan.ts';
import type { Range } from '../chart/range.ts';
import type { TimelineLook } from '../state/app-state.ts';

export interface Lanes {
  /** by the index of the row */
  readonly laneOf: Int32Array;
  readonly count: number;
  /** indices of the rows in each lane, by when they begin */
  readonly rowsIn: readonly (readonly number[])[];
  /** of the lanes, where they are offsets: bytes */
  readonly offsets?: readonly number[];
}

/**
 * 'rows': each its own lane; 'packed': tensors whose lives don't meet share one; 'offset': a lane for each offset.
 */
export function lanesOf(rows: readonly PlanTensor[], arrangement: TimelineLook['lanes']): Lanes {
  switch (arrangement) {
    case 'rows':
      return grouped(Int32Array.from(rows.keys()));
    case 'packed':
      return grouped(packed(rows));
    case 'offset': {
      const offsets = [...new Set(rows.map(row => row.offset))].toSorted((a, b) => a - b);
      const lane = new Map(offsets.map((offset, index) => [offset, index]));
      return { ...grouped(Int32Array.from(rows, row => lane.get(row.offset) ?? 0)), offsets };
    }
  }
}

/**
 * The first lane with a life between two steps, where none of the lanes `shown` (half-open) has one; else undefined:
 * something is to be seen already, or nothing lives then.
 */
export function firstLiving(
  rows: readonly PlanTensor[],
  lanes: Lanes,
  steps: Range,
  shown: Range,
): number | undefined {
  let first: number | undefined;
  for (const [row, { lower, upper }] of rows.entries()) {
    if (upper <= steps.from || lower >= steps.to) continue;
    const lane = lanes.laneOf[row] ?? 0;
    if (lane + 1 > shown.from && lane < shown.to) return undefined;
    if (first === undefined || lane < first) first = lane;
  }
  return first;
}

function grouped(laneOf: Int32Array): Lanes {
  const count = laneOf.reduce((most, lane) => Math.max(most, lane + 1), 0);
  const rowsIn: number[][] = Array.from({ length: count }, () => []);
  for (const [row, lane] of laneOf.entries()) rowsIn[lane]?.push(row);
  return { laneOf, count, rowsIn };
}

/** Each life in the first lane whose last one has ended: as few lanes as lives that overlap at most. */
function packed(rows: readonly PlanTensor[]): Int32Array {
  const ends: number[] = [];
  return Int32Array.from(rows, ({ lower, upper }) => {
    const free = ends.findIndex(end => end <= lower);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = upper;
    return lane;
  });
}
