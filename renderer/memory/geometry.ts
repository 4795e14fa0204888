// Where things are in the memory map: steps from left to right, offsets from the bottom up. Pure.
// Also the holes: memory between live tensors that nobody uses.

import type { PlanTensor, PlanView } from '../../engine/report/types.ts';
import { type Range, spanOf } from '../chart/range.ts';
import type { Size } from '../widgets/canvas.tsx';

export const LEFT = 84;
export const TOP = 20;
export const BOTTOM = 24;
const RIGHT = 12;

export interface MapGeometry {
  readonly size: Size;
  /** steps on the screen */
  readonly steps: Range;
  /** bytes on the screen */
  readonly bytes: Range;
  readonly xOf: (step: number) => number;
  readonly yOf: (offset: number) => number;
  readonly stepAt: (x: number) => number;
  readonly offsetAt: (y: number) => number;
}

export function mapGeometry(size: Size, steps: Range, bytes: Range): MapGeometry {
  const width = Math.max(1, size.width - LEFT - RIGHT);
  const height = Math.max(1, size.height - TOP - BOTTOM);
  return {
    size,
    steps,
    bytes,
    xOf: step => LEFT + ((step - steps.from) / spanOf(steps)) * width,
    yOf: offset => TOP + height - ((offset - bytes.from) / spanOf(bytes)) * height,
    stepAt: x => steps.from + ((x - LEFT) / width) * spanOf(steps),
    offsetAt: y => bytes.from + ((TOP + height - y) / height) * spanOf(bytes),
  };
}

export const tensorAt = (plan: PlanView, step: number, offset: number): PlanTensor | undefined =>
  plan.tensors.find(
    tensor =>
      tensor.lower <= step &&
      step < tensor.upper &&
      tensor.offset <= offset &&
      offset < tensor.offset + tensor.bytes,
  );

/** A rectangle of unused memory: bytes [from, to) during steps [lower, upper). */
export interface HoleRectangle {
  readonly from: number;
  readonly to: number;
  readonly lower: number;
  readonly upper: number;
}

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
    for (const [from, to] of gapsOf(live)) {
      const key = `${from} ${to}`;
      const before = open.get(key);
      open.delete(key);
      next.set(key, { from, to, lower: before?.lower ?? step, upper: step + 1 });
    }
    finished.push(...open.values());
    open = next;
  }
  return [...finished, ...open.values()];
}

function gapsOf(live: readonly PlanTensor[]): readonly (readonly [from: number, to: number])[] {
  const gaps: (readonly [number, number])[] = [];
  let top = 0;
  for (const { offset, bytes } of live.toSorted((a, b) => a.offset - b.offset)) {
    if (offset > top) gaps.push([top, offset]);
    top = Math.max(top, offset + bytes);
  }
  return gaps;
}
