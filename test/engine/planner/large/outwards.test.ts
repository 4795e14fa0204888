import { expect, test } from 'vitest';
import { lowerBound } from '../../../../engine/planner/bounds/max-live.ts';
import { sweep } from '../../../../engine/planner/greedy/sweep.ts';
import { type OutwardsLimits, placingOutwards } from '../../../../engine/planner/large/outwards.ts';
import type { Problem } from '../../../../engine/planner/types.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { seededRandom } from '../../../../engine/random.ts';
import { randomProblem } from '../../../support/problems.ts';

function run(problem: Problem, seed: number, changed: Partial<OutwardsLimits> = {}) {
  return placingOutwards(problem)({
    floor: lowerBound(problem).bytes,
    below: Number.POSITIVE_INFINITY,
    work: 2e5,
    isOver: () => false,
    stop: () => false,
    gained: () => {},
    random: seededRandom(seed),
    ...changed,
  });
}

test('outwards from full steps: placements, the same for the same seed', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const shape = { buffers: 5 + 3 * seed, steps: 40, maxSize: 1000, aligned: seed % 2 === 0 };
    const problem = randomProblem(seed, shape);
    const found = run(problem, seed);
    const label = `seed ${seed}`;
    expect(found, label).toBeDefined();
    expect(found && validate(problem, found), label).toEqual([]);
    expect(found?.placements, label).toHaveLength(problem.buffers.length);
    expect(run(problem, seed), label).toEqual(found);
  }
});

test('only what is lower than asked for, and nothing once stopped or without work', () => {
  const problem = randomProblem(7, { buffers: 200, steps: 60, maxSize: 1000 });
  const height = run(problem, 1)?.height ?? 0;
  expect(run(problem, 1, { below: lowerBound(problem).bytes })).toBeUndefined();
  expect(run(problem, 1, { below: 1.2 * height })?.height).toBeLessThan(1.2 * height);
  expect(run(problem, 1, { stop: () => true })).toBeUndefined();
  expect(run(problem, 1, { work: 0 })).toBeUndefined();
  let asked = 0;
  run(problem, 1, { floor: 0, work: 1e12, isOver: () => ++asked > 50 });
  expect(asked).toBeLessThan(60);
});

test('called again it goes on: only lower placements, and in the end as low as one long call', () => {
  const problem = randomProblem(11, { buffers: 300, steps: 80, maxSize: 1000 });
  const go = placingOutwards(problem);
  const random = seededRandom(1);
  const whole = run(problem, 1, { work: 4e5 });
  let below = Number.POSITIVE_INFINITY;
  for (let turn = 1; turn <= 4; turn++) {
    const floor = lowerBound(problem).bytes;
    const quiet = { isOver: () => false, stop: () => false, gained: () => {} };
    const found = go({ floor, below, work: turn * 1e5, random, ...quiet });
    if (found === undefined) continue;
    expect(found.height).toBeLessThan(below);
    expect(validate(problem, found)).toEqual([]);
    below = found.height;
  }
  expect(below).toBeLessThanOrEqual(1.02 * (whole?.height ?? 0));
});

test('some hundred alive at any time: a few percent above the bound, far below one sweep over time', () => {
  const random = seededRandom(5);
  const buffers = Array.from({ length: 3000 }, (_, at) => {
    const lower = Math.floor(random() * 3000);
    const upper = lower + 1 + Math.floor(random() * 600);
    return { id: `b${at}`, lower, upper, size: 1 + Math.floor(random() * 1e6) };
  });
  const floor = lowerBound({ buffers }).bytes;
  const found = run({ buffers }, 1, { work: 4e7 });
  expect(sweep({ buffers }, floor).height / floor).toBeGreaterThan(1.05);
  expect((found?.height ?? 0) / floor).toBeLessThan(1.035);
});
