// What changes of a model's plan would save, ranked, and what they ask for; whether it fits a budget; how it would lie
// in several memories. All of the graph as given, and settings of the program that it becomes. Invariant: every peak
// is that of a plan that was checked.

import type { Graph } from '../../ir/types.ts';
import type { PlanControl } from '../../planner/control.ts';
import { type Tried, type WhatIfLimits, WhatIfSearch } from '../../planner/what-if/what-if.ts';
import type { PlannedPeak } from '../types/plan.ts';
import type { StepReport } from '../types/run.ts';
import { type ModelChange, multiplyAddsOf } from './change.ts';
import { type ExecutedRequest, executedPlans } from './executed.ts';
import { type GivenSchedule, givenSchedule } from './given-schedule.ts';
import { orderChange, orderOf } from './order-change.ts';
import { poolAnswer, poolChanges } from './pools.ts';
import { recomputeChanges } from './recompute.ts';
import { sharingChanges } from './sharing.ts';
import { stageChanges } from './stage-changes.ts';
import type {
  BudgetAnswer,
  ExecutedPlan,
  ExtraWork,
  FrontPoint,
  PoolSpec,
  WhatIf,
  WhatIfKind,
  WhatIfReport,
} from './types.ts';

/** How long a step of a run took, and the nodes of the imported graph that it ran. */
export interface StepTime {
  readonly nodes: readonly number[];
  readonly ms: number;
}

/** Medians, in milliseconds. */
export const stepTimesOf = (steps: readonly StepReport[]): StepTime[] =>
  steps.map(({ nodes, medianNs }) => ({ nodes: [...nodes], ms: medianNs / 1e6 }));

/** What is asked besides the changes. */
export interface WhatIfRequest {
  readonly budgetBytes?: number | undefined;
  readonly pools: readonly PoolSpec[];
  readonly times: readonly StepTime[];
  /** false: only the plan as it is and the pools, in a fraction of the time; a budget looks for changes all the same */
  readonly changes?: boolean;
  /** ends about then with what was found by then; left out: everything is tried */
  readonly limitMs?: number | undefined;
  /** the program that the graph becomes; without it only the graph as given is asked about */
  readonly program?: Pick<ExecutedRequest, 'options' | 'plan'>;
}

/** Nodes of the search for each plan: it is made hundreds of times. */
const NODES_PER_PLAN = 2000;

/** Answers for a graph whose constants are folded and whose shapes are known. `progress`: what is looked at. */
export function whatIfReport(
  graph: Graph,
  request: WhatIfRequest,
  control: PlanControl,
  progress: (what: string, done: number, of: number) => void = () => {},
): WhatIfReport {
  const clock = control.clock ?? (() => performance.now());
  const start = clock();
  const given = givenSchedule(graph);
  const limited = { ...control, nodeLimit: NODES_PER_PLAN };
  const isWanted = request.changes !== false || request.budgetBytes !== undefined;
  const changes = isWanted ? changesOf(given, limited) : [];
  const { limitMs } = request;
  const limits = limitMs === undefined ? undefined : limitsFrom(start, limitMs);
  const search = new WhatIfSearch<ModelChange>(given.schedule, changes, limited, progress, limits);
  const times = timesOf(given, request.times);
  const isLate = (): boolean => limitMs !== undefined && clock() - start > limitMs;
  const { unplannedBytes } = search.base.result;
  const alone = [
    ...search.alone(),
    ...search.aloneOf(isWanted && request.pools.length > 1 ? poolChanges(given) : []),
  ];
  const found = search.front();
  const front = frontOf(found, times);
  const executed =
    isWanted && request.program
      ? executedPlans({
          ...request.program,
          timeOf: nodes => runTime(request.times, nodes),
          cancelled: () => control.cancelled?.() === true || isLate(),
          progress,
        })
      : [];
  const tried = { ...search.tried, settings: !isLate() };
  return {
    base: { ...peakOf(search.base.result), unplannedBytes },
    multiplyAdds: given.steps.reduce((sum, step) => sum + step.multiplyAdds, 0),
    items: itemsOf(alone, found, front, search.base, times),
    front,
    ...(limitMs !== undefined && { tried }),
    ...(isWanted && { order: orderOf(given.schedule, control) }),
    executed,
    ...(request.budgetBytes === undefined
      ? {}
      : { budget: budgetAnswer(front, executed, request.budgetBytes) }),
    ...(request.pools.length === 0 ? {} : { pools: poolAnswer(given, request.pools, control) }),
    ms: clock() - start,
  };
}

/** Changes that share memory, another order, and those that compute something in another way or again. */
const changesOf = (given: GivenSchedule, control: PlanControl): ModelChange[] => [
  ...sharingChanges(given),
  orderChange(control),
  ...stageChanges(given),
  ...recomputeChanges(given),
];

/** Changes that were tried alone, and those that save something only together with others, in a point of the front. */
function itemsOf(
  alone: readonly Tried<ModelChange>[],
  found: readonly Tried<ModelChange>[],
  front: readonly FrontPoint[],
  base: Tried<ModelChange>,
  times: Times,
): WhatIf[] {
  const baseBytes = base.result.solution.height;
  const shown = new Set(front.flatMap(point => point.changes));
  const single = new Set(alone.flatMap(tried => tried.changes));
  const others = found
    .flatMap(tried => tried.changes)
    .filter(change => shown.has(change.id) && !single.has(change));
  const items = [
    ...alone.flatMap(({ changes: [change], result }) =>
      change ? [itemOf(change, peakOf(result), baseBytes, times)] : [],
    ),
    ...[...new Set(others)].map(change => itemOf(change, peakOf(base.result), baseBytes, times)),
  ];
  return ranked(items, shown);
}

/** Shares of the time until one by one, and together, are looked at; the rest is for settings of the program. */
const ALONE = 0.4;
const TOGETHER = 0.7;

const limitsFrom = (start: number, ms: number): WhatIfLimits => ({
  aloneUntil: start + ALONE * ms,
  togetherUntil: start + TOGETHER * ms,
});

/** Changes that make something anew, in another way: of those that overlap only the best are of interest. */
const ALTERNATIVES: ReadonlySet<WhatIfKind> = new Set(['depth-first', 'patches', 'recompute']);

/** Marks a change that another one of the same steps beats: it saves as much, for as little work. */
function ranked(items: readonly WhatIf[], kept: ReadonlySet<string>): WhatIf[] {
  const sorted = items.toSorted((a, b) => b.savedBytes - a.savedBytes);
  const rivals = sorted.filter(({ kind }) => ALTERNATIVES.has(kind));
  return sorted.map(item => {
    const at = rivals.indexOf(item);
    if (at < 0 || kept.has(item.id)) return item;
    const nodes = new Set(item.nodes);
    const beaten = rivals.some(
      (rival, other) =>
        rival !== item && rival.nodes.some(node => nodes.has(node)) && isBetter(rival, item, other < at),
    );
    return beaten ? { ...item, beaten } : item;
  });
}

/** Of equals the one with fewer operators is better, or the first. */
function isBetter(a: WhatIf, b: WhatIf, isBefore: boolean): boolean {
  const differences = [
    b.savedBytes - a.savedBytes,
    a.extra.multiplyAdds - b.extra.multiplyAdds,
    a.extra.trafficBytes - b.extra.trafficBytes,
  ];
  if (differences.some(difference => difference > 0)) return false;
  if (differences.some(difference => difference < 0)) return true;
  return a.nodes.length === b.nodes.length ? isBefore : a.nodes.length < b.nodes.length;
}

const peakOf = ({ solution, lowerBound, optimal }: Tried<ModelChange>['result']): PlannedPeak => ({
  peakBytes: solution.height,
  lowerBoundBytes: lowerBound.bytes,
  optimal,
});

/** Patches and values computed again are not generated: rows of a chain do with less. The arena is one memory. */
const EXECUTED: Readonly<Record<WhatIfKind, WhatIf['executed']>> = {
  order: 'by itself',
  'in-place': 'by itself',
  view: 'by itself',
  slices: 'by itself',
  unread: 'by itself',
  'depth-first': 'layers row by row',
  patches: 'plan only',
  recompute: 'plan only',
  pool: 'plan only',
};

function itemOf(change: ModelChange, peak: PlannedPeak, baseBytes: number, times: Times): WhatIf {
  const { id, kind, title, again, tensors } = change;
  return {
    id,
    kind,
    title,
    nodes: [...new Set(again.flatMap(({ step }) => step.node.origin))],
    tensors,
    executed: EXECUTED[kind],
    ...peak,
    savedBytes: baseBytes - peak.peakBytes,
    extra: extraOf([change], times),
  };
}

/** By step key: milliseconds, where a run tells. */
type Times = ReadonlyMap<string, number>;

/** Shares a fused step's time out among its nodes by their operations. */
function timesOf({ steps }: GivenSchedule, times: readonly StepTime[]): Times {
  const result = new Map<string, number>();
  for (const { nodes, ms } of times) {
    const own = new Set(nodes);
    const members = steps.filter(({ node }) => node.origin.some(id => own.has(id)));
    const total = members.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
    for (const { key, multiplyAdds } of members) {
      const share = total === 0 ? 1 / members.length : multiplyAdds / total;
      result.set(key, (result.get(key) ?? 0) + ms * share);
    }
  }
  return result;
}

function extraOf(changes: readonly ModelChange[], times: Times): ExtraWork {
  const again = changes.flatMap(change => change.again.filter(({ share }) => share > 0));
  const known = times.size > 0 && again.every(({ step }) => times.has(step.key));
  return {
    multiplyAdds: changes.reduce((sum, change) => sum + multiplyAddsOf(change), 0),
    trafficBytes: changes.reduce((sum, { trafficBytes }) => sum + trafficBytes, 0),
    ...(known && { ms: again.reduce((sum, { step, share }) => sum + share * (times.get(step.key) ?? 0), 0) }),
  };
}

/** Of plans those that none beats in both bytes and extra work, from the least work on. */
function frontOf(found: readonly Tried<ModelChange>[], times: Times): FrontPoint[] {
  const points = found.map(
    ({ changes, result }): FrontPoint => ({
      ...peakOf(result),
      changes: changes.map(({ id }) => id),
      extra: extraOf(changes, times),
    }),
  );
  points.sort(
    (a, b) =>
      a.extra.multiplyAdds - b.extra.multiplyAdds ||
      a.peakBytes - b.peakBytes ||
      a.changes.length - b.changes.length,
  );
  let least = Number.POSITIVE_INFINITY;
  // The plan as it is starts the front, also where others need less for nothing.
  const base = points.find(({ changes }) => changes.length === 0);
  const better = points.filter(point => {
    if (point === base || point.peakBytes >= Math.min(least, base?.peakBytes ?? 0)) return false;
    least = point.peakBytes;
    return true;
  });
  return base ? [base, ...better] : better;
}

function budgetAnswer(
  front: readonly FrontPoint[],
  executed: readonly ExecutedPlan[],
  budgetBytes: number,
): BudgetAnswer {
  const point = answering(front, budgetBytes);
  if (!point) throw new Error('a front without the plan as it is');
  const program = answering(executed, budgetBytes);
  const least = Math.min(point.peakBytes, program?.peakBytes ?? Number.POSITIVE_INFINITY);
  return {
    budgetBytes,
    fits: least <= budgetBytes,
    point,
    ...(program && { executed: program }),
    missingBytes: Math.max(0, least - budgetBytes),
  };
}

/** Of those that fit one with the least work, and of these the first; the lowest where none fits. */
function answering<P extends FrontPoint | ExecutedPlan>(plans: readonly P[], bytes: number): P | undefined {
  const [first, ...others] = plans.filter(({ peakBytes }) => peakBytes <= bytes);
  if (first === undefined) return lowest(plans);
  const workOf = ({ extra }: P): number => extra.multiplyAdds;
  return others.reduce((best, plan) => (workOf(plan) < workOf(best) ? plan : best), first);
}

function lowest<P extends PlannedPeak>([first, ...others]: readonly P[]): P | undefined {
  return others.reduce<P | undefined>(
    (low, plan) => (plan.peakBytes < (low?.peakBytes ?? 0) ? plan : low),
    first,
  );
}

/** Milliseconds of the steps of a run that ran some of these nodes; unknown without a run. */
function runTime(times: readonly StepTime[], nodes: readonly number[]): number | undefined {
  const own = new Set(nodes);
  const steps = times.filter(step => step.nodes.some(node => own.has(node)));
  return steps.length === 0 ? undefined : steps.reduce((sum, { ms }) => sum + ms, 0);
}
