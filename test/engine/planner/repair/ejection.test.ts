import { expect, test } from 'vitest';
import { lowerBound } from '../../../../engine/planner/bounds/max-live.ts';
import { plan } from '../../../../engine/planner/plan.ts';
import { canEject, eject } from '../../../../engine/planner/repair/ejection.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { seededRandom } from '../../../../engine/random.ts';
import { gappedProblem, randomProblem } from '../../../support/problems.ts';

test('moves buffers one by one to a lower placement, the same for the same seed, and never a higher one', () => {
  let lower = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const size = { buffers: 20 + seed, steps: 30, maxSize: 50, aligned: seed % 2 === 0 };
    const random = randomProblem(seed, size);
    const problem = { buffers: random.buffers.map(({ offset: _, gaps: __, ...buffer }) => buffer) };
    expect(canEject(problem), `seed ${seed}`).toBe(true);
    const first = plan(problem, 'size').solution;
    const floor = lowerBound(problem).bytes;
    const run = (moves: number) =>
      eject(
        problem,
        { ...first, placements: [] },
        { floor, moves, stop: () => false, random: seededRandom(seed) },
      );
    const found = run(3000);
    expect(validate(problem, found), `seed ${seed}`).toEqual([]);
    expect(found.height, `seed ${seed}`).toBeLessThanOrEqual(first.height);
    expect(found, `seed ${seed}`).toEqual(run(3000));
    expect(run(0).height, `seed ${seed}`).toBe(first.height);
    if (found.height < first.height) lower++;
  }
  expect(lower).toBeGreaterThan(10);
});

test('thousands that live at random: within a few percent of the bound', () => {
  const random = seededRandom(3);
  const buffers = Array.from({ length: 1500 }, (_, at) => {
    const lower = Math.floor(random() * 1500);
    const upper = lower + 1 + Math.floor(random() * 600);
    return { id: `b${at}`, lower, upper, size: 1 + Math.floor(random() * 1e6) };
  });
  const { solution, lowerBound: bound } = plan({ buffers }, 'exact', { nodeLimit: 20 });
  expect(validate({ buffers }, solution)).toEqual([]);
  expect(solution.height / bound.bytes).toBeLessThan(1.05);
});

test('moves what is not fixed, and into gaps: fixed buffers stay', () => {
  let lower = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const shape = {
      buffers: 20 + seed,
      steps: 30,
      maxSize: 50,
      aligned: seed % 2 === 0,
      fixed: seed % 3 > 0,
    };
    const problem = gappedProblem(seed, shape);
    expect(canEject(problem), `seed ${seed}`).toBe(true);
    const first = plan(problem, 'breadth').solution;
    const floor = lowerBound(problem).bytes;
    const limits = { floor, moves: 3000, stop: () => false, random: seededRandom(seed) };
    const found = eject(problem, { ...first, placements: [] }, limits);
    expect(validate(problem, found), `seed ${seed}`).toEqual([]);
    expect(found.height, `seed ${seed}`).toBeLessThanOrEqual(first.height);
    if (found.height < first.height) lower++;
  }
  expect(lower).toBeGreaterThan(10);
});

test('thousands of which some are fixed and some need nothing for a while: within a few percent of the bound', () => {
  const random = seededRandom(4);
  const buffers = Array.from({ length: 1500 }, (_, at) => {
    const lower = Math.floor(random() * 1500);
    const life = 4 + Math.floor(random() * 200);
    const middle = lower + Math.floor(life / 2);
    const size = 1 + Math.floor(random() * 1e6);
    const gaps = [{ lower: middle, upper: middle + Math.ceil(life / 4) }];
    const isFixed = at % 100 === 0;
    return {
      id: `b${at}`,
      lower: isFixed ? at : lower,
      upper: isFixed ? at + 50 : lower + life,
      size,
      ...(isFixed ? { offset: Math.floor(random() * 2e7) } : at % 3 === 0 && { gaps }),
    };
  });
  const first = plan({ buffers }, 'size').solution;
  const floor = lowerBound({ buffers }).bytes;
  const limits = { floor, moves: 5000, stop: () => false, random: seededRandom(1) };
  const found = eject({ buffers }, { ...first, placements: [] }, limits);
  expect(validate({ buffers }, found)).toEqual([]);
  expect(found.height / floor).toBeLessThan(1.05);
});
