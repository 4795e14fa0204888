import { expect, it } from 'vitest';
import { verdictOf } from '../../../renderer/compare/verdict.ts';

it.each([
  [{ ratio: 0.5, overlapping: false }, 'B is 2.00× as fast as A'],
  [{ ratio: 1.25, overlapping: false }, 'B takes 1.25× the time of A'],
  [{ ratio: 0.97, overlapping: true }, 'B takes 97 % of A’s time, which may be noise: the intervals meet'],
  [{ ratio: 1.004, overlapping: true }, 'A and B take the same time within noise'],
  [{ overlapping: false }, 'There is nothing to compare'],
])('%j', (total, text) => expect(verdictOf({ total, sameDimensions: true })).toBe(text));

it('gives no ratio of runs of other dimensions', () => {
  const total = { ratio: 0.5, overlapping: false };
  expect(verdictOf({ total, sameDimensions: false })).toContain('cannot be compared');
});
