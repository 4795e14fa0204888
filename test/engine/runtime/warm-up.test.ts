import { expect, test } from 'vitest';
import { needsWarmUp } from '../../../engine/runtime/warm-up.ts';

const MS = 1e6;

/** Runs until the session counts as warm, of which the n-th takes `ns(n)`. */
function warmUp(ns: (run: number) => number): number[] {
  const times = [ns(0)];
  while (needsWarmUp(times)) times.push(ns(times.length));
  return times;
}

test('a session whose kernels are replaced late is not warm before', () => {
  for (const [slow, fast, spentMs] of [
    [15, 5, 280],
    [2.5, 0.7, 290],
    [90, 45, 260],
  ] as const) {
    let spent = 0;
    const times = warmUp(() => {
      const ms = spent < spentMs ? slow : fast;
      spent += ms;
      return ms * MS;
    });
    expect(times.at(-1), `${slow} ms, then ${fast}`).toBe(fast * MS);
  }
});

test('one that goes on becoming faster is warm once it does not any more', () => {
  const times = warmUp(run => Math.max(10, 40 * 0.9 ** run) * MS);
  expect(times.at(-1)).toBe(10 * MS);
});

test('tiny and huge models end', () => {
  expect(warmUp(() => 0.001 * MS).length).toBeLessThanOrEqual(2000);
  expect(warmUp(() => 6000 * MS)).toHaveLength(2);
});
