// Where things are in the timeline: the curve of live bytes on top, one bar per tensor beneath it. Pure.

import type { PlanTensor, PlanView } from '../../engine/report/types.ts';
import type { Range } from '../chart/range.ts';
import { spanOf } from '../chart/range.ts';
import type { Size } from '../widgets/canvas.tsx';

export const GUTTER = 208;
export const CURVE_TOP = 20;
export const CURVE_HEIGHT = 104;
export const AXIS_HEIGHT = 20;
export const ROWS_TOP = CURVE_TOP + CURVE_HEIGHT + AXIS_HEIGHT;
const RIGHT = 12;

export interface TimelineGeometry {
  readonly size: Size;
  /** steps on the screen */
  readonly range: Range;
  readonly rowHeight: number;
  /** pixels scrolled down */
  readonly scroll: number;
  readonly xOf: (step: number) => number;
  readonly stepAt: (x: number) => number;
  readonly yOf: (row: number) => number;
  /** index of the row at a height; may lie beyond the rows there are */
  readonly rowAt: (y: number) => number;
}

export function timelineGeometry(
  size: Size,
  range: Range,
  rowHeight: number,
  scroll: number,
): TimelineGeometry {
  const width = Math.max(1, size.width - GUTTER - RIGHT);
  return {
    size,
    range,
    rowHeight,
    scroll,
    xOf: step => GUTTER + ((step - range.from) / spanOf(range)) * width,
    stepAt: x => range.from + ((x - GUTTER) / width) * spanOf(range),
    yOf: row => ROWS_TOP + row * rowHeight - scroll,
    rowAt: y => Math.floor((y - ROWS_TOP + scroll) / rowHeight),
  };
}

/** Rows in the order tensors come to life, the longest-lived first among equals. */
export const rowsOf = (plan: PlanView): readonly PlanTensor[] =>
  plan.tensors.toSorted((a, b) => a.lower - b.lower || b.upper - a.upper || a.id - b.id);

/** The most that can be scrolled, so that the last row stands at the bottom. */
export const scrollLimit = (size: Size, rows: number, rowHeight: number): number =>
  Math.max(0, rows * rowHeight - (size.height - ROWS_TOP));

/** The row height at which all rows fit, within what can be seen and clicked. */
export const fittingRowHeight = (size: Size, rows: number): number =>
  Math.max(2, Math.min(18, (size.height - ROWS_TOP) / Math.max(rows, 1)));
