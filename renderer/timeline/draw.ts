// Draws the timeline: live bytes with peak and lower bound, the step axis, and the bars of the tensors' lives.

import type { PlanTensor, PlanView } from '../../engine/report/types.ts';
import { drawValueLine, fitText, hatchOf, ticksOf } from '../chart/axis.ts';
import { formatBytes } from '../format/units.ts';
import type { Highlight } from '../state/selection.ts';
import { familyOfRow } from '../theme/families.ts';
import type { Palette } from '../theme/palette.ts';
import { AXIS_HEIGHT, CURVE_HEIGHT, CURVE_TOP, GUTTER, ROWS_TOP, type TimelineGeometry } from './geometry.ts';

export interface TimelineScene {
  readonly plan: PlanView;
  readonly rows: readonly PlanTensor[];
  readonly highlight: Highlight;
  /** where the allocation table stands */
  readonly step: number;
}

export function drawTimeline(
  context: CanvasRenderingContext2D,
  scene: TimelineScene,
  geometry: TimelineGeometry,
  palette: Palette,
): void {
  drawBars(context, scene, geometry, palette);
  drawCurve(context, scene.plan, geometry, palette);
  drawSteps(context, scene, geometry, palette);
}

function drawBars(
  context: CanvasRenderingContext2D,
  { rows, highlight }: TimelineScene,
  geometry: TimelineGeometry,
  palette: Palette,
): void {
  const { size, rowHeight, xOf, yOf, rowAt } = geometry;
  const named = rowHeight >= 11;
  const hatch = hatchOf(context, palette.color.surface);
  context.save();
  context.beginPath();
  context.rect(0, ROWS_TOP, size.width, size.height - ROWS_TOP);
  context.clip();
  const last = Math.min(rows.length, rowAt(size.height) + 1);
  for (let index = Math.max(0, rowAt(ROWS_TOP)); index < last; index++) {
    const row = rows[index];
    if (!row) continue;
    const y = yOf(index);
    const marked = highlight.buffers.has(row.id);
    if (marked) {
      context.fillStyle = palette.color['accent-soft'];
      context.fillRect(0, y, size.width, rowHeight);
    }
    const left = Math.max(GUTTER, xOf(row.lower));
    const right = Math.min(size.width, xOf(row.upper));
    const inset = rowHeight >= 6 ? 1.5 : 0;
    if (right > left) {
      context.fillStyle = palette.family[familyOfRow(row)];
      const [width, height] = [Math.max(1, right - left - 0.5), Math.max(1, rowHeight - 2 * inset)];
      context.fillRect(left, y + inset, width, height);
      if (row.kind === 'scratch') {
        context.fillStyle = hatch;
        context.fillRect(left, y + inset, width, height);
      }
      drawReads(context, row, geometry, y, palette);
      if (marked) {
        context.strokeStyle = palette.color.accent;
        context.lineWidth = 2;
        context.strokeRect(left, y + inset, right - left, rowHeight - 2 * inset);
      }
    }
    if (named) drawName(context, row, y + rowHeight / 2, palette);
  }
  context.restore();
}

/** A notch at the start of each step that reads the tensor, where steps are wide enough to see it. */
function drawReads(
  context: CanvasRenderingContext2D,
  row: PlanTensor,
  { xOf, rowHeight, size }: TimelineGeometry,
  y: number,
  palette: Palette,
): void {
  if (rowHeight < 8 || xOf(1) - xOf(0) < 6) return;
  context.fillStyle = palette.color.surface;
  for (const reader of row.readers) {
    const x = xOf(reader + 0.5);
    if (x > GUTTER && x < size.width) context.fillRect(x - 1, y + rowHeight / 2 - 2, 2, 4);
  }
}

function drawName(context: CanvasRenderingContext2D, row: PlanTensor, y: number, palette: Palette): void {
  context.textBaseline = 'middle';
  context.font = `11px ${palette.font}`;
  const bytes = formatBytes(row.bytes);
  context.textAlign = 'right';
  context.fillStyle = palette.color['text-3'];
  context.fillText(bytes, GUTTER - 8, y);
  const room = GUTTER - 8 - context.measureText(bytes).width - 20;
  context.font = `11px ${palette.mono}`;
  context.textAlign = 'left';
  context.fillStyle = palette.color.text;
  context.fillText(fitText(context, row.name, room), 12, y);
}

/** The running total as a staircase from 0 to the largest of peak and total, which fills the height. */
function drawCurve(
  context: CanvasRenderingContext2D,
  plan: PlanView,
  geometry: TimelineGeometry,
  palette: Palette,
): void {
  const { size, range, xOf } = geometry;
  const most = Math.max(plan.peakBytes, plan.lowerBoundBytes, 1);
  const bottom = CURVE_TOP + CURVE_HEIGHT;
  const yOf = (bytes: number): number => bottom - (bytes / most) * CURVE_HEIGHT;
  context.save();
  context.beginPath();
  context.rect(GUTTER, 0, size.width - GUTTER, bottom + 1);
  context.clip();
  context.beginPath();
  const first = Math.max(0, Math.floor(range.from));
  const last = Math.min(plan.liveBytes.length, Math.ceil(range.to));
  context.moveTo(xOf(first), bottom);
  for (let step = first; step < last; step++) {
    const y = yOf(plan.liveBytes[step] ?? 0);
    context.lineTo(xOf(step), y);
    context.lineTo(xOf(step + 1), y);
  }
  context.lineTo(xOf(last), bottom);
  context.closePath();
  context.fillStyle = palette.color['accent-soft'];
  context.fill();
  context.strokeStyle = palette.color.accent;
  context.lineWidth = 1.25;
  context.stroke();
  context.restore();

  const ends = [GUTTER, size.width] as const;
  const peak = { label: `peak ${formatBytes(plan.peakBytes)}`, color: palette.color.danger, dashed: false };
  const bound = {
    label: `lower bound ${formatBytes(plan.lowerBoundBytes)}`,
    color: palette.color.warning,
    dashed: true,
  };
  if (plan.optimal) {
    drawValueLine(
      context,
      { ...peak, label: `${peak.label} = lower bound` },
      yOf(plan.peakBytes),
      ends,
      palette,
      false,
    );
  } else {
    drawValueLine(context, peak, yOf(plan.peakBytes), ends, palette, false);
    drawValueLine(context, bound, yOf(plan.lowerBoundBytes), ends, palette, true);
  }
  drawBytesAxis(context, most, yOf, palette);
}

function drawBytesAxis(
  context: CanvasRenderingContext2D,
  most: number,
  yOf: (bytes: number) => number,
  palette: Palette,
): void {
  context.font = `10px ${palette.font}`;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillStyle = palette.color['text-3'];
  for (const tick of ticksOf({ from: 0, to: most }, CURVE_HEIGHT, 32, 'binary')) {
    if (tick > 0) context.fillText(formatBytes(tick), GUTTER - 8, yOf(tick));
  }
  context.textAlign = 'left';
  context.font = `600 11px ${palette.font}`;
  context.fillStyle = palette.color['text-2'];
  context.fillText('Live bytes', 12, CURVE_TOP + 6);
}

function drawSteps(
  context: CanvasRenderingContext2D,
  { plan, step }: TimelineScene,
  { size, range, xOf }: TimelineGeometry,
  palette: Palette,
): void {
  const top = CURVE_TOP + CURVE_HEIGHT;
  context.fillStyle = palette.color.bg;
  context.fillRect(0, top, size.width, AXIS_HEIGHT);
  context.font = `10px ${palette.font}`;
  context.textBaseline = 'middle';
  context.fillStyle = palette.color['text-3'];
  context.textAlign = 'left';
  context.fillText('Tensor', 12, top + AXIS_HEIGHT / 2);
  context.textAlign = 'right';
  context.fillText('step', GUTTER - 8, top + AXIS_HEIGHT / 2);
  context.textAlign = 'center';
  for (const tick of ticksOf(range, size.width - GUTTER, 56, 'decimal')) {
    if (!Number.isInteger(tick) || tick >= plan.steps.length) continue;
    context.fillText(String(tick), xOf(tick + 0.5), top + AXIS_HEIGHT / 2);
  }
  const column = (at: number, color: string, alpha: number): void => {
    const [left, right] = [Math.max(GUTTER, xOf(at)), Math.min(size.width, xOf(at + 1))];
    if (right <= left) return;
    context.globalAlpha = alpha;
    context.fillStyle = color;
    context.fillRect(left, CURVE_TOP, Math.max(1.5, right - left), size.height - CURVE_TOP);
    context.globalAlpha = 1;
  };
  column(plan.peakStep, palette.color.warning, 0.16);
  column(step, palette.color.accent, 0.16);
}
