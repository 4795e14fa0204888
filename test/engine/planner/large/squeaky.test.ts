import { expect, test } from 'vitest';
import { lowerBound } from '../../../../engine/planner/bounds/max-live.ts';
import { placeEither } from '../../../../engine/planner/greedy/below-first.ts';
import { sizeOrder } from '../../../../engine/planner/greedy/orders.ts';
import { repaired } from '../../../../engine/planner/large/squeaky.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { loosened, randomProblem } from '../../../support/problems.ts';

test('a repair is valid, never above greedy by size and often below it', () => {
  let lower = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const plain = randomProblem(seed, { buffers: 30, steps: 12, maxSize: 50, aligned: seed % 3 === 0 });
    const problem = loosened(plain, seed, { gaps: true, ...(seed % 2 === 0 && { overlaps: 'least' }) });
    const greedy = placeEither(problem, sizeOrder(problem), 'first');
    const layout = repaired(problem, lowerBound(problem).bytes, () => false);
    expect(validate(problem, layout), `seed ${seed}`).toEqual([]);
    expect(layout.height, `seed ${seed}`).toBeLessThanOrEqual(greedy.height);
    if (layout.height < greedy.height) lower++;
  }
  expect(lower).toBeGreaterThan(20);
});
