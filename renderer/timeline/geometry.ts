// Where things are in the timeline, from the top: the curve of live bytes, the axis, the times of the steps, what is
// pinned, and one lane of lives beneath the other. Pure.

import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import type { StepScale } from '../chart/step-axis.ts';
import type { Size } from '../widgets/canvas.tsx';

export const GUTTER = 208;
export const CURVE_TOP = 20;
/** Of the curve, in px and as a share of the height: lives need room under it. */
const CURVE = { least: 40, most: 104, share: 0.3 };
export const AXIS_HEIGHT = 20;
export const TIMES_HEIGHT = 44;
export const PIN_HEIGHT = 18;
const RIGHT = 12;

/** Width of the part that has steps. */
export const stepsWidth = (size: Size): number => size.width - GUTTER - RIGHT;

/** Where the axis and the times of the steps begin. */
export function topsOf({ height }: Size): { readonly axisTop: number; readonly timesTop: number } {
  const curve = Math.round(Math.max(CURVE.least, Math.min(CURVE.most, height * CURVE.share)));
  const axisTop = CURVE_TOP + curve;
  return { axisTop, timesTop: axisTop + AXIS_HEIGHT };
}

/** Where the lanes begin, under so many pinned rows. */
export const lanesTop = (size: Size, timed: boolean, pinned: number): number =>
  topsOf(size).timesTop + (timed ? TIMES_HEIGHT : 0) + pinned * PIN_HEIGHT;

export interface TimelineGeometry {
  readonly size: Size;
  readonly scale: StepScale;
  readonly laneHeight: number;
  /** pixels scrolled down */
  readonly scroll: number;
  readonly axisTop: number;
  readonly timesTop: number;
  /** where the lanes begin */
  readonly top: number;
  readonly yOf: (lane: number) => number;
  /** index of the lane at a height; may lie beyond the lanes there are */
  readonly laneAt: (y: number) => number;
}

/** Lengths in px of the page; `scroll`: so far down the lanes are moved. */
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
    ...topsOf(size),
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

/** How far to scroll so that lanes stand in the middle; the first of them can be seen where there is not room for all. */
export function scrollToLanes(
  room: number,
  lanes: number,
  laneHeight: number,
  shown: readonly number[],
): number {
  const [first, last] = [Math.min(...shown), Math.max(...shown)];
  const middle = ((first + last + 1) / 2) * laneHeight - room / 2;
  return Math.max(0, Math.min(middle, first * laneHeight, scrollLimit(room, lanes, laneHeight)));
}

/** The lane height at which all lanes fit, within what can be seen and clicked. */
export const fittingLaneHeight = (room: number, lanes: number): number =>
  Math.max(2, Math.min(18, room / Math.max(lanes, 1)));
