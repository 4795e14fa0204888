import { expect, test } from 'vitest';
import { isOverdue, startWaiting } from '../../../../engine/host/process/patience.ts';

test('who had the time to end and did not is overdue', () => {
  expect(isOverdue({ wallMs: 2000, processorMs: 2000 })).toBe(true);
  // Several threads use more than passes.
  expect(isOverdue({ wallMs: 1000, processorMs: 4000 })).toBe(false);
});

test('who had none is waited for, but not for ever', () => {
  expect(isOverdue({ wallMs: 5000, processorMs: 300 })).toBe(false);
  expect(isOverdue({ wallMs: 60_000, processorMs: 0 })).toBe(true);
});

test('both times are counted from the start', () => {
  const waited = startWaiting();
  while (waited().processorMs < 5);
  const { wallMs, processorMs } = waited();
  expect(wallMs).toBeGreaterThan(0);
  expect(processorMs).toBeGreaterThanOrEqual(5);
});
