// Axes on a canvas: ticks at round values, lines with a label that say what a value means.

import { roundStep } from '../format/units.ts';
import type { Palette } from '../theme/palette.ts';
import type { Range } from './range.ts';
import { spanOf } from './range.ts';

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

export interface ValueLine {
  readonly label: string;
  readonly color: string;
  readonly dashed: boolean;
}

/** A horizontal line across [left, right] with its label above it at the right end, below it near the top. */
export function drawValueLine(
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

/** Diagonal lines for what is no tensor: holes and padding. */
export function hatchOf(context: CanvasRenderingContext2D, color: string): CanvasPattern | string {
  const tile = new OffscreenCanvas(8, 8);
  const pen = tile.getContext('2d');
  if (!pen) return color;
  pen.strokeStyle = color;
  pen.lineWidth = 1;
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift, 8);
    pen.lineTo(shift + 8, 0);
  }
  pen.stroke();
  return context.createPattern(tile, 'repeat') ?? color;
}
