// The colours of a split total: an operator has its family's, paler and darker in turns for each further one; scopes have
// none of their own and take the families' colours in turn, which the legend tells. What is left over is grey.

import { FAMILIES, type Family } from '../theme/families.ts';
import { mixed, type Palette } from '../theme/palette.ts';
import type { Series } from './stacks.ts';

/** Of a family's first, second … operator: how much of the background, or where negative of the text, is in it. */
const SHADES = [0, 0.34, -0.3, 0.6, -0.55, 0.78, -0.75] as const;
const ORDER = Object.keys(FAMILIES) as Family[];

export function colourOf(stack: readonly Series[], place: number, palette: Palette): string {
  const series = stack[place];
  if (!series) return palette.color.line;
  if (series.family) {
    const before = stack.slice(0, place).filter(other => other.family === series.family).length;
    const shade = SHADES[before % SHADES.length] ?? 0;
    const { surface, text } = palette.color;
    return mixed(palette.family[series.family], shade < 0 ? text : surface, Math.abs(shade));
  }
  // What is left over among families is of none of them.
  if (stack.some(other => other.family !== undefined)) return palette.color['line-strong'];
  const named = stack.slice(0, place).filter(other => other.family === undefined).length;
  return palette.family[ORDER[named % ORDER.length] ?? 'scratch'];
}
