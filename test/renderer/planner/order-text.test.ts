import { expect, test } from 'vitest';
import { orderText } from '../../../renderer/planner/order-text.ts';

const searched = { states: 5, ms: 1 };

test('a proved order, the one of the file or another', () => {
  const same = { givenPeakBytes: 9, peakBytes: 9, lowerBoundBytes: 9, proved: true, ...searched };
  expect(orderText(same)).toBe('In the order of the file 9 B are live at once. No order has less: proved.');
  expect(orderText({ ...same, givenPeakBytes: 12 })).toBe(
    'Another order has 9 B live at once instead of 12 B. No order has less: proved.',
  );
});

test('what is open, and why', () => {
  const open = { givenPeakBytes: 9, peakBytes: 9, lowerBoundBytes: 6, proved: false, ...searched };
  expect(orderText({ ...open, stoppedBy: 'work' })).toBe(
    'In the order of the file 9 B are live at once. ' +
      'No order has less than 6 B, a gap of 3 B: the search ended at its limit of work.',
  );
});
