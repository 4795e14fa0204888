// Pairs that meet: all of them with their distances, none that may lie anywhere; too many are left to others.

import { expect, test } from 'vitest';
import { placeInOrder } from '../../../../engine/planner/greedy/place.ts';
import { companyOf } from '../../../../engine/planner/problem/company.ts';
import { pairOf, sharesSteps } from '../../../../engine/planner/problem/distances.ts';
import type { Problem } from '../../../../engine/planner/types.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { randomProblem } from '../../../support/problems.ts';

/** As for a problem that is placed again and again. */
function companyAtLast(problem: Problem): ReturnType<typeof companyOf> {
  const asked = Array.from({ length: 10 }, () => companyOf(problem));
  expect(asked[0]).toBeUndefined();
  return asked.at(-1);
}

/** Some need fewer bytes in the middle of their lives. */
function gapped(seed: number): Problem {
  const { buffers } = randomProblem(seed, { buffers: 40, steps: 20, maxSize: 60, fixed: true });
  return {
    buffers: buffers.map(buffer => {
      const { lower, upper, size } = buffer;
      if (upper - lower < 3) return buffer;
      return {
        ...buffer,
        gaps: [{ lower: lower + 1, upper: upper - 1, window: { from: 0, to: size >> 1 } }],
      };
    }),
  };
}

test.each([1, 2, 3, 4, 5])('random problem %i', seed => {
  const problem = gapped(seed);
  const company = companyAtLast(problem);
  if (!company) throw new Error('expected few pairs');
  const { first, end, other, under, over } = company;
  problem.buffers.forEach((buffer, b) => {
    const row = new Map<number, { under: number; over: number }>();
    for (let at = first[b] ?? 0; at < (end[b] ?? 0); at++) {
      row.set(other[at] ?? -1, { under: under[at] ?? 0, over: over[at] ?? 0 });
    }
    problem.buffers.forEach((met, o) => {
      const isApart = o === b || !sharesSteps(buffer, met) || buffer.size === 0 || met.size === 0;
      const pair = isApart ? { under: 0, over: 0 } : pairOf(buffer, met);
      expect(row.get(o), `${b} and ${o}`).toEqual(pair.under + pair.over > 0 ? pair : undefined);
    });
  });
  const order = [...problem.buffers.keys()];
  for (const fit of ['first', 'best', 'heap'] as const) {
    const layout = placeInOrder(problem, order, fit);
    expect(layout.placements.map(({ buffer }) => buffer).sort((a, b) => a - b)).toEqual(order);
    expect(validate(problem, layout)).toEqual([]);
  }
});

test('many that all meet', () => {
  const buffers = Array.from({ length: 200 }, (_, b) => ({ id: `b${b}`, lower: 0, upper: 1, size: b + 1 }));
  const problem = { buffers };
  expect(companyAtLast(problem)).toBeUndefined();
  const { height } = placeInOrder(problem, [...buffers.keys()], 'first');
  expect(height).toBe((200 * 201) / 2);
});
