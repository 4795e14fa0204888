import { expect, test } from 'vitest';
import { coreBound } from '../../../../engine/planner/bounds/cores.ts';
import { lowerBound } from '../../../../engine/planner/bounds/max-live.ts';
import { plan } from '../../../../engine/planner/plan.ts';
import { fitsWithin } from '../../../support/every-offset.ts';
import { loosened, randomProblem } from '../../../support/problems.ts';

test('random problems: never above what fits, and often above the largest live sum', () => {
  let raised = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const shape = { buffers: 4 + (seed % 7), steps: 4 + (seed % 5), maxSize: 6, aligned: seed % 3 === 0 };
    const plain = randomProblem(seed, shape);
    const problem =
      seed % 2 === 0 ? plain : loosened(plain, seed, { gaps: seed % 4 === 1, overlaps: 'both' });
    const low = lowerBound(problem).bytes;
    const { height } = plan(problem, 'size').solution;
    const bound = coreBound(problem, low, height);
    expect(bound, `seed ${seed}`).toBeGreaterThanOrEqual(low);
    expect(bound, `seed ${seed}`).toBeLessThanOrEqual(height);
    // Exact overlaps are left out here, so a placement of all the others is one of these too.
    const overlaps = problem.overlaps?.map(({ exact: _, ...overlap }) => overlap) ?? [];
    expect(fitsWithin({ buffers: problem.buffers, overlaps }, bound - 1), `seed ${seed}`).toBe(false);
    if (bound > low) raised++;
  }
  expect(raised).toBeGreaterThan(10);
});

test('a few tight steps in a long problem', () => {
  // Between the first two and the last, a chain in which every buffer lies with its neighbours needs one more place.
  const chain = (from: number) =>
    [4, 8, 4, 8, 4, 8, 4, 8].map((size, i) => ({
      id: `${from + i}`,
      lower: from + i,
      upper: from + i + 3,
      size,
    }));
  const buffers = Array.from({ length: 20 }, (_, k) => chain(20 * k)).flat();
  const exact = plan({ buffers }, 'exact');
  expect(exact.optimal).toBe(true);
  expect(fitsWithin({ buffers: chain(0) }, exact.solution.height - 1)).toBe(false);
});
