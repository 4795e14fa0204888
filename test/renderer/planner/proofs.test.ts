import { expect, test } from 'vitest';
import { proofOf, withKnownBound } from '../../../renderer/planner/proofs.ts';
import { PLAN } from '../support/made-up.ts';

const open = { ...PLAN, peakBytes: 110, lowerBoundBytes: 100, optimal: false };
const proved = { ...open, lowerBoundBytes: 110, optimal: true };

test('a floor that one strategy proved holds for all plans of the same problem', () => {
  const known = withKnownBound(open, [open, proved]);
  expect(known).toMatchObject({ lowerBoundBytes: 110, optimal: true });
  expect(proofOf(known, 110)).toBe('optimal');
});

test('it says nothing of other problems', () => {
  expect(withKnownBound(open, [open, { ...proved, problem: 7 }])).toEqual(open);
});
