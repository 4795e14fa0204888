import { expect, test } from 'vitest';
import { waitedNs, waitsOf } from '../../../../engine/host/bench/waiting.ts';

test.skipIf(process.platform !== 'linux')('every thread of a process has waited for some time', () => {
  const waits = waitsOf(process.pid);
  // Node has threads of its own beside the one that runs this.
  expect(waits?.size).toBeGreaterThan(1);
  for (const ns of waits?.values() ?? []) expect(ns).toBeGreaterThanOrEqual(0);
});

test('nothing is known of a process that there is not', () => {
  expect(waitsOf(2 ** 30)).toBeUndefined();
  expect(waitsOf(undefined)).toBeUndefined();
});

test('threads that begin count from their start, those that end not at all', () => {
  const before = new Map([
    ['1', 100],
    ['2', 5000],
  ]);
  const after = new Map([
    ['1', 130],
    ['3', 7],
  ]);
  expect(waitedNs(before, after)).toBe(37);
});
