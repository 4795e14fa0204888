// What all strategies together prove of each: a floor under one plan holds for every plan of the same lifetimes. Pure.

import type { PlanView } from '../../engine/report/types.ts';
import type { Proof } from './proof-badge.tsx';

/** The same plan under the highest floor that is proved for its lifetimes. */
export function withKnownBound(plan: PlanView, others: readonly PlanView[]): PlanView {
  const alike = others.filter(other => hasSameLifetimes(plan, other));
  const lowerBoundBytes = Math.max(plan.lowerBoundBytes, ...alike.map(other => other.lowerBoundBytes));
  return { ...plan, lowerBoundBytes, optimal: plan.optimal || plan.peakBytes <= lowerBoundBytes };
}

function hasSameLifetimes({ tensors }: PlanView, other: PlanView): boolean {
  const lifetimes = new Map(other.tensors.map(tensor => [tensor.id, tensor]));
  return (
    tensors.length === other.tensors.length &&
    tensors.every(({ id, bytes, lower, upper }) => {
      const found = lifetimes.get(id);
      return found?.bytes === bytes && found.lower === lower && found.upper === upper;
    })
  );
}

/** `leastBytes`: the smallest peak that any strategy reached */
export function proofOf({ optimal, peakBytes }: PlanView, leastBytes: number): Proof {
  if (optimal) return 'optimal';
  return peakBytes > leastBytes ? 'beaten' : 'open';
}
