import { describe, expect, test } from 'vitest';
import { lowerBound } from '../../../../engine/planner/bounds/max-live.ts';
import { sweepBound } from '../../../../engine/planner/bounds/sweep.ts';
import { plan } from '../../../../engine/planner/plan.ts';
import type { Problem } from '../../../../engine/planner/types.ts';
import { randomProblem, sharedProblems } from '../../../support/problems.ts';
import { hasShared } from '../../../support/shared.ts';

const raised = (problem: Problem, high: number): number =>
  sweepBound(problem, lowerBound(problem).bytes, high);

describe('the bound from a sweep', () => {
  test('is never above the optimum', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const problem = randomProblem(seed, {
        buffers: 3 + (seed % 7),
        steps: 3 + (seed % 6),
        maxSize: 2 + (seed % 12),
        aligned: seed % 2 === 0,
      });
      const { height } = plan(problem, 'exact').solution;
      const greedy = plan(problem, 'refcount').solution.height;
      expect(raised(problem, greedy), `seed ${seed}`).toBeLessThanOrEqual(height);
    }
  });

  test('finds what live sizes alone do not show', () => {
    // Four units are live in every step, yet the blocks cannot be arranged so that each pair of units that
    // becomes free together lies together.
    const lives = [
      [0, 1, 2],
      [1, 2, 1],
      [0, 3, 2],
      [1, 4, 1],
      [3, 5, 2],
      [5, 6, 1],
      [2, 6, 1],
      [4, 7, 1],
      [5, 7, 1],
      [6, 8, 2],
      [7, 9, 2],
      [8, 9, 2],
    ] as const;
    const buffers = lives.map(([lower, upper, size], b) => ({ id: `b${b}`, lower, upper, size }));
    expect(lowerBound({ buffers }).bytes).toBe(4);
    expect(raised({ buffers }, 6)).toBe(5);
    expect(plan({ buffers }, 'exact')).toMatchObject({
      solution: { height: 5 },
      lowerBound: { bytes: 5, searched: true },
      optimal: true,
    });
  });

  test.skipIf(!hasShared)('uretinex.csv needs 51,609,600 bytes, more than it has live at any time', () => {
    const { problem } = sharedProblems().find(({ name }) => name === 'uretinex.csv') ?? {};
    if (problem === undefined) throw new Error('uretinex.csv is missing');
    expect(lowerBound(problem).bytes).toBe(48_384_000);
    expect(raised(problem, 53_452_800)).toBe(51_609_600);
  });
});
