// What steps need wherever buffers are placed: no plan gets any of them below it.

import { expect, test } from 'vitest';
import { lowerBound, stepNeeds } from '../../../engine/planner/bound.ts';
import { plan } from '../../../engine/planner/plan.ts';
import { randomProblem } from '../../support/problems.ts';

test.each([1, 2, 3, 4, 5, 6])('random problem %i: the most that a step needs is the bound', seed => {
  const steps = 15;
  const plain = randomProblem(seed, { buffers: 40, steps, maxSize: 100 });
  const trailing = plain.buffers.map(({ size }, below) => ({
    below,
    above: (below + 1) % plain.buffers.length,
    distance: size >> 1,
  }));
  for (const problem of [plain, { ...plain, overlaps: trailing }]) {
    const needs = stepNeeds(problem, steps);
    const largest = Math.max(...problem.buffers.map(({ size }) => size));
    expect(Math.max(largest, ...needs)).toBe(lowerBound(problem).bytes);
    const { offsets } = plan(problem, 'size').solution;
    for (let step = 0; step < steps; step++) {
      const tops = problem.buffers.flatMap(({ lower, upper, size }, b) =>
        lower <= step && step < upper ? [(offsets[b] ?? 0) + size] : [],
      );
      expect(Math.max(0, ...tops), `step ${step}`).toBeGreaterThanOrEqual(needs[step] ?? 0);
    }
  }
});
