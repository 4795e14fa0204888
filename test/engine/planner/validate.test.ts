import { expect, test } from 'vitest';
import type { Problem } from '../../../engine/planner/types.ts';
import { validate } from '../../../engine/planner/validate.ts';

const problem: Problem = {
  buffers: [
    { id: 'a', lower: 0, upper: 2, size: 4 },
    { id: 'b', lower: 1, upper: 3, size: 4, alignment: 4 },
    { id: 'c', lower: 2, upper: 3, size: 4, offset: 8 },
  ],
};
const kinds = (offsets: readonly number[], height: number) =>
  validate(problem, { offsets, height }).map(({ kind, buffers }) => [kind, ...buffers]);

test('a valid solution breaks no rule', () => {
  expect(kinds([0, 4, 8], 12)).toEqual([]);
});

test('buffers of different times may share bytes', () => {
  expect(kinds([8, 4, 8], 12)).toEqual([]);
});

test.each([
  ['overlap', [2, 4, 8], 12, ['overlap', 0, 1]],
  ['alignment', [0, 5, 8], 12, ['alignment', 1]],
  ['a moved fixed buffer', [0, 4, 12], 16, ['fixed', 2]],
  ['a negative offset', [-4, 4, 8], 12, ['offset', 0]],
  ['half a byte', [0.5, 8, 8], 12, ['offset', 0]],
  ['a missing offset', [0, 4], 8, ['count']],
  ['a height too low', [0, 4, 8], 11, ['height']],
  ['a height too high', [0, 4, 8], 13, ['height']],
])('%s is found', (_, offsets, height, violation) => {
  expect(kinds(offsets, height)).toContainEqual(violation);
});

test('a violation says where, in steps and bytes', () => {
  const [first] = validate(problem, { offsets: [2, 4, 8], height: 12 });
  expect(first?.message).toBe('a and b share bytes [4, 6) in steps [1, 2)');
});
