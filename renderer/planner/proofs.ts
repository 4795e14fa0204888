// What all strategies together prove of each: a floor under one plan holds for every plan of the same problem. Pure.

import type { PlanView } from '../../engine/report/types.ts';
import type { Proof } from './proof-badge.tsx';

/** The same plan under the highest floor that is proved for its buffers. */
export function withKnownBound(plan: PlanView, others: readonly PlanView[]): PlanView {
  const alike = others.filter(({ problem }) => problem === plan.problem);
  const lowerBoundBytes = Math.max(plan.lowerBoundBytes, ...alike.map(other => other.lowerBoundBytes));
  return { ...plan, lowerBoundBytes, optimal: plan.optimal || plan.peakBytes <= lowerBoundBytes };
}

/** `leastBytes`: the smallest peak that any strategy reached */
export function proofOf({ optimal, peakBytes }: PlanView, leastBytes: number): Proof {
  if (optimal) return 'optimal';
  return peakBytes > leastBytes ? 'beaten' : 'open';
}
