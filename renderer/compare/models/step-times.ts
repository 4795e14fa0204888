// What each operator of a model takes, as far as that can be said: a step is told once, at its first operator.

import type { StepReport } from '../../../engine/report/types/run.ts';

/** Of the step that a node is part of; all but its first node only say which that is. */
export type StepTime = { readonly ns: number } | { readonly within: string };

/** By the id of the node. Steps that begin at one node are added up there: every step is told once. */
export function stepTimes(
  steps: readonly Pick<StepReport, 'nodes' | 'medianNs'>[],
  nameOf: (node: number) => string,
): ReadonlyMap<number, StepTime> {
  const times = new Map<number, StepTime>();
  for (const {
    nodes: [first, ...others],
  } of steps) {
    if (first !== undefined) for (const node of others) times.set(node, { within: nameOf(first) });
  }
  // A node with a time of its own shows that, also where it is part of another step too.
  for (const {
    nodes: [first],
    medianNs,
  } of steps) {
    if (first !== undefined) times.set(first, { ns: (nsOf(times.get(first)) ?? 0) + medianNs });
  }
  return times;
}

/** None where adding it up would count the step twice. */
export const nsOf = (time: StepTime | undefined): number | undefined =>
  time && 'ns' in time ? time.ns : undefined;
