// What the lines of the peak and of the lower bound are called. Pure.

import type { PlanView } from '../../engine/report/types/plan.ts';
import { formatBytes } from '../format/units.ts';

type Bounded = Pick<PlanView, 'peakBytes' | 'lowerBoundBytes' | 'optimal' | 'liveBytes'>;

/** Of a plan that leaves something out, no figure is of the whole model. */
export const OF_THE_PART = 'of the part planned';

/** The most that lives at once as this plan places it. */
export const mostLive = ({ liveBytes }: Pick<PlanView, 'liveBytes'>): number =>
  liveBytes.reduce((most, bytes) => Math.max(most, bytes), 0);

/**
 * Bytes by which the most that lives at once is above the lower bound: the bound counts what results may take over
 * from operands once, and a plan that keeps them apart (without a planner, all of them) twice.
 */
export const livesAboveBound = (plan: Bounded): number => Math.max(0, mostLive(plan) - plan.lowerBoundBytes);

export interface PeakLabels {
  readonly peak: string;
  /** absent where both are one line */
  readonly bound?: string;
}

/** `whole`: nothing of the model is left out of the plan. */
export function peakLabels(plan: Bounded, whole: boolean): PeakLabels {
  const part = whole ? '' : `, ${OF_THE_PART}`;
  const peak = `peak ${formatBytes(plan.peakBytes)}`;
  if (plan.optimal) return { peak: `${peak} = lower bound${part}` };
  const shared = livesAboveBound(plan) > 0 ? ' if results lie over operands' : '';
  return {
    peak: `${peak}${part}`,
    bound: `lower bound ${formatBytes(plan.lowerBoundBytes)}${shared}${part}`,
  };
}
