// The running total of another run over the steps of the plan shown: its steps stand where their operators do.

import type { PlanView } from '../../engine/report/types/plan.ts';

/**
 * Per step of `shown` the most bytes live in any step of `other` that executes one of its operators; where there is
 * none, as much as before it.
 */
export function totalOver(shown: PlanView, other: PlanView): readonly number[] {
  const stepsOf = new Map<number, number[]>();
  other.steps.forEach(({ nodes }, step) => {
    for (const node of nodes) stepsOf.set(node, [...(stepsOf.get(node) ?? []), step]);
  });
  let before = other.liveBytes[0] ?? 0;
  return shown.steps.map(({ nodes }) => {
    const steps = nodes.flatMap(node => stepsOf.get(node) ?? []);
    before = steps.length === 0 ? before : Math.max(...steps.map(step => other.liveBytes[step] ?? 0));
    return before;
  });
}
