// The graph as given once more, with leave to share: results in the place of operands, views that move nothing, parts of
// concatenations where the whole has them, in the order with the least peak that was found; results that may be left
// out and that nobody reads take nothing. Every one is decided by what it saves. Invariant: never more than the graph as given needs.

import type { Graph } from '../ir/types.ts';
import type { Strategy } from '../options.ts';
import type { PlanControl } from '../planner/control.ts';
import { plan } from '../planner/plan.ts';
import type { Problem } from '../planner/types.ts';
import { validate } from '../planner/validate.ts';
import { problemOf, type Schedule } from '../planner/what-if/schedule.ts';
import type { PlannedPeak } from './types/plan.ts';
import { type GivenSchedule, givenSchedule } from './what-if/given-schedule.ts';
import { orderChange } from './what-if/order-change.ts';
import { sharingChanges } from './what-if/sharing.ts';

/** Peak and bound with aliasing, and with order where that is less; what is given up is given up for all of them. */
export function givenShared(graph: Graph, strategy: Strategy, control: PlanControl): PlannedPeak {
  const given = givenSchedule(graph);
  const schedules = strategy === 'off' ? [given.schedule] : Object.values(sharedSchedules(given, control));
  const peaks = schedules.map(schedule => peakOf(schedule, strategy, control));
  return peaks.reduce((least, peak) => (peak.peakBytes < least.peakBytes ? peak : least));
}

/** What costs no work: the graph as given, with leave to share, and with that in the best order found. */
export function sharedSchedules(
  given: GivenSchedule,
  control: PlanControl,
): Readonly<Record<'given' | 'shared' | 'ordered', Schedule>> {
  const shared = sharingChanges(given).reduce(
    (schedule, { apply }) => apply(schedule) ?? schedule,
    given.schedule,
  );
  return { given: given.schedule, shared, ordered: orderChange(control).apply(shared) ?? shared };
}

/** Of a search where placing by size stays above the bound, as sizes say little of what may lie over what. */
const NODES = 10_000;

function peakOf(schedule: Schedule, strategy: Strategy, control: PlanControl): PlannedPeak {
  const { problem } = problemOf(schedule);
  const placed = peakBy(problem, strategy, control);
  if (strategy !== 'size' || placed.optimal) return placed;
  const found = peakBy(problem, 'exact', { ...control, nodeLimit: NODES });
  return found.peakBytes < placed.peakBytes || found.optimal ? found : placed;
}

function peakBy(problem: Problem, strategy: Strategy, control: PlanControl): PlannedPeak {
  const { solution, lowerBound, optimal } = plan(problem, strategy, control);
  const [violation] = validate(problem, solution);
  if (violation) throw new Error(`an invalid plan: ${violation.message}`);
  return { peakBytes: solution.height, lowerBoundBytes: lowerBound.bytes, optimal };
}
