import { expect, test } from 'vitest';
import { planTogether } from '../../../../engine/host/threads/plan-together.ts';
import type { PlanProgress } from '../../../../engine/planner/control.ts';
import { plan } from '../../../../engine/planner/plan.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { randomProblem } from '../../../support/problems.ts';
import { tiledProblem } from '../../../support/tiled-problems.ts';

test('several threads: a valid plan, under a bound that holds', async () => {
  // Nobody reaches its bound at once, so the other threads do start.
  const { problem, capacity } = tiledProblem(4, { buffers: 409, fill: 0.93, live: 110, slack: true });
  const seen: number[] = [];
  const result = await planTogether(
    problem,
    'exact',
    { timeLimitMs: 1500, progress: ({ height }) => seen.push(height) },
    3,
  );
  expect(seen.length).toBeGreaterThan(0);
  expect(validate(problem, result.solution)).toEqual([]);
  expect(result.lowerBound.bytes).toBeLessThanOrEqual(capacity);
  expect(result.optimal).toBe(result.solution.height === result.lowerBound.bytes);
  expect(result.solution.height).toBeLessThanOrEqual(Math.min(...seen));
});

test('small problems are answered as by one thread', async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const problem = randomProblem(seed, { buffers: 8, steps: 5, maxSize: 20, aligned: true });
    const { durationMs: _, ...alone } = plan(problem, 'exact');
    const { durationMs: __, ...together } = await planTogether(problem, 'exact', {}, 2);
    expect(together, `seed ${seed}`).toEqual(alone);
  }
});

test('when cancelled it gives the best plan so far', async () => {
  const { problem } = tiledProblem(4, { buffers: 409, fill: 0.93, live: 110, slack: true });
  // The other thread starts with the first progress, and has a minute.
  const cancel = new AbortController();
  let reports = 0;
  let lowest = Number.POSITIVE_INFINITY;
  const progress = ({ height }: PlanProgress) => {
    lowest = Math.min(lowest, height);
    if (++reports === 3) cancel.abort();
  };
  const control = { timeLimitMs: 60_000, progress, signal: cancel.signal };
  const result = await planTogether(problem, 'exact', control, 2);
  expect(validate(problem, result.solution)).toEqual([]);
  expect(result.solution.height).toBeLessThanOrEqual(lowest);
}, 30_000);
