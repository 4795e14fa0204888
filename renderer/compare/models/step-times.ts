// What each operator of a model takes, as far as that can be said: a step is told once, at its first operator.

import type { StepReport } from '../../../engine/report/types.ts';

/** Of the step that a node is part of; all but its first node only say which that is. */
export type StepTime = { readonly ns: number } | { readonly within: string };

/** By the id of the node. */
export function stepTimes(
  steps: readonly Pick<StepReport, 'nodes' | 'medianNs'>[],
  nameOf: (node: number) => string,
): ReadonlyMap<number, StepTime> {
  return new Map<number, StepTime>(
    steps.flatMap(({ nodes: [first, ...others], medianNs }): (readonly [number, StepTime])[] => {
      if (first === undefined) return [];
      const within = { within: nameOf(first) };
      return [[first, { ns: medianNs }], ...others.map(node => [node, within] as const)];
    }),
  );
}

/** None where adding it up would count the step twice. */
export const nsOf = (time: StepTime | undefined): number | undefined =>
  time && 'ns' in time ? time.ns : undefined;
