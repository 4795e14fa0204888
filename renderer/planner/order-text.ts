// What is known of the order of the operators, in a sentence. Pure.

import type { OrderPeak } from '../../engine/report/types/plan.ts';
import { formatBytes } from '../format/units.ts';

const STOPPED: Readonly<Record<NonNullable<OrderPeak['stoppedBy']>, string>> = {
  work: 'the search ended at its limit of work',
  time: 'the search ended at its limit of time',
  cancelled: 'the search was cancelled',
};

/** A sentence or two: what the order of steps saves, and whether a better one is ruled out. */
export function orderText(order: OrderPeak): string {
  const { givenPeakBytes, peakBytes, lowerBoundBytes, proved, stoppedBy = 'work' } = order;
  const found =
    peakBytes < givenPeakBytes
      ? `Another order has ${formatBytes(peakBytes)} live at once instead of ${formatBytes(givenPeakBytes)}`
      : `In the order of the file ${formatBytes(peakBytes)} are live at once`;
  if (proved) return `${found}. No order has less: proved.`;
  const gap = formatBytes(peakBytes - lowerBoundBytes);
  return `${found}. No order has less than ${formatBytes(lowerBoundBytes)}, a gap of ${gap}: ${STOPPED[stoppedBy]}.`;
}
