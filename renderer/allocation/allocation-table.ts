// The allocation table: what is live at one step, where it lies, and how many readers it still has.
// Pure: the view only shows what this says.

import { shapeText, tensorShapeText } from '../../engine/report/shape-text.ts';
import type { TensorSummary } from '../../engine/report/types/model.ts';
import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import { overlappingRows } from '../tables/overlapping.ts';

/** What happens to a row in the step shown. */
export type Change = 'allocated' | 'freed' | 'passing' | 'held';

export interface AllocationRow {
  readonly tensor: PlanTensor;
  /** readers after this step: 0 means that its memory is free for the next */
  readonly readersLeft: number;
  readonly written: boolean;
  readonly read: boolean;
  /** first step alive; last step alive; both; neither */
  readonly change: Change;
  /** 'allocated, written', 'read, freed' …: what this step does with it and its memory */
  readonly events: string;
  /** lies over bytes of another row that is live: an operand read for the last time, or the result over it */
  readonly over?: 'operand' | 'result';
}

/** Free bytes between live rows, or below the highest one. */
export interface Hole {
  readonly offset: number;
  readonly bytes: number;
}

export interface Allocation {
  /** by offset */
  readonly rows: readonly AllocationRow[];
  readonly liveBytes: number;
  /** up to where memory is in use, bytes */
  readonly topBytes: number;
  readonly holes: readonly Hole[];
}

/** What lies where while `step` runs, by offset; holes are between those that live, below the highest of them. */
export function allocationAt(plan: PlanView, step: number): Allocation {
  const live = plan.tensors
    .filter(({ lower, upper }) => lower <= step && step < upper)
    .toSorted((a, b) => a.offset - b.offset || a.id - b.id);
  const rows = live.map((tensor): AllocationRow => {
    const first = tensor.lower === step;
    const last = tensor.upper === step + 1;
    const row = {
      tensor,
      readersLeft: tensor.readers.filter(reader => reader > step).length,
      written: tensor.writer === step,
      read: tensor.readers.includes(step),
      change: first && last ? 'passing' : first ? 'allocated' : last ? 'freed' : 'held',
    } as const;
    const other = overlappingRows(plan)
      .get(tensor.id)
      ?.find(({ lower, upper }) => lower <= step && step < upper);
    const over = other && (tensor.lower > other.lower ? 'result' : 'operand');
    return { ...row, events: eventsOf(row), ...(over && { over }) };
  });
  const holes: Hole[] = [];
  let top = 0;
  for (const { offset, bytes } of live) {
    if (offset > top) holes.push({ offset: top, bytes: offset - top });
    top = Math.max(top, offset + bytes);
  }
  // Results in place share their operand's bytes: counted once.
  const liveBytes = top - holes.reduce((sum, { bytes }) => sum + bytes, 0);
  return { rows, holes, topBytes: top, liveBytes };
}

/** The caller's inputs are there before the first step; all else when the step begins that writes it. */
function eventsOf({ tensor, written, read, change }: Omit<AllocationRow, 'events'>): string {
  const { kind, inPlaceOf } = tensor;
  const first = change === 'allocated' || change === 'passing';
  const last = change === 'freed' || change === 'passing';
  return [
    ...(first ? [kind === 'input' ? 'filled before' : inPlaceOf ? 'in place' : 'allocated'] : []),
    ...(written ? ['written'] : []),
    ...(read ? ['read'] : []),
    ...(last ? [kind === 'output' ? 'left to the caller' : 'freed'] : []),
  ].join(', ');
}

/**
 * '≤100×4 → 17×4': the shape a row is planned for, and the one it had in a run where only that told (`found`, by id).
 * Empty for what is no tensor of the imported graph.
 */
export function shapeOfRow(
  { tensors }: PlanTensor,
  imported: ReadonlyMap<number, TensorSummary>,
  found: ReadonlyMap<number, readonly number[]>,
): string {
  const tensor = tensors.map(id => imported.get(id)).find(known => known !== undefined);
  if (!tensor) return '';
  const extents = found.get(tensor.id);
  return `${tensorShapeText(tensor)}${extents ? ` → ${shapeText(extents)}` : ''}`;
}
