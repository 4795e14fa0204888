// Where things are in the memory map: steps from left to right, offsets from the bottom up. Pure.
// Also the holes: memory between live tensors that nobody uses.

import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import { type Range, spanOf } from '../chart/range.ts';
import type { StepScale } from '../chart/step-axis.ts';
import type { Size } from '../widgets/canvas.tsx';

export const LEFT = 84;
export const TOP = 20;
export const BOTTOM = 24;
const RIGHT = 12;

export interface MapGeometry {
  readonly size: Size;
  readonly scale: StepScale;
  /** bytes on the screen */
  readonly bytes: Range;
  readonly yOf: (offset: number) => number;
  readonly offsetAt: (y: number) => number;
}

/** Width of the part that has steps. */
export const stepsWidth = (size: Size): number => size.width - LEFT - RIGHT;

/** Lengths in px of the canvas; `bytes` are the offsets from its lower edge to its upper one. */
export function mapGeometry(size: Size, scale: StepScale, bytes: Range): MapGeometry {
  const height = Math.max(1, size.height - TOP - BOTTOM);
  return {
    size,
    scale,
    bytes,
    yOf: offset => TOP + height - ((offset - bytes.from) / spanOf(bytes)) * height,
    offsetAt: y => bytes.from + ((TOP + height - y) / height) * spanOf(bytes),
  };
}

/** The tensor that covers byte `offset` while `step` runs; one of them where several do. */
export const tensorAt = (plan: PlanView, step: number, offset: number): PlanTensor | undefined =>
  plan.tensors.find(
    tensor =>
      tensor.lower <= step &&
      step < tensor.upper &&
      tensor.offset <= offset &&
      offset < tensor.offset + tensor.bytes,
  );

/**
 * The step at which a name in the middle of a tensor has to end: where a result begins that is written over it there.
 * `over`: what shares bytes with it; `placed`: of these, what is drawn.
 */
export function nameEnd(
  { lower, upper, offset, bytes }: PlanTensor,
  over: readonly PlanTensor[],
  placed?: ReadonlySet<number>,
): number {
  const middle = offset + bytes / 2;
  return over
    .filter(({ id }) => placed?.has(id) ?? true)
    .filter(row => row.offset <= middle && middle < row.offset + row.bytes && row.lower > lower)
    .reduce((end, row) => Math.min(end, row.lower), upper);
}

/** A rectangle of unused memory: bytes [from, to) during steps [lower, upper). */
export interface HoleRectangle {
  /** padding: lost between the end of a tensor and the next aligned place */
  readonly kind: 'hole' | 'padding';
  readonly from: number;
  readonly to: number;
  readonly lower: number;
  readonly upper: number;
}

type Gap = Pick<HoleRectangle, 'kind' | 'from' | 'to'>;

/** Unused memory beneath the highest live tensor of each step, with equal holes of neighbouring steps joined. */
export function holesOf(plan: PlanView): readonly HoleRectangle[] {
  const finished: HoleRectangle[] = [];
  let open = new Map<string, HoleRectangle>();
  const starting = Map.groupBy(plan.tensors, tensor => tensor.lower);
  let live: PlanTensor[] = [];
  for (let step = 0; step < plan.steps.length; step++) {
    live = [...live.filter(tensor => tensor.upper > step), ...(starting.get(step) ?? [])].filter(
      tensor => tensor.bytes > 0 && tensor.upper > step,
    );
    const next = new Map<string, HoleRectangle>();
    for (const gap of gapsOf(live, plan.alignment)) {
      const key = `${gap.kind} ${gap.from} ${gap.to}`;
      const before = open.get(key);
      open.delete(key);
      next.set(key, { ...gap, lower: before?.lower ?? step, upper: step + 1 });
    }
    finished.push(...open.values());
    open = next;
  }
  return [...finished, ...open.values()];
}

function gapsOf(live: readonly PlanTensor[], alignment: number): readonly Gap[] {
  const gaps: Gap[] = [];
  let top = 0;
  for (const { offset, bytes } of live.toSorted((a, b) => a.offset - b.offset)) {
    if (offset > top) {
      const aligned = Math.min(offset, Math.ceil(top / alignment) * alignment);
      if (aligned > top) gaps.push({ kind: 'padding', from: top, to: aligned });
      if (offset > aligned) gaps.push({ kind: 'hole', from: aligned, to: offset });
    }
    top = Math.max(top, offset + bytes);
  }
  return gaps;
}

/** Rows that hand their place on, one to the next: for each row that takes part the ids of its chain, in order. */
export function chainsOf(plan: PlanView): ReadonlyMap<number, readonly number[]> {
  const chains = new Map<number, number[]>();
  for (const row of plan.tensors.toSorted((a, b) => a.lower - b.lower)) {
    for (const { id } of row.inPlaceOf ?? []) {
      const chain = chains.get(id) ?? [id];
      if (!chain.includes(row.id)) chain.push(row.id);
      for (const member of chain) chains.set(member, chain);
    }
  }
  return chains;
}
