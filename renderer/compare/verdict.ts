// The outcome of a comparison in one sentence.

import type { TimeRow } from '../../engine/report/compare.ts';

/** Ratios that may be noise are said to be. */
export function verdictOf({ ratio, overlapping }: Pick<TimeRow, 'ratio' | 'overlapping'>): string {
  if (ratio === undefined) return 'There is nothing to compare';
  if (overlapping) {
    if (Math.round(ratio * 100) === 100) return 'A and B take the same time within noise';
    return `B takes ${Math.round(ratio * 100)} % of A’s time, which may be noise: the intervals meet`;
  }
  return ratio <= 1
    ? `B is ${(1 / Math.max(ratio, 1e-9)).toFixed(2)}× as fast as A`
    : `B takes ${ratio.toFixed(2)}× the time of A`;
}
