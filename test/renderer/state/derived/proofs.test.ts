import { expect, test } from 'vitest';
import { sharingBounds, withKnownBound } from '../../../../renderer/state/derived/proofs.ts';
import { OPTIONS, PLAN, reportFor } from '../../support/made-up.ts';

const open = { ...PLAN, problem: 5, peakBytes: 110, lowerBoundBytes: 100, optimal: false };
const proved = { ...open, lowerBoundBytes: 110, optimal: true };

test('a floor that one strategy proved holds for all plans of the same problem', () => {
  expect(withKnownBound(open, [open, proved])).toMatchObject({ lowerBoundBytes: 110, optimal: true });
});

test('it says nothing of other problems', () => {
  expect(withKnownBound(open, [open, { ...proved, problem: 7 }])).toBe(open);
});

test('a floor above which a plan lies is told, and the plan is not called the least', () => {
  const floor = { problem: open.problem, lowerBoundBytes: 105 };
  expect(withKnownBound(open, [floor])).toMatchObject({ lowerBoundBytes: 105, optimal: false });
});

test('reports learn of each other, and of what else was proved; the others stay as they were', () => {
  const [first, second] = [
    { ...reportFor(OPTIONS), asExecuted: open },
    { ...reportFor(OPTIONS), asExecuted: proved },
  ];
  const known = sharingBounds(
    new Map([
      ['size', first],
      ['exact', second],
    ]),
  );
  expect(known.get('size')?.asExecuted).toMatchObject({ lowerBoundBytes: 110, optimal: true });
  expect(known.get('exact')).toBe(second);
  const told = sharingBounds(new Map([['size', first]]), [proved]);
  expect(told.get('size')?.asExecuted.optimal).toBe(true);
});
