import { expect, test } from 'vitest';
import { plan } from '../../../engine/planner/plan.ts';
import { SharedBounds } from '../../../engine/planner/shared-bounds.ts';
import { validate } from '../../../engine/planner/validate.ts';
import { randomProblem } from '../../support/problems.ts';

test('heights only fall, proofs only rise, and whoever shares the memory sees both', () => {
  const mine = new SharedBounds();
  const theirs = new SharedBounds(mine.memory);
  for (const bytes of [70, 90, 60]) mine.found(bytes);
  for (const bytes of [10, 30, 20]) theirs.prove(bytes);
  expect([theirs.height, mine.proved]).toEqual([60, 30]);
});

test('what others found and proved ends a search, and never makes a false proof', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const problem = randomProblem(seed, { buffers: 9, steps: 5, maxSize: 20, aligned: seed % 2 === 0 });
    const alone = plan(problem, 'exact');
    const best = alone.solution.height;
    const label = `seed ${seed}`;
    expect(alone.optimal, label).toBe(true);
    for (const [height, proved] of [
      [best, 0],
      [best + 1, best],
      [best, best],
      [best + 5, Math.max(0, best - 1)],
    ] as const) {
      const shared = new SharedBounds();
      shared.found(height);
      shared.prove(proved);
      const beside = plan(problem, 'exact', { shared });
      expect(validate(problem, beside.solution), label).toEqual([]);
      expect(beside.lowerBound.bytes, label).toBeLessThanOrEqual(best);
      expect(shared.height, label).toBe(best);
      // All searches that share have found the best together, and know it.
      expect(Math.max(shared.proved, beside.lowerBound.bytes), label).toBe(best);
    }
  }
});
