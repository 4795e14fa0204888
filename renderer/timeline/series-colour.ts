// The colours of a split total: an operator has its family's, paler for each further one of the family; scopes have
// none of their own and take the families' colours in turn, which the legend tells. What is left over is grey.

import { FAMILIES, type Family } from '../theme/families.ts';
import { mixed, type Palette } from '../theme/palette.ts';
import type { Series } from './stacks.ts';

const PALER = 0.32;
const ORDER = Object.keys(FAMILIES) as Family[];

export function colourOf(stack: readonly Series[], place: number, palette: Palette): string {
  const series = stack[place];
  if (!series) return palette.color.line;
  if (series.family) {
    const before = stack.slice(0, place).filter(other => other.family === series.family).length;
    return mixed(palette.family[series.family], palette.color.surface, Math.min(0.8, before * PALER));
  }
  // What is left over among families is of none of them.
  if (stack.some(other => other.family !== undefined)) return palette.color['line-strong'];
  const named = stack.slice(0, place).filter(other => other.family === undefined).length;
  return palette.family[ORDER[named % ORDER.length] ?? 'scratch'];
}
