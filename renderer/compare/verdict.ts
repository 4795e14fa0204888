// The outcome of a comparison in one sentence.

import type { Comparison, TimeRow } from '../../engine/report/compare.ts';

type Judged = Pick<Comparison, 'sameDimensions'> & {
  readonly total: Pick<TimeRow, 'ratio' | 'overlapping'>;
};

/** Ratios that may be noise are said to be; there is none of runs of other dimensions. */
export function verdictOf({ sameDimensions, total: { ratio, overlapping } }: Judged): string {
  if (!sameDimensions) return 'A and B have other dimensions: their times and bytes cannot be compared';
  if (ratio === undefined) return 'There is nothing to compare';
  if (overlapping) {
    if (Math.round(ratio * 100) === 100) return 'A and B take the same time within noise';
    return `B takes ${Math.round(ratio * 100)} % of A’s time, which may be noise: the intervals meet`;
  }
  return ratio <= 1
    ? `B is ${(1 / Math.max(ratio, 1e-9)).toFixed(2)}× as fast as A`
    : `B takes ${ratio.toFixed(2)}× the time of A`;
}
