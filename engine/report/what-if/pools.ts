// Several memories: where each tensor of the graph as given would lie, so that the slow ones see the least traffic.

import type { PlanControl } from '../../planner/control.ts';
import { planPools } from '../../planner/pools/pools.ts';
import { subProblem } from '../../planner/problem/sub-problem.ts';
import type { PoolProblem } from '../../planner/types.ts';
import { validate } from '../../planner/validate.ts';
import { problemOf, type Schedule } from '../../planner/what-if/schedule.ts';
import { sharedSchedules } from '../given-shared.ts';
import type { ModelChange } from './change.ts';
import type { GivenSchedule } from './given-schedule.ts';
import type { PoolAnswer, PoolSpec } from './types.ts';

/** Bytes read and written of every value in one run: each step that touches it goes over all of it. */
function trafficOf({ steps, values }: Schedule): Map<number, number> {
  const traffic = new Map<number, number>();
  for (const { reads, writes } of steps) {
    for (const value of [...new Set(reads), ...new Set(writes)]) {
      traffic.set(value, (traffic.get(value) ?? 0) + (values.get(value)?.bytes ?? 0));
    }
  }
  return traffic;
}

/** One tensor in another memory than the rest. */
export function poolChanges({ schedule }: GivenSchedule): ModelChange[] {
  const traffic = trafficOf(schedule);
  return [...schedule.values].map(([value, { id }]): ModelChange => {
    const trafficBytes = traffic.get(value) ?? 0;
    return {
      id: `pool:${value}`,
      kind: 'pool',
      title: `${id} in another memory`,
      tensors: [value],
      lowers: [value],
      again: [],
      trafficBytes,
      work: trafficBytes,
      apply: from => {
        if (!from.values.has(value)) return undefined;
        const values = new Map(from.values);
        values.delete(value);
        return { ...from, values };
      },
    };
  });
}

/** Of more values, plans with leave to share take too long to look for a cheaper one where the graph as given fits. */
const MAX_SHARED = 200;

/** The cheapest plan over the memories: as given, with leave to share memory, or with that in another order. */
export function poolAnswer(
  given: GivenSchedule,
  specs: readonly PoolSpec[],
  control: PlanControl,
): PoolAnswer {
  const { given: asGiven, shared, ordered } = sharedSchedules(given, control);
  const schedules = new Map<Schedule, PoolAnswer['schedule']>([
    [ordered, 'memory shared, another order'],
    [shared, 'memory shared'],
    [asGiven, 'as given'],
  ]);
  const ids = new Map(problemOf(asGiven).valueOf.map((value, b) => [value, b]));
  const traffic = [...trafficOf(asGiven).values()].reduce((sum, bytes) => sum + bytes, 0);
  // Every tensor in the cheapest memory.
  const floor = traffic * Math.min(...specs.map(({ cost }) => cost));
  const answers: PoolAnswer[] = [];
  for (const [schedule, name] of [...schedules].reverse()) {
    const answer = { ...answerOf(schedule, specs, ids, control), schedule: name };
    answers.push(answer);
    const isEnough = answer.cost <= floor || asGiven.values.size > MAX_SHARED;
    if (control.cancelled?.() || (answer.fits && isEnough)) break;
  }
  const best = answers.reduce((least, answer) => (isCheaper(answer, least) ? answer : least));
  // What is proved of one schedule is not proved of the others.
  const proved = best.fits && (best.cost <= floor || answers.every(({ proved }) => proved));
  return { ...best, leastCost: best.fits && !proved ? floor : best.cost, proved };
}

function isCheaper(a: PoolAnswer, b: PoolAnswer): boolean {
  if (a.fits && b.fits) return a.cost < b.cost;
  return a.fits === b.fits ? a.missingBytes < b.missingBytes : a.fits;
}

/** `ids`: of each value, as the graph as given has it. */
function answerOf(
  schedule: Schedule,
  specs: readonly PoolSpec[],
  ids: ReadonlyMap<number, number>,
  control: PlanControl,
): Omit<PoolAnswer, 'schedule'> {
  const { problem, valueOf } = problemOf(schedule);
  const byValue = trafficOf(schedule);
  const traffic = valueOf.map(value => byValue.get(value) ?? 0);
  const request: PoolProblem = {
    problem: {
      ...problem,
      buffers: problem.buffers.map((buffer, b) => ({ ...buffer, traffic: traffic[b] ?? 0 })),
    },
    pools: specs.map(({ id, sizeBytes, cost }) => ({ id, size: sizeBytes, cost })),
  };
  const plan = planPools(request, control);
  if (!plan.fits) {
    const pools = specs.map(spec => ({ ...spec, peakBytes: 0, trafficBytes: 0 }));
    const missingBytes = plan.lacks.reduce((sum, lack) => sum + lack.missingBytes, 0);
    return { fits: false, pools, cost: 0, leastCost: 0, proved: false, missingBytes, tensors: [] };
  }
  const pools = specs.map((spec, pool) => {
    const members = [...plan.poolOf.keys()].filter(b => plan.poolOf[b] === pool);
    const height = plan.heights[pool] ?? 0;
    const offsets = members.map(b => plan.offsets[b] ?? -1);
    const [violation] = validate(subProblem(problem, members), { offsets, height });
    if (violation) throw new Error(`an invalid plan of ${spec.id}: ${violation.message}`);
    if (height > spec.sizeBytes) throw new Error(`a plan of ${height} bytes for ${spec.id}`);
    const trafficBytes = members.reduce((sum, b) => sum + (traffic[b] ?? 0), 0);
    return { ...spec, peakBytes: height, trafficBytes };
  });
  return {
    fits: true,
    pools,
    cost: plan.cost,
    leastCost: plan.leastCost,
    proved: plan.proved,
    missingBytes: 0,
    tensors: problem.buffers.map(({ id, size }, b) => ({
      id: ids.get(valueOf[b] ?? -1) ?? b,
      name: id,
      pool: plan.poolOf[b] ?? 0,
      offset: plan.offsets[b] ?? 0,
      bytes: size,
      trafficBytes: traffic[b] ?? 0,
    })),
  };
}
