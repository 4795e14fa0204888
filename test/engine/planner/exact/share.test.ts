import { expect, test } from 'vitest';
import { Share } from '../../../../engine/planner/exact/share.ts';

/** Nodes spent while others do a million, ten thousand at a time. */
function spentOf(share: Share, hasGained: boolean): number {
  let spent = 0;
  for (let done = 0; done < 100; done++) {
    share.earn(10_000);
    for (; share.isDue; spent += 1000) share.spend(1000, hasGained);
  }
  return spent;
}

test('of all work it gets the largest share while it gains, the least one when it does not', () => {
  const shares = { most: 1 / 2, least: 1 / 5 };
  expect(spentOf(new Share(shares), true) / 1e6).toBeCloseTo(1, 1);
  expect(spentOf(new Share(shares), false) / 1e6).toBeCloseTo(1 / 4, 1);
});

test('it waits until others have earned so much for it, and comes back to the largest share with a gain', () => {
  const share = new Share({ most: 1 / 2, least: 1 / 8 });
  share.wait(5000);
  share.earn(5000);
  expect(share.isDue).toBe(false);
  share.earn(1);
  expect(share.isDue).toBe(true);
  for (let idle = 0; idle < 4; idle++) share.spend(0, false);
  share.spend(10_001, true);
  share.earn(10_001);
  expect(share.isDue).toBe(true);
});
