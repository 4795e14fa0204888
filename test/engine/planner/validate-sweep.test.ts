import { expect, test } from 'vitest';
import { sweep } from '../../../engine/planner/greedy/sweep.ts';
import { plan } from '../../../engine/planner/plan.ts';
import type { Problem, Solution } from '../../../engine/planner/types.ts';
import { validate } from '../../../engine/planner/validate.ts';
import { findOverlap } from '../../../engine/planner/validate-sweep.ts';
import { seededRandom } from '../../../engine/random.ts';
import { loosened, randomProblem } from '../../support/problems.ts';

/** Whether any two buffers of a plain problem share a byte in a step: every pair. */
function anyOverlap({ buffers }: Problem, { offsets }: Solution): boolean {
  return buffers.some((a, i) =>
    buffers.some((b, j) => {
      if (j <= i || a.size === 0 || b.size === 0 || a.lower >= b.upper || b.lower >= a.upper) return false;
      const [x, y] = [offsets[i] ?? 0, offsets[j] ?? 0];
      return x < y + b.size && y < x + a.size;
    }),
  );
}

test('it finds an overlap where there is one, and none elsewhere', () => {
  let overlapping = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const random = seededRandom(seed);
    const problem = randomProblem(seed, { buffers: 2 + (seed % 90), steps: 1 + (seed % 40), maxSize: 30 });
    const { solution } = plan(problem, 'size');
    const offsets = [...solution.offsets];
    // Half of the solutions are broken in one place.
    if (seed % 2 === 0)
      offsets[Math.floor(random() * offsets.length)] = Math.floor(random() * solution.height);
    const found = findOverlap(problem, { offsets, height: 0 }, [...problem.buffers.keys()]);
    const expected = anyOverlap(problem, { offsets, height: 0 });
    expect(found !== undefined, `seed ${seed}`).toBe(expected);
    if (expected) overlapping++;
  }
  expect(overlapping).toBeGreaterThan(50);
});

test('many buffers: a valid plan passes, one buffer moved is found', () => {
  const shape = { buffers: 20_000, steps: 5000, maxSize: 1000 };
  const problem: Problem = {
    buffers: randomProblem(3, shape).buffers.map(buffer => ({
      ...buffer,
      upper: Math.min(buffer.upper, buffer.lower + 60),
    })),
  };
  const { offsets, height } = sweep(problem, 0);
  expect(validate(problem, { offsets, height })).toEqual([]);
  const moved = problem.buffers.findIndex(({ size }, b) => size > 0 && (offsets[b] ?? 0) > 5000);
  const broken = offsets.with(moved, (offsets[moved] ?? 0) - 1);
  const [violation] = validate(problem, { offsets: broken, height });
  expect(violation).toMatchObject({ kind: 'overlap' });
  expect(violation?.buffers).toContain(moved);
});

test('many buffers, some of which may share bytes', () => {
  const plain = randomProblem(4, { buffers: 3100, steps: 3000, maxSize: 100 }).buffers.map(buffer => ({
    ...buffer,
    upper: Math.min(buffer.upper, buffer.lower + 20),
  }));
  const some = loosened({ buffers: plain.slice(0, 60) }, 4, { gaps: true });
  const problem = { buffers: [...some.buffers, ...plain.slice(60)] };
  const { solution } = plan(problem, 'size');
  expect(validate(problem, solution)).toEqual([]);
});
