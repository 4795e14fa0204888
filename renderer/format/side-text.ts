// One side of a row of a comparison: its median, and of how many steps it is the sum.

import type { TimedSide } from '../../engine/report/compare.ts';
import { formatNs } from './units.ts';

export function sideText(side: TimedSide | undefined): string {
  if (!side) return '–';
  const sum = side.steps.length > 1 ? ` (sum of ${side.steps.length})` : '';
  return `${formatNs(side.medianNs)}${sum}`;
}
