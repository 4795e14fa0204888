import { expect, test } from 'vitest';
import { proofOf, withKnownBound } from '../../../renderer/planner/proofs.ts';
import { PLAN } from '../support/made-up.ts';

const open = { ...PLAN, peakBytes: 110, lowerBoundBytes: 100, optimal: false };
const proved = { ...open, lowerBoundBytes: 110, optimal: true };

test('a floor that one strategy proved holds for all plans of the same lifetimes', () => {
  const known = withKnownBound(open, [open, proved]);
  expect(known).toMatchObject({ lowerBoundBytes: 110, optimal: true });
  expect(proofOf(known, 110)).toBe('optimal');
});

test('it says nothing of other lifetimes', () => {
  const [first, ...others] = proved.tensors;
  const longer = { ...proved, tensors: first ? [{ ...first, upper: first.upper + 1 }, ...others] : [] };
  expect(withKnownBound(open, [open, longer])).toEqual(open);
});
