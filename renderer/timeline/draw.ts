// Draws the timeline: the curve and its axis, the times of the steps, what is pinned, and the lives of the tensors.

import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import { drawStepColumns, fillInk, fitName, fitText, hatchOf, INK, type StepColumns } from '../chart/axis.ts';
import { spansOf } from '../chart/spans.ts';
import { formatBytes, formatNs } from '../format/units.ts';
import type { Highlight } from '../state/selection.ts';
import { familyOf, familyOfRow } from '../theme/families.ts';
import type { Palette } from '../theme/palette.ts';
import { type CurveScene, drawAxis, drawCurve } from './draw-curve.ts';
import { CURVE_TOP, GUTTER, PIN_HEIGHT, TIMES_HEIGHT, type TimelineGeometry } from './geometry.ts';
import type { Lanes } from './lanes.ts';

export interface TimelineScene extends CurveScene {
  readonly rows: readonly PlanTensor[];
  readonly lanes: Lanes;
  readonly pinned: readonly PlanTensor[];
  /** per step, where measured */
  readonly durationsNs: readonly number[] | undefined;
  readonly highlight: Highlight;
  readonly columns: StepColumns;
}

type Context = CanvasRenderingContext2D;

/** Draws lanes, the curve of live bytes, the axis and, after a run, times; lengths in px of the page. */
export function drawTimeline(
  context: Context,
  scene: TimelineScene,
  geometry: TimelineGeometry,
  palette: Palette,
): void {
  const { size } = geometry;
  const named = scene.lanes.count === scene.rows.length && !scene.lanes.offsets;
  clipped(context, geometry.top, size.height, size.width, () => {
    const drawNames = drawLanes(context, scene, geometry, palette, named);
    drawTakeovers(context, scene, geometry, palette);
    for (const draw of drawNames) draw();
  });
  drawPinned(context, scene, geometry, palette);
  drawCurve(context, scene, geometry, palette);
  drawAxis(context, scene.plan, geometry, palette, named ? 'Tensor' : scene.lanes.offsets ? 'Offset' : '');
  if (scene.durationsNs) drawTimes(context, scene.plan, scene.durationsNs, geometry, palette);
  drawStepColumns(
    context,
    geometry.scale,
    scene.columns,
    [GUTTER, size.width],
    [CURVE_TOP, size.height],
    palette,
  );
}

function clipped(context: Context, top: number, bottom: number, right: number, draw: () => void): void {
  context.save();
  context.beginPath();
  context.rect(0, top, right, Math.max(0, bottom - top));
  context.clip();
  draw();
  context.restore();
}

/** Returns what draws the names in the lives: over the arrows between them. */
function drawLanes(
  context: Context,
  { rows, lanes, highlight }: TimelineScene,
  geometry: TimelineGeometry,
  palette: Palette,
  named: boolean,
): readonly (() => void)[] {
  const drawNames: (() => void)[] = [];
  const { size, laneHeight, laneAt, yOf, scale, top } = geometry;
  const hatch = hatchOf(context, palette.color.surface);
  const [from, to] = [scale.stepAt(GUTTER), scale.stepAt(size.width)];
  const last = Math.min(lanes.count, laneAt(size.height) + 1);
  for (let lane = Math.max(0, laneAt(top)); lane < last; lane++) {
    const y = yOf(lane);
    // Lives that end within the pixel where the one before them ends cannot be seen.
    let drawnTo = -1;
    for (const index of lanes.rowsIn[lane] ?? []) {
      const row = rows[index];
      if (!row || row.upper <= from || row.lower >= to) {
        if (row && named) drawName(context, row, y, laneHeight, palette, highlight);
        continue;
      }
      if (named) drawName(context, row, y, laneHeight, palette, highlight);
      const right = scale.xOf(row.upper);
      if (right < drawnTo + 0.75 && !highlight.buffers.has(row.id)) continue;
      drawnTo = right;
      const lane = { y, height: laneHeight };
      drawLife(context, row, geometry, lane, palette, { marked: highlight.buffers.has(row.id), hatch });
      if (!named) drawNames.push(() => drawLifeName(context, row, geometry, lane, palette));
    }
    const offset = lanes.offsets?.[lane];
    if (offset !== undefined && laneHeight >= 11)
      gutterText(context, formatBytes(offset), y + laneHeight / 2, palette);
  }
  return drawNames;
}

interface Lane {
  readonly y: number;
  readonly height: number;
}

function drawLife(
  context: Context,
  row: PlanTensor,
  { size, scale }: TimelineGeometry,
  { y, height }: Lane,
  palette: Palette,
  look: { readonly marked: boolean; readonly hatch: CanvasPattern | string },
): void {
  const left = Math.max(GUTTER, scale.xOf(row.lower));
  const right = Math.min(size.width, scale.xOf(row.upper));
  if (right <= left) return;
  const inset = height >= 6 ? 1.5 : 0;
  const box = [left, y + inset, Math.max(1, right - left - 0.5), Math.max(1, height - 2 * inset)] as const;
  const color = palette.family[familyOfRow(row)];
  const hatched = row.kind === 'scratch';
  context.fillStyle = color;
  context.fillRect(...box);
  if (hatched) {
    context.fillStyle = look.hatch;
    context.fillRect(...box);
  }
  if (height >= 8 && scale.xOf(row.lower + 1) - scale.xOf(row.lower) >= 6) {
    // A notch in each step that reads the tensor.
    context.fillStyle = palette.color.surface;
    for (const reader of row.readers) {
      const x = scale.xOf(reader + 0.5);
      if (x > GUTTER && x < size.width) context.fillRect(x - 1, y + height / 2 - 2, 2, 4);
    }
  }
  if (look.marked) {
    context.strokeStyle = palette.color.accent;
    context.lineWidth = 2;
    context.strokeRect(left, y + inset, right - left, height - 2 * inset);
  }
}

/** On a plate in the life's colour: notches, hatches and arrows do not cross it. */
function drawLifeName(
  context: Context,
  row: PlanTensor,
  { size, scale }: TimelineGeometry,
  { y, height }: Lane,
  palette: Palette,
): void {
  const left = Math.max(GUTTER, scale.xOf(row.lower));
  const right = Math.min(size.width, scale.xOf(row.upper));
  if (height < 11 || right - left < 40) return;
  context.font = `11px ${palette.mono}`;
  const name = fitName(context, row.name, right - left - 10);
  fillInk(context, name, [left + 5, y + height / 2], palette.family[familyOfRow(row)]);
}

function drawName(
  context: Context,
  row: PlanTensor,
  top: number,
  height: number,
  palette: Palette,
  highlight: Highlight,
): void {
  if (highlight.buffers.has(row.id)) {
    context.fillStyle = palette.color['accent-soft'];
    context.fillRect(0, top, GUTTER, height);
  }
  if (height < 11) return;
  const y = top + height / 2;
  const width = gutterText(context, formatBytes(row.bytes), y, palette);
  context.font = `11px ${palette.mono}`;
  context.textAlign = 'left';
  context.fillStyle = palette.color.text;
  context.fillText(fitName(context, row.name, GUTTER - 28 - width), 12, y);
}

/** At the right of the gutter; returns its width. */
function gutterText(context: Context, text: string, y: number, palette: Palette): number {
  context.font = `11px ${palette.font}`;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillStyle = palette.color['text-3'];
  context.fillText(text, GUTTER - 8, y);
  return context.measureText(text).width;
}

/** px: where lives share a lane, one that is narrower than its arrow has none. */
const LEAST_ARROW = 6;

/** Lines from operands to the results that take their place in memory. */
function drawTakeovers(
  context: Context,
  { rows, lanes }: TimelineScene,
  { size, scale, laneHeight, laneAt, yOf, top }: TimelineGeometry,
  palette: Palette,
): void {
  if (laneHeight < 8 || lanes.offsets) return;
  const laneById = new Map(rows.map((row, index) => [row.id, lanes.laneOf[index] ?? 0]));
  const [first, last] = [laneAt(top) - 1, laneAt(size.height) + 1];
  context.strokeStyle = palette.color['text-2'];
  context.lineWidth = 1;
  context.beginPath();
  for (const row of rows) {
    const lane = laneById.get(row.id) ?? 0;
    const x = Math.round(scale.xOf(row.lower)) + 0.5;
    if (!row.inPlaceOf || lane < first || lane > last || x < GUTTER || x > size.width) continue;
    const shared = (lanes.rowsIn[lane]?.length ?? 0) > 1;
    if (shared && scale.xOf(row.upper) - x < LEAST_ARROW) continue;
    for (const { id } of row.inPlaceOf) {
      const operand = laneById.get(id);
      if (operand === undefined || operand === lane) continue;
      context.moveTo(x, yOf(operand) + laneHeight - 2);
      context.lineTo(x, yOf(lane) + laneHeight / 2);
      context.lineTo(x + 4, yOf(lane) + laneHeight / 2);
    }
  }
  context.stroke();
}

function drawPinned(
  context: Context,
  { pinned, highlight }: TimelineScene,
  geometry: TimelineGeometry,
  palette: Palette,
): void {
  if (pinned.length === 0) return;
  const top = geometry.top - pinned.length * PIN_HEIGHT;
  const { width } = geometry.size;
  context.fillStyle = palette.color.bg;
  context.fillRect(0, top, width, pinned.length * PIN_HEIGHT);
  const hatch = hatchOf(context, palette.color.surface);
  pinned.forEach((row, index) => {
    const y = top + index * PIN_HEIGHT;
    drawName(context, row, y, PIN_HEIGHT, palette, highlight);
    const marked = highlight.buffers.has(row.id);
    drawLife(context, row, geometry, { y, height: PIN_HEIGHT }, palette, { marked, hatch });
  });
  context.fillStyle = palette.color['line-strong'];
  context.fillRect(0, geometry.top - 1, width, 1);
}

/** What each step takes: as high as it is long, or as wide where the axis is time. */
function drawTimes(
  context: Context,
  plan: PlanView,
  durationsNs: readonly number[],
  { size, scale, timesTop }: TimelineGeometry,
  palette: Palette,
): void {
  const height = TIMES_HEIGHT - 6;
  const bottom = timesTop + TIMES_HEIGHT - 2;
  const timeOf = (step: number): number => durationsNs[step] ?? 0;
  const slowest = durationsNs.reduce((most, ns) => Math.max(most, ns), 1);
  const ends = [GUTTER, Math.min(size.width, scale.xOf(plan.steps.length))] as const;
  const wide = scale.axis.unit === 'ns';
  for (const { left, right, step } of spansOf(scale, plan.steps.length, ends, timeOf)) {
    const { op = '', title = '' } = plan.steps[step] ?? {};
    const tall = wide ? height : Math.max(1, (timeOf(step) / slowest) * height);
    const gap = right - left > 3 ? 0.5 : 0;
    context.fillStyle = palette.family[familyOf(op)];
    context.fillRect(left, bottom - tall, Math.max(0.5, right - left - gap), tall);
    if (!wide || right - left < 40) continue;
    context.fillStyle = INK;
    context.font = `11px ${palette.font}`;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillText(fitText(context, title, right - left - 8), left + 4, bottom - height / 2);
  }
  context.font = `600 11px ${palette.font}`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillStyle = palette.color['text-2'];
  context.fillText('Time per step', 12, timesTop + 12);
  if (!wide) gutterText(context, formatNs(slowest), timesTop + 12, palette);
  context.fillStyle = palette.color.line;
  context.fillRect(0, bottom + 1, size.width, 1);
}
