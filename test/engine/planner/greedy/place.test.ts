// Placing in an order: given up where the plan gets no lower than asked for, and the same plan otherwise.

import { describe, expect, test } from 'vitest';
import { placeEither } from '../../../../engine/planner/greedy/below-first.ts';
import { birthOrder, sizeOrder } from '../../../../engine/planner/greedy/orders.ts';
import { placeInOrder, placeWithin } from '../../../../engine/planner/greedy/place.ts';
import type { Problem } from '../../../../engine/planner/types.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { randomProblem } from '../../../support/problems.ts';

/** Neighbours in time may trail each other. */
function trailing(seed: number): Problem {
  const problem = randomProblem(seed, { buffers: 30, steps: 12, maxSize: 60 });
  const overlaps = problem.buffers.flatMap(({ size }, below) =>
    below % 3 === 0 && below + 1 < problem.buffers.length
      ? [{ below, above: below + 1, distance: size >> 1 }]
      : [],
  );
  return { ...problem, overlaps };
}

describe('placing below a height', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('random problem %i', seed => {
    for (const problem of [randomProblem(seed, { buffers: 40, steps: 20, maxSize: 100 }), trailing(seed)]) {
      for (const order of [sizeOrder(problem), birthOrder(problem)]) {
        const whole = placeInOrder(problem, order, 'first');
        expect(placeWithin(problem, order, 'first', { below: whole.height + 1 })).toEqual(whole);
        expect(placeWithin(problem, order, 'first', { below: whole.height })).toBeUndefined();
      }
    }
  });

  test('several orders: valid, and no higher than the first', () => {
    let better = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const problem = trailing(seed);
      const either = placeEither(problem, sizeOrder(problem), 'first');
      const { height } = placeInOrder(problem, sizeOrder(problem), 'first');
      expect(validate(problem, either)).toEqual([]);
      expect(either.height).toBeLessThanOrEqual(height);
      if (either.height < height) better++;
    }
    expect(better).toBeGreaterThan(0);
  });
});
