// Plans of very many buffers: lowered where they reach above the floor, within limits, and never above placing by size.

import { describe, expect, test } from 'vitest';
import { lowerBound } from '../../../../engine/planner/bounds/max-live.ts';
import { sizeOrder } from '../../../../engine/planner/greedy/orders.ts';
import { placeInOrder, placeWithin } from '../../../../engine/planner/greedy/place.ts';
import { sweep } from '../../../../engine/planner/greedy/sweep.ts';
import { loweringPeaks } from '../../../../engine/planner/large/peaks.ts';
import { plan } from '../../../../engine/planner/plan.ts';
import type { Buffer, Problem } from '../../../../engine/planner/types.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { seededRandom } from '../../../../engine/random.ts';
import { loosened, randomProblem } from '../../../support/problems.ts';

interface Shape {
  readonly count: number;
  /** about so many live at a time */
  readonly live: number;
  readonly alignment?: number;
  /** every so manieth is fixed, at an offset that no other fixed one has */
  readonly fixedEach?: number;
}

/** Births at any time, lives of any length up to twice the mean. */
function streamOf({ count, live, alignment = 1, fixedEach }: Shape): Problem {
  const random = seededRandom(7);
  const buffers = Array.from({ length: count }, (_, b): Buffer => {
    const lower = Math.floor(random() * count);
    const upper = lower + 1 + Math.floor(random() * 2 * live);
    const size = 16 * (1 + Math.floor(random() * 1000));
    const buffer = { id: `${b}`, lower, upper, size, alignment };
    const isFixed = fixedEach !== undefined && b % fixedEach === 0;
    return isFixed ? { ...buffer, offset: 16_000 * (b / fixedEach) } : buffer;
  });
  return { buffers };
}

describe('peaks of a plan', () => {
  test.each([
    { count: 20_000, live: 5 },
    { count: 20_000, live: 30 },
    { count: 20_000, live: 30, alignment: 64 },
  ])('become lower, down to the bound or near it: %o', shape => {
    const problem = streamOf(shape);
    const floor = lowerBound(problem).bytes;
    const first = sweep(problem, floor);
    const run = () =>
      loweringPeaks(problem)(first, { floor, moves: 5e6, stop: () => false, random: seededRandom(1) });
    const lowered = run();
    expect(validate(problem, lowered)).toEqual([]);
    expect(first.height).toBeGreaterThan(1.02 * floor);
    expect(lowered.height).toBeLessThan(1.01 * floor);
    expect(run()).toEqual(lowered);
  });

  test('around fixed buffers and gaps', () => {
    let lower = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const plain = randomProblem(seed, { buffers: 80, steps: 40, maxSize: 500, fixed: true });
      const problem = loosened(plain, seed, { gaps: true });
      const whole = problem.buffers.map(({ gaps = [], ...buffer }) => ({
        ...buffer,
        gaps: gaps.map(gap => ({ lower: gap.lower, upper: gap.upper })),
      }));
      const free = { buffers: whole };
      const floor = lowerBound(free).bytes;
      const first = sweep(free, floor);
      const limits = { floor, moves: 1e6, stop: () => false, random: seededRandom(seed) };
      const lowered = loweringPeaks(free)(first, limits);
      expect(validate(free, lowered), `seed ${seed}`).toEqual([]);
      if (lowered.height < first.height) lower++;
    }
    expect(lower).toBeGreaterThan(5);
  });
});

describe('hundreds of thousands of buffers', () => {
  test.each([
    { count: 160_000, live: 5 },
    { count: 160_000, live: 40 },
    { count: 160_000, live: 20, alignment: 64 },
    { count: 160_000, live: 20, fixedEach: 10_000 },
  ])('exact is near the bound: %o', shape => {
    const problem = streamOf(shape);
    const { solution, lowerBound: bound } = plan(problem, 'exact');
    expect(validate(problem, solution)).toEqual([]);
    expect(solution.height).toBeLessThanOrEqual(1.03 * bound.bytes);
  });
});

test('where the sweep takes all the time there is, its highest peaks are lowered all the same', () => {
  const problem = streamOf({ count: 160_000, live: 5 });
  const { bytes } = lowerBound(problem);
  expect(sweep(problem, bytes).height).toBeGreaterThan(1.05 * bytes);
  const { solution } = plan(problem, 'exact', { timeLimitMs: 0 });
  expect(validate(problem, solution)).toEqual([]);
  expect(solution.height).toBeLessThan(1.01 * bytes);
});

test.each([{ alignment: 64 }, { alignment: 1 }])(
  'in the time that placing by size takes, exact is no higher: %o',
  ({ alignment }) => {
    const problem = streamOf({ count: 12_000, live: 300, alignment });
    let looks = 0;
    const clock = () => looks++;
    const bySize = plan(problem, 'size', { timeLimitMs: 1e6, clock });
    const exact = plan(problem, 'exact', { timeLimitMs: looks + 50, clock });
    expect(validate(problem, exact.solution)).toEqual([]);
    expect(exact.solution.height).toBeLessThanOrEqual(bySize.solution.height);
  },
);

test('thousands of which some may overlap are placed by size as by a look at all', () => {
  const plain = streamOf({ count: 6000, live: 5 });
  const overlaps = plain.buffers.flatMap(({ size }, below) =>
    below % 10 === 0 ? [{ below, above: below + 1, distance: size >> 1 }] : [],
  );
  const problem = { ...plain, overlaps };
  const layout = placeInOrder(problem, sizeOrder(problem), 'first');
  expect(validate(problem, layout)).toEqual([]);
  const { height } = placeInOrder(plain, sizeOrder(plain), 'first');
  expect(layout.height).toBeLessThan(1.1 * height);
});

describe('a placement that is broken off', () => {
  const problem = streamOf({ count: 5000, live: 100 });

  test('is given up soon after it is told to', () => {
    let asked = 0;
    const stop = () => ++asked >= 2;
    const limits = { below: Number.POSITIVE_INFINITY, stop };
    expect(placeWithin(problem, sizeOrder(problem), 'first', limits)).toBeUndefined();
    expect(asked).toBe(2);
  });

  test.each(['size', 'breadth', 'bestfit', 'refcount', 'tflm', 'climb', 'exact'] as const)(
    '%s: what there is then is a plan',
    strategy => {
      const overlaps = [{ below: 3, above: 4, distance: 16 }];
      for (const given of [problem, { ...problem, overlaps }]) {
        const { solution } = plan(given, strategy, { cancelled: () => true });
        expect(validate(given, solution)).toEqual([]);
        expect(solution).toEqual({
          height: solution.height,
          offsets: sweep(given, lowerBound(given).bytes).offsets,
        });
      }
    },
  );
});
