// Axes on a canvas: ticks at round values, lines with a label that say what a value means.

import type { PlanView } from '../../engine/report/types/plan.ts';
import { shortPath } from '../format/short-path.ts';
import { formatInteger, roundStep, tickFormat } from '../format/units.ts';
import type { Palette } from '../theme/palette.ts';
import { peakLabels } from './peak-labels.ts';
import type { Range } from './range.ts';
import { spanOf } from './range.ts';
import type { StepScale } from './step-axis.ts';

/** Round values within a range, at least `leastPx` apart. */
export function ticksOf(
  range: Range,
  lengthPx: number,
  leastPx: number,
  base: 'decimal' | 'binary',
): readonly number[] {
  if (lengthPx <= 0 || spanOf(range) <= 0) return [];
  const step = roundStep((spanOf(range) / lengthPx) * leastPx, base);
  const ticks: number[] = [];
  for (let tick = Math.ceil(range.from / step) * step; tick <= range.to + step * 1e-9; tick += step)
    ticks.push(tick);
  return ticks;
}

/** What says the values of ticks: in one unit for all of them. */
export const labelsOf = (ticks: readonly number[], unit: 'bytes' | 'ns'): ((tick: number) => string) =>
  tickFormat(
    unit,
    (ticks[1] ?? ticks[0] ?? 0) - (ticks[1] === undefined ? 0 : (ticks[0] ?? 0)),
    ticks.at(-1) ?? 0,
  );

export interface ValueLine {
  readonly label: string;
  readonly color: string;
  readonly dashed: boolean;
}

/** A horizontal line across [left, right] with its label above it at the right end, below it near the top. */
function drawValueLine(
  context: CanvasRenderingContext2D,
  line: ValueLine,
  y: number,
  [left, right]: readonly [number, number],
  palette: Palette,
  below: boolean,
): void {
  context.strokeStyle = line.color;
  context.lineWidth = 1;
  context.setLineDash(line.dashed ? [5, 4] : []);
  context.beginPath();
  context.moveTo(left, Math.round(y) + 0.5);
  context.lineTo(right, Math.round(y) + 0.5);
  context.stroke();
  context.setLineDash([]);
  context.font = `11px ${palette.font}`;
  context.textAlign = 'right';
  context.textBaseline = below ? 'top' : 'bottom';
  const width = context.measureText(line.label).width;
  context.fillStyle = palette.color.surface;
  context.globalAlpha = 0.85;
  context.fillRect(right - width - 8, below ? y + 2 : y - 15, width + 6, 13);
  context.globalAlpha = 1;
  context.fillStyle = line.color;
  context.fillText(line.label, right - 5, below ? y + 3 : y - 2);
}

/** Text cut to a width, with an ellipsis in the middle: both ends of a tensor's name tell something. */
export function fitText(context: CanvasRenderingContext2D, text: string, width: number): string {
  const measured = context.measureText(text).width;
  if (measured <= width) return text;
  const keep = Math.floor((text.length * width) / measured) - 1;
  if (keep < 5) return '';
  return `${text.slice(0, Math.ceil(keep / 2))}…${text.slice(text.length - Math.floor(keep / 2))}`;
}

/** A name with scopes, cut to a width: first its scopes are shortened, so that what is left tells it from others. */
export function fitName(context: CanvasRenderingContext2D, name: string, width: number): string {
  const advance = context.measureText(name).width / Math.max(name.length, 1);
  return fitText(context, shortPath(name, Math.floor(width / Math.max(advance, 1))), width);
}

/** Of text on a family's colour, in both themes. */
export const INK = '#101216';

/** Ink at [x, y], the left middle of the text. Where its ground is not plain, the plate's colour lies between them. */
export function fillInk(
  context: CanvasRenderingContext2D,
  text: string,
  [x, y]: readonly [x: number, y: number],
  plate?: string,
): void {
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  if (plate !== undefined && text !== '') {
    context.fillStyle = plate;
    context.fillRect(x - 2, y - 5, context.measureText(text).width + 4, 10);
  }
  context.fillStyle = INK;
  context.fillText(text, x, y);
}

type Hatch = 'up' | 'down' | 'dots';

const TILES = new Map<string, OffscreenCanvas>();

/** For what is no tensor: lines going up for scratch, down for holes; dots for padding. */
export function hatchOf(
  context: CanvasRenderingContext2D,
  color: string,
  kind: Hatch = 'up',
): CanvasPattern | string {
  const key = `${kind} ${color}`;
  const tile = TILES.get(key) ?? tileOf(color, kind);
  TILES.set(key, tile);
  return context.createPattern(tile, 'repeat') ?? color;
}

function tileOf(color: string, kind: Hatch): OffscreenCanvas {
  const tile = kind === 'dots' ? new OffscreenCanvas(4, 4) : new OffscreenCanvas(8, 8);
  const pen = tile.getContext('2d');
  if (!pen) return tile;
  if (kind === 'dots') {
    pen.fillStyle = color;
    pen.fillRect(1, 1, 2, 2);
    return tile;
  }
  pen.strokeStyle = color;
  pen.lineWidth = 1;
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift, kind === 'up' ? 8 : 0);
    pen.lineTo(shift + 8, kind === 'up' ? 0 : 8);
  }
  pen.stroke();
  return tile;
}

/** The peak and the lower bound; one line where they meet. `whole`: nothing of the model is left out of the plan. */
export function drawPeakLines(
  context: CanvasRenderingContext2D,
  plan: PlanView,
  yOf: (bytes: number) => number,
  ends: readonly [left: number, right: number],
  palette: Palette,
  whole: boolean,
): void {
  const labels = peakLabels(plan, whole);
  const [top, bound] = [yOf(plan.peakBytes), yOf(plan.lowerBoundBytes)];
  const line = (y: number, label: string, color: string, dashed: boolean, below: boolean): void =>
    drawValueLine(context, { label, color, dashed }, y, ends, palette, below);
  line(top, labels.peak, palette.color.danger, false, false);
  if (labels.bound !== undefined)
    line(bound, labels.bound, palette.color.warning, true, boundLabelBelow(top, bound));
}

/** px that a label takes, with the gap to its line. */
const LABEL_ROOM = 16;

/** Whether the lower bound's label stands below its line, where the curve is: only where the peak's line leaves it no
 * room above. */
export const boundLabelBelow = (peak: number, bound: number): boolean => bound - peak < LABEL_ROOM;

/** Numbers of steps, or times, along an axis; leaves font and colour set. */
export function drawStepTicks(
  context: CanvasRenderingContext2D,
  { axis, range, xOf }: StepScale,
  steps: number,
  [left, right]: readonly [number, number],
  y: number,
  palette: Palette,
): void {
  context.font = `10px ${palette.font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'center';
  context.fillStyle = palette.color['text-3'];
  const width = right - left;
  const ticks = ticksOf(range, width, axis.unit === 'step' ? 56 : 72, 'decimal');
  const format = labelsOf(ticks, 'ns');
  for (const tick of ticks) {
    if (axis.unit === 'ns') {
      const x = left + ((tick - range.from) / spanOf(range)) * width;
      if (x > left + 16 && x < right - 24) context.fillText(format(tick), x, y);
    } else if (Number.isInteger(tick) && tick < steps) {
      const [text, x] = [formatInteger(tick), xOf(tick + 0.5)];
      // The last one stays whole: it moves away from the edge.
      const most = right - context.measureText(text).width / 2 - 2;
      if (x <= right) context.fillText(text, Math.min(x, most), y);
    }
  }
}

/** Steps that are marked from top to bottom. */
export interface StepColumns {
  readonly peak: number;
  /** where the allocation table stands */
  readonly step: number;
  /** steps [from, to) that are selected, or being selected */
  readonly area: readonly [from: number, to: number] | undefined;
}

/**
 * Over a chart of steps, px: marks the steps selected, the peak step, and the one that the allocation table shows.
 */
export function drawStepColumns(
  context: CanvasRenderingContext2D,
  { xOf }: StepScale,
  { peak, step, area }: StepColumns,
  [left, right]: readonly [number, number],
  [top, bottom]: readonly [number, number],
  palette: Palette,
): void {
  const column = (from: number, to: number, color: string, alpha: number): void => {
    const [start, end] = [Math.max(left, xOf(from)), Math.min(right, xOf(to))];
    if (end <= start) return;
    context.globalAlpha = alpha;
    context.fillStyle = color;
    context.fillRect(start, top, Math.max(1.5, end - start), bottom - top);
    context.globalAlpha = 1;
  };
  column(peak, peak + 1, palette.color.warning, 0.16);
  column(step, step + 1, palette.color.accent, 0.16);
  if (!area) return;
  column(area[0], area[1], palette.color.accent, 0.1);
  context.fillStyle = palette.color.accent;
  for (const edge of area) {
    const x = xOf(edge);
    if (x >= left && x <= right) context.fillRect(Math.round(x), top, 1, bottom - top);
  }
}
