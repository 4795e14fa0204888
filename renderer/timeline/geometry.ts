// Where things are in the timeline, from the top: the curve of live bytes, the axis, the times of the steps, what is
// pinned, and one lane of lives beneath the other. Pure.

import type { PlanTensor, PlanView } from '../../engine/report/types.ts';
import type { StepScale } from '../chart/step-axis.ts';
import type { Size } from '../widgets/canvas.tsx';

export const GUTTER = 208;
export const CURVE_TOP = 20;
export const CURVE_HEIGHT = 104;
export const AXIS_HEIGHT = 20;
export const AXIS_TOP = CURVE_TOP + CURVE_HEIGHT;
export const TIMES_TOP = AXIS_TOP + AXIS_HEIGHT;
export const TIMES_HEIGHT = 44;
export const PIN_HEIGHT = 18;
const RIGHT = 12;

/** Width of the part that has steps. */
export const stepsWidth = (size: Size): number => size.width - GUTTER - RIGHT;

/** Where the lanes begin, under so many pinned rows. */
export const lanesTop = (timed: boolean, pinned: number): number =>
  TIMES_TOP + (timed ? TIMES_HEIGHT : 0) + pinned * PIN_HEIGHT;

export interface TimelineGeometry {
  readonly size: Size;
  readonly scale: StepScale;
  readonly laneHeight: number;
  /** pixels scrolled down */
  readonly scroll: number;
  /** where the lanes begin */
  readonly top: number;
  readonly yOf: (lane: number) => number;
  /** index of the lane at a height; may lie beyond the lanes there are */
  readonly laneAt: (y: number) => number;
}

export function timelineGeometry(
  size: Size,
  scale: StepScale,
  top: number,
  laneHeight: number,
  scroll: number,
): TimelineGeometry {
  return {
    size,
    scale,
    laneHeight,
    scroll,
    top,
    yOf: lane => top + lane * laneHeight - scroll,
    laneAt: y => Math.floor((y - top + scroll) / laneHeight),
  };
}

/** Rows in the order tensors come to life, the longest-lived first among equals. */
export const rowsOf = (plan: PlanView): readonly PlanTensor[] =>
  plan.tensors.toSorted((a, b) => a.lower - b.lower || b.upper - a.upper || a.id - b.id);

/** The most that can be scrolled, so that the last lane stands at the bottom. */
export const scrollLimit = (room: number, lanes: number, laneHeight: number): number =>
  Math.max(0, lanes * laneHeight - room);

/** The lane height at which all lanes fit, within what can be seen and clicked. */
export const fittingLaneHeight = (room: number, lanes: number): number =>
  Math.max(2, Math.min(18, room / Math.max(lanes, 1)));
