import { expect, test } from 'vitest';
import { measureSharedPeak } from '../../../../engine/host/process/shared-peak.ts';

test('several threads run the loop together, and end', async () => {
  // A clock of the test's own: every look is a millisecond later, so that the loop runs some 30 times.
  let nowMs = 0;
  const flopsPerSecond = await measureSharedPeak('128', 3, () => nowMs++);
  const [calls, rounds, chains, lanes] = [3 * 4, 100_000, 12, 4];
  expect(flopsPerSecond).toBe(calls * rounds * chains * lanes * 2 * 1000);
});
