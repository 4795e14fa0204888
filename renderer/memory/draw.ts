// Draws the memory map: a rectangle per tensor, hatched holes, dotted padding, the peak, the lower bound, the step
// looked at, and who takes whose place.

import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import {
  drawPeakLines,
  drawStepColumns,
  drawStepTicks,
  fillInk,
  fitName,
  hatchOf,
  labelsOf,
  type StepColumns,
  ticksOf,
} from '../chart/axis.ts';
import type { Highlight } from '../state/selection.ts';
import { overlappingRows } from '../tables/overlapping.ts';
import { familyOfRow } from '../theme/families.ts';
import type { Palette } from '../theme/palette.ts';
import { BOTTOM, type HoleRectangle, LEFT, type MapGeometry, nameEnd, TOP } from './geometry.ts';

export interface MapScene {
  readonly plan: PlanView;
  /** nothing of the model is left out of the plan */
  readonly whole: boolean;
  readonly holes: readonly HoleRectangle[];
  readonly highlight: Highlight;
  /** rows that share a place with one that is marked, one after the other */
  readonly chain: ReadonlySet<number>;
  readonly columns: StepColumns;
  /** while placements are replayed: those placed so far, and the last of them */
  readonly replay?: { readonly placed: ReadonlySet<number>; readonly last: number | undefined };
}

type Context = CanvasRenderingContext2D;

export function drawMap(context: Context, scene: MapScene, geometry: MapGeometry, palette: Palette): void {
  const { size, scale, yOf } = geometry;
  const { plan, replay } = scene;
  context.save();
  context.beginPath();
  context.rect(LEFT, TOP - 2, size.width - LEFT, size.height - TOP - BOTTOM + 2);
  context.clip();
  drawStepColumns(context, scale, scene.columns, [LEFT, size.width], [0, size.height], palette);
  if (!replay) drawHoles(context, scene.holes, geometry, palette);
  const hatch = hatchOf(context, palette.color.surface);
  const overlapping = overlappingRows(plan);
  for (const tensor of plan.tensors) {
    if (replay && !replay.placed.has(tensor.id)) drawGhost(context, tensor, geometry, palette);
    else drawTensor(context, tensor, scene, geometry, palette, hatch, overlapping.get(tensor.id) ?? []);
  }
  if (!replay) for (const tensor of plan.tensors) drawTakeover(context, tensor, geometry, palette);
  context.restore();
  context.save();
  context.beginPath();
  context.rect(LEFT, 0, size.width - LEFT, size.height - BOTTOM);
  context.clip();
  drawPeakLines(context, plan, yOf, [LEFT, size.width], palette, scene.whole);
  context.restore();
  drawAxes(context, plan, geometry, palette);
}

function drawHoles(
  context: Context,
  holes: readonly HoleRectangle[],
  { scale: { xOf }, yOf }: MapGeometry,
  palette: Palette,
): void {
  const patterns = {
    hole: hatchOf(context, palette.color['line-strong'], 'down'),
    padding: hatchOf(context, palette.color.warning, 'dots'),
  };
  for (const { kind, from, to, lower, upper } of holes) {
    context.fillStyle = patterns[kind];
    // Padding is a few bytes: it is drawn at least as high as can be seen.
    const height = Math.max(kind === 'padding' ? 1 : 0, yOf(from) - yOf(to));
    context.fillRect(xOf(lower), yOf(from) - height, xOf(upper) - xOf(lower), height);
  }
}

/** Names begin and end beside the marks on the borders. */
const TAKEOVER_REACH = 6;
const NAME_MARGIN = TAKEOVER_REACH + 3;

/** Dashes around less than this would hide what they mark, px. */
const LEAST_DASHED = 12;

/** An outline around less than this would be all there is to see, px. */
const LEAST_OUTLINED = 6;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Undefined where nothing of it is on the screen. */
function boxOf(tensor: PlanTensor, { scale: { xOf }, yOf, size }: MapGeometry): Box | undefined {
  const [left, right] = [xOf(tensor.lower), xOf(tensor.upper)];
  const [top, bottom] = [yOf(tensor.offset + tensor.bytes), yOf(tensor.offset)];
  if (right < LEFT || left > size.width || bottom < TOP || top > size.height) return undefined;
  return { left, top, width: right - left, height: bottom - top };
}

function drawGhost(context: Context, tensor: PlanTensor, geometry: MapGeometry, palette: Palette): void {
  const box = boxOf(tensor, geometry);
  if (!box || box.width < 3 || box.height < 3) return;
  context.strokeStyle = palette.color.line;
  context.lineWidth = 1;
  context.strokeRect(box.left + 0.5, box.top + 0.5, box.width - 1, box.height - 1);
}

function drawTensor(
  context: Context,
  tensor: PlanTensor,
  { highlight, chain, replay }: MapScene,
  geometry: MapGeometry,
  palette: Palette,
  hatch: CanvasPattern | string,
  over: readonly PlanTensor[],
): void {
  const box = boxOf(tensor, geometry);
  if (!box) return;
  const { left, top, width, height } = box;
  const color = palette.family[familyOfRow(tensor)];
  const hatched = tensor.kind === 'scratch';
  context.fillStyle = color;
  context.fillRect(left, top, Math.max(0.75, width), Math.max(0.75, height));
  if (hatched) {
    context.fillStyle = hatch;
    context.fillRect(left, top, width, height);
  }
  if (width > 3 && height > 3) {
    context.strokeStyle = palette.color.surface;
    context.lineWidth = 1;
    context.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
  }
  const marked = highlight.buffers.has(tensor.id) || replay?.last === tensor.id;
  if (marked && width < LEAST_OUTLINED) drawEdges(context, box, palette);
  else if (marked || (chain.has(tensor.id) && width >= LEAST_DASHED)) {
    context.strokeStyle = palette.color.text;
    context.lineWidth = 2;
    context.setLineDash(marked ? [] : [4, 3]);
    context.strokeRect(left, top, width, height);
    context.setLineDash([]);
  }
  drawName(context, tensor, box, nameEnd(tensor, over, replay?.placed), geometry, palette);
}

function drawName(
  context: Context,
  tensor: PlanTensor,
  { left, top, height }: Box,
  end: number,
  { scale: { xOf } }: MapGeometry,
  palette: Palette,
): void {
  const start = Math.max(left, LEFT);
  const room = xOf(end) - start;
  if (xOf(end) - left < 40 || height < 14) return;
  context.font = `11px ${palette.mono}`;
  const shared = tensor.tensors.length > 1 ? ` +${tensor.tensors.length - 1}` : '';
  const name = fitName(context, tensor.name, room - 2 * NAME_MARGIN - shared.length * 7);
  if (name === '') return;
  const at = [start + NAME_MARGIN, (Math.max(top, TOP) + top + height) / 2] as const;
  const plate = tensor.kind === 'scratch' ? palette.family[familyOfRow(tensor)] : undefined;
  fillInk(context, `${name}${shared}`, at, plate);
}

/** Top and bottom of a narrow rectangle: of many side by side, the outline of all. */
function drawEdges(context: Context, { left, top, width, height }: Box, palette: Palette): void {
  context.fillStyle = palette.color.text;
  for (const y of [top, top + height]) context.fillRect(left, y - 1, Math.max(1, width), 2);
}

/** A bar across the border between a tensor and the result that takes its place. */
function drawTakeover(
  context: Context,
  tensor: PlanTensor,
  { scale: { xOf }, yOf, size }: MapGeometry,
  palette: Palette,
): void {
  const x = xOf(tensor.lower);
  if (!tensor.inPlaceOf || x < LEFT || x > size.width) return;
  const y = (yOf(tensor.offset) + yOf(tensor.offset + tensor.bytes)) / 2;
  const reach = Math.min(TAKEOVER_REACH, Math.abs(xOf(tensor.lower + 1) - x) / 2);
  if (reach < 1.5) return;
  context.fillStyle = palette.color.text;
  context.strokeStyle = palette.color.surface;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x - reach, y - reach);
  context.lineTo(x + reach, y);
  context.lineTo(x - reach, y + reach);
  context.closePath();
  context.fill();
  context.stroke();
}

function drawAxes(context: Context, plan: PlanView, geometry: MapGeometry, palette: Palette): void {
  const { size, scale, bytes, yOf } = geometry;
  const bottom = size.height - BOTTOM;
  const middle = bottom + BOTTOM / 2;
  context.strokeStyle = palette.color['line-strong'];
  context.lineWidth = 1;
  context.strokeRect(LEFT + 0.5, -1, size.width, bottom + 1.5);
  drawStepTicks(context, scale, plan.steps.length, [LEFT, size.width], middle, palette);
  context.textAlign = 'right';
  const ticks = ticksOf(bytes, bottom - TOP, 40, 'binary');
  const format = labelsOf(ticks, 'bytes');
  for (const tick of ticks) context.fillText(format(tick), LEFT - 8, yOf(tick));
  context.fillText(scale.axis.unit === 'step' ? 'step' : 'time', LEFT - 8, middle);
  context.fillText('offset', LEFT - 8, 8);
}
