// A question asked again is not searched for again, and what was cut short is not remembered.

import { expect, test } from 'vitest';
import { KnownAnswers } from '../../../engine/planner/known-answers.ts';
import { plan } from '../../../engine/planner/plan.ts';
import type { Problem } from '../../../engine/planner/types.ts';

const PROBLEM: Problem = {
  buffers: [
    { id: 'a', lower: 0, upper: 2, size: 3 },
    { id: 'b', lower: 1, upper: 3, size: 5 },
    { id: 'c', lower: 2, upper: 4, size: 3 },
  ],
};
const renamed: Problem = { buffers: PROBLEM.buffers.map(buffer => ({ ...buffer, id: `${buffer.id}'` })) };

test('the same problem has the same answer, and other limits, strategies or sizes ask again', () => {
  const known = new KnownAnswers();
  const { offsets } = plan(PROBLEM, 'exact', { known }).solution;
  expect(plan(renamed, 'exact', { known }).solution.offsets).toBe(offsets);
  expect(plan(PROBLEM, 'exact').solution.offsets).toEqual(offsets);
  expect(plan(PROBLEM, 'climb', { known }).solution.offsets).not.toBe(offsets);
  expect(plan(PROBLEM, 'exact', { known, nodeLimit: 7 }).solution.offsets).not.toBe(offsets);
  const [first, ...others] = PROBLEM.buffers;
  const larger: Problem = {
    buffers: [{ id: 'a', lower: 0, upper: 2, size: (first?.size ?? 0) + 1 }, ...others],
  };
  expect(plan(larger, 'exact', { known }).solution.height).toBe(9);
});

test('what somebody stopped is searched for again, and the oldest answers are given up', () => {
  const known = new KnownAnswers(2);
  let asked = 0;
  const ask = (question: string, cancelled = false) =>
    known.answer(
      question,
      () => ++asked,
      () => cancelled,
    );
  expect([ask('a', true), ask('a'), ask('a')]).toEqual([1, 2, 2]);
  expect([ask('b'), ask('c'), ask('b'), ask('a')]).toEqual([3, 4, 3, 5]);
});
