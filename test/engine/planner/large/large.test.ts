import { expect, test } from 'vitest';
import { lowerBound } from '../../../../engine/planner/bounds/max-live.ts';
import { placeInOrder } from '../../../../engine/planner/greedy/place.ts';
import { canSweep, sweep } from '../../../../engine/planner/greedy/sweep.ts';
import { tflmOrder } from '../../../../engine/planner/greedy/tflm.ts';
import { squeaky } from '../../../../engine/planner/large/squeaky.ts';
import { plan } from '../../../../engine/planner/plan.ts';
import type { Problem } from '../../../../engine/planner/types.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { loosened, randomProblem } from '../../../support/problems.ts';
import { trainingProblem } from '../../../support/training-problems.ts';

const floorOf = (problem: Problem): number => lowerBound(problem).bytes;

test('the sweep: random problems, checked by the validator', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const shape = { buffers: 1 + seed, steps: 1 + (seed % 60), maxSize: 5000, aligned: seed % 2 === 0 };
    const problem = randomProblem(seed, shape);
    const layout = sweep(problem, floorOf(problem));
    expect(validate(problem, layout), `seed ${seed}`).toEqual([]);
    expect(layout.placements, `seed ${seed}`).toHaveLength(problem.buffers.length);
    expect(layout.height, `seed ${seed}`).toBeGreaterThanOrEqual(floorOf(problem));
  }
});

test('the sweep heeds fixed offsets, gaps and overlaps', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const shape = { buffers: 2 + seed, steps: 1 + (seed % 60), maxSize: 500, aligned: seed % 2 === 0 };
    const plain = randomProblem(seed, { ...shape, fixed: seed % 3 > 0 });
    const problem = seed % 3 === 2 ? plain : loosened(plain, seed, { overlaps: 'least', gaps: true });
    const layout = sweep(problem, floorOf(problem));
    expect(validate(problem, layout), `seed ${seed}`).toEqual([]);
    expect(layout.placements, `seed ${seed}`).toHaveLength(problem.buffers.length);
  }
});

test('sweeps over both sides of a step leave fixed offsets, gaps and overlaps to others', () => {
  const buffer = { id: 'x', lower: 0, upper: 4, size: 4 };
  expect(canSweep({ buffers: [buffer] })).toBe(true);
  expect(canSweep({ buffers: [{ ...buffer, offset: 0 }] })).toBe(false);
  expect(canSweep({ buffers: [{ ...buffer, gaps: [{ lower: 1, upper: 2 }] }] })).toBe(false);
});

test('hundreds of thousands of buffers, within a fifth of the bound, twice the same', () => {
  const buffers = randomProblem(1, { buffers: 200_000, steps: 200_000, maxSize: 1000 }).buffers.map(
    buffer => ({
      ...buffer,
      upper: Math.min(buffer.upper, buffer.lower + 1 + (buffer.upper % 500)),
    }),
  );
  const first = plan({ buffers }, 'exact');
  expect(first.solution.height).toBeLessThan(1.2 * first.lowerBound.bytes);
  expect(plan({ buffers }, 'exact').solution).toEqual(first.solution);
});

test('placing again and again: valid, deterministic, no worse than largest first, often better', () => {
  let better = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const shape = { buffers: 120, steps: 60, maxSize: 500, aligned: seed % 2 === 0, fixed: seed % 5 === 0 };
    const plain = randomProblem(seed, shape);
    const problem =
      seed % 3 === 0 ? loosened(plain, seed, { overlaps: 'least', gaps: seed % 5 !== 0 }) : plain;
    const start = placeInOrder(problem, tflmOrder(problem), 'first');
    const run = () => squeaky(problem, floorOf(problem), { nodeLimit: 60, seed });
    const improved = run();
    const label = `seed ${seed}`;
    expect(validate(problem, improved), label).toEqual([]);
    expect(improved.height, label).toBeLessThanOrEqual(start.height);
    expect(run(), label).toEqual(improved);
    if (improved.height < start.height) better++;
  }
  expect(better).toBeGreaterThan(3);
});

test('when cancelled it gives the plan it has', () => {
  const problem = randomProblem(2, { buffers: 200, steps: 60, maxSize: 500 });
  expect(squeaky(problem, 0, { cancelled: () => true })).toEqual(sweep(problem, 0));
  const fixed = randomProblem(2, { buffers: 200, steps: 60, maxSize: 500, fixed: true });
  expect(squeaky(fixed, 0, { cancelled: () => true })).toEqual(sweep(fixed, 0));
});

test.each([1200, 4000])('%i buffers as training makes them: close to the bound', buffers => {
  const problem = trainingProblem(buffers, { buffers, kept: 0.1, spread: 16, alike: 0.3 });
  const { solution, lowerBound: bound } = plan(problem, 'exact', { nodeLimit: 60 });
  expect(validate(problem, solution)).toEqual([]);
  expect(solution.height).toBeLessThanOrEqual(1.015 * bound.bytes);
});
