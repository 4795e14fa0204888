// Draws the memory map: a rectangle per tensor, hatched holes, the peak, the lower bound and the step looked at.

import type { PlanTensor, PlanView } from '../../engine/report/types.ts';
import { drawValueLine, fitText, hatchOf, ticksOf } from '../chart/axis.ts';
import { formatBytes } from '../format/units.ts';
import type { Highlight } from '../state/selection.ts';
import { familyOfRow } from '../theme/families.ts';
import type { Palette } from '../theme/palette.ts';
import { BOTTOM, type HoleRectangle, LEFT, type MapGeometry, TOP } from './geometry.ts';

export interface MapScene {
  readonly plan: PlanView;
  readonly holes: readonly HoleRectangle[];
  readonly highlight: Highlight;
  readonly step: number;
}

export function drawMap(
  context: CanvasRenderingContext2D,
  scene: MapScene,
  geometry: MapGeometry,
  palette: Palette,
): void {
  const { size } = geometry;
  context.save();
  context.beginPath();
  context.rect(LEFT, TOP - 2, size.width - LEFT, size.height - TOP - BOTTOM + 2);
  context.clip();
  drawColumns(context, scene, geometry, palette);
  drawHoles(context, scene.holes, geometry, palette);
  const hatch = hatchOf(context, palette.color.surface);
  for (const tensor of scene.plan.tensors) {
    drawTensor(context, tensor, geometry, palette, scene.highlight, hatch);
  }
  context.restore();
  drawLines(context, scene.plan, geometry, palette);
  drawAxes(context, scene.plan, geometry, palette);
}

function drawColumns(
  context: CanvasRenderingContext2D,
  { plan, step }: MapScene,
  { size, xOf }: MapGeometry,
  palette: Palette,
): void {
  for (const [at, color] of [
    [plan.peakStep, palette.color.warning],
    [step, palette.color.accent],
  ] as const) {
    context.globalAlpha = 0.16;
    context.fillStyle = color;
    context.fillRect(xOf(at), 0, Math.max(1.5, xOf(at + 1) - xOf(at)), size.height);
    context.globalAlpha = 1;
  }
}

function drawHoles(
  context: CanvasRenderingContext2D,
  holes: readonly HoleRectangle[],
  { xOf, yOf }: MapGeometry,
  palette: Palette,
): void {
  context.fillStyle = hatchOf(context, palette.color['line-strong']);
  for (const { from, to, lower, upper } of holes) {
    context.fillRect(xOf(lower), yOf(to), xOf(upper) - xOf(lower), yOf(from) - yOf(to));
  }
}

function drawTensor(
  context: CanvasRenderingContext2D,
  tensor: PlanTensor,
  { xOf, yOf, size }: MapGeometry,
  palette: Palette,
  highlight: Highlight,
  hatch: CanvasPattern | string,
): void {
  const [left, right] = [xOf(tensor.lower), xOf(tensor.upper)];
  const [top, bottom] = [yOf(tensor.offset + tensor.bytes), yOf(tensor.offset)];
  if (right < LEFT || left > size.width || bottom < TOP || top > size.height) return;
  const [width, height] = [right - left, bottom - top];
  context.fillStyle = palette.family[familyOfRow(tensor)];
  context.fillRect(left, top, Math.max(0.75, width), Math.max(0.75, height));
  if (tensor.kind === 'scratch') {
    context.fillStyle = hatch;
    context.fillRect(left, top, width, height);
  }
  if (width > 3 && height > 3) {
    context.strokeStyle = palette.color.surface;
    context.lineWidth = 1;
    context.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
  }
  if (highlight.buffers.has(tensor.id)) {
    context.strokeStyle = palette.color.text;
    context.lineWidth = 2;
    context.strokeRect(left, top, width, height);
  }
  if (width < 40 || height < 14) return;
  context.fillStyle = '#101216';
  context.font = `11px ${palette.mono}`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  const start = Math.max(left, LEFT);
  context.fillText(
    fitText(context, tensor.name, right - start - 10),
    start + 5,
    (Math.max(top, TOP) + bottom) / 2,
  );
}

function drawLines(
  context: CanvasRenderingContext2D,
  plan: PlanView,
  { size, yOf }: MapGeometry,
  palette: Palette,
): void {
  const line = (bytes: number, label: string, color: string, dashed: boolean, below: boolean): void => {
    const y = yOf(bytes);
    if (y < TOP - 1 || y > size.height - BOTTOM) return;
    drawValueLine(context, { label, color, dashed }, y, [LEFT, size.width], palette, below);
  };
  const peak = `peak ${formatBytes(plan.peakBytes)}`;
  if (plan.optimal) line(plan.peakBytes, `${peak} = lower bound`, palette.color.danger, false, false);
  else {
    line(plan.peakBytes, peak, palette.color.danger, false, false);
    line(
      plan.lowerBoundBytes,
      `lower bound ${formatBytes(plan.lowerBoundBytes)}`,
      palette.color.warning,
      true,
      true,
    );
  }
}

function drawAxes(
  context: CanvasRenderingContext2D,
  plan: PlanView,
  { size, steps, bytes, xOf, yOf }: MapGeometry,
  palette: Palette,
): void {
  context.font = `10px ${palette.font}`;
  context.fillStyle = palette.color['text-3'];
  context.strokeStyle = palette.color['line-strong'];
  context.lineWidth = 1;
  const bottom = size.height - BOTTOM;
  context.strokeRect(LEFT + 0.5, -1, size.width, bottom + 1.5);
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const tick of ticksOf(bytes, bottom - TOP, 40, 'binary'))
    context.fillText(formatBytes(tick), LEFT - 8, yOf(tick));
  context.textAlign = 'center';
  for (const tick of ticksOf(steps, size.width - LEFT, 56, 'decimal')) {
    if (!Number.isInteger(tick) || tick >= plan.steps.length) continue;
    context.fillText(String(tick), xOf(tick + 0.5), bottom + BOTTOM / 2);
  }
  context.textAlign = 'right';
  context.fillText('step', LEFT - 8, bottom + BOTTOM / 2);
  context.fillText('offset', LEFT - 8, 8);
}
