// Draws the running total over the steps, whole or split, with the peak and the lower bound, and the axis beneath it.

import type { PlanView } from '../../engine/report/types/plan.ts';
import { drawPeakLines, drawStepTicks, labelsOf, ticksOf } from '../chart/axis.ts';
import { type Span, spansOf } from '../chart/spans.ts';
import type { Palette } from '../theme/palette.ts';
import { AXIS_HEIGHT, CURVE_TOP, GUTTER, type TimelineGeometry } from './geometry.ts';
import { colourOf } from './series-colour.ts';
import type { Series } from './stacks.ts';

export interface CurveScene {
  readonly plan: PlanView;
  /** nothing of the model is left out of the plan */
  readonly whole: boolean;
  readonly stack: readonly Series[] | undefined;
  /** the run compared with the one shown */
  readonly other: OtherTotal | undefined;
}

/** From 0 to the largest of peak and total, which fills the height. */
export function drawCurve(
  context: CanvasRenderingContext2D,
  { plan, whole, stack, other }: CurveScene,
  { size, scale, axisTop }: TimelineGeometry,
  palette: Palette,
): void {
  const most = Math.max(plan.peakBytes, plan.lowerBoundBytes, ...(other?.bytes ?? []), 1);
  const height = axisTop - CURVE_TOP;
  const yOf = (bytes: number): number => axisTop - (bytes / most) * height;
  const total = (step: number): number => plan.liveBytes[step] ?? 0;
  const ends = [GUTTER, Math.min(size.width, scale.xOf(plan.steps.length))] as const;
  const spans = spansOf(scale, plan.steps.length, ends, total);
  if (stack) drawStack(context, stack, spans, yOf, palette);
  else fillUnder(context, spans, total, yOf, palette.color['accent-soft']);
  trace(context, spans, total, yOf);
  context.strokeStyle = palette.color.accent;
  context.lineWidth = 1.25;
  context.stroke();
  if (other) drawOther(context, other, spans, yOf, palette);
  drawPeakLines(context, plan, yOf, [GUTTER, size.width], palette, whole);
  context.font = `10px ${palette.font}`;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillStyle = palette.color['text-3'];
  const ticks = ticksOf({ from: 0, to: most }, height, Math.min(32, height / 2), 'binary');
  const format = labelsOf(ticks, 'bytes');
  for (const tick of ticks) if (tick > 0) context.fillText(format(tick), GUTTER - 8, yOf(tick));
  context.textAlign = 'left';
  context.font = `600 11px ${palette.font}`;
  context.fillStyle = palette.color['text-2'];
  context.fillText('Live bytes', 12, CURVE_TOP + 6);
}

/** The running total of another run, per step of this plan. */
export interface OtherTotal {
  readonly label: string;
  /** what the total of this plan is called beside it */
  readonly own: string;
  readonly bytes: readonly number[];
}

/** Dashed; beside the curves stands which line is whose. */
function drawOther(
  context: CanvasRenderingContext2D,
  { own, label, bytes }: OtherTotal,
  spans: readonly Span[],
  yOf: (bytes: number) => number,
  palette: Palette,
): void {
  trace(context, spans, step => bytes[step] ?? 0, yOf);
  context.setLineDash([5, 3]);
  context.strokeStyle = palette.color.warning;
  context.stroke();
  context.setLineDash([]);
  lineKey(context, own, CURVE_TOP + 24, palette.color.accent, [], palette);
  lineKey(context, label, CURVE_TOP + 40, palette.color.warning, [5, 3], palette);
}

/** A piece of a line and its name, in the gutter. */
function lineKey(
  context: CanvasRenderingContext2D,
  name: string,
  y: number,
  colour: string,
  dash: readonly number[],
  palette: Palette,
): void {
  context.strokeStyle = colour;
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(12, y);
  context.lineTo(30, y);
  context.stroke();
  context.setLineDash([]);
  context.font = `11px ${palette.font}`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillStyle = palette.color['text-2'];
  context.fillText(name, 36, y);
}

type Bytes = (step: number) => number;

/** The upper edge, as a staircase. */
function trace(
  context: CanvasRenderingContext2D,
  spans: readonly Span[],
  bytes: Bytes,
  yOf: (bytes: number) => number,
): void {
  context.beginPath();
  for (const [index, { left, right, step }] of spans.entries()) {
    const y = yOf(bytes(step));
    if (index === 0) context.moveTo(left, y);
    else context.lineTo(left, y);
    context.lineTo(right, y);
  }
}

function fillUnder(
  context: CanvasRenderingContext2D,
  spans: readonly Span[],
  bytes: Bytes,
  yOf: (bytes: number) => number,
  colour: string,
): void {
  trace(context, spans, bytes, yOf);
  context.lineTo(spans.at(-1)?.right ?? 0, yOf(0));
  context.lineTo(spans[0]?.left ?? 0, yOf(0));
  context.closePath();
  context.fillStyle = colour;
  context.fill();
}

/** The largest series at the bottom: drawn from the top down, each over what is above it. */
function drawStack(
  context: CanvasRenderingContext2D,
  stack: readonly Series[],
  spans: readonly Span[],
  yOf: (bytes: number) => number,
  palette: Palette,
): void {
  for (let upto = stack.length; upto > 0; upto--) {
    const below = stack.slice(0, upto);
    const sum = (step: number): number => below.reduce((bytes, one) => bytes + (one.bytes[step] ?? 0), 0);
    fillUnder(context, spans, sum, yOf, colourOf(stack, upto - 1, palette));
  }
}

export function drawAxis(
  context: CanvasRenderingContext2D,
  plan: PlanView,
  { size, scale, axisTop }: TimelineGeometry,
  palette: Palette,
  lanes: string,
): void {
  const middle = axisTop + AXIS_HEIGHT / 2;
  context.fillStyle = palette.color.bg;
  context.fillRect(0, axisTop, size.width, AXIS_HEIGHT);
  drawStepTicks(context, scale, plan.steps.length, [GUTTER, size.width], middle, palette);
  context.textAlign = 'left';
  context.fillText(lanes, 12, middle);
  context.textAlign = 'right';
  context.fillText(scale.axis.unit === 'step' ? 'step' : 'time', GUTTER - 8, middle);
}
