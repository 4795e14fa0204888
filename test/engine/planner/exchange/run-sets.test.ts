import { describe, expect, test } from 'vitest';
import { RunSets } from '../../../../engine/planner/exchange/run-sets.ts';
import { seededRandom } from '../../../../engine/random.ts';

/** All sets of so many members, as masks, with what they add up to. */
function setsOf(sums: readonly number[], count: number): { mask: number; sum: number }[] {
  return Array.from({ length: 2 ** sums.length }, (_, mask) => ({
    mask,
    members: sums.filter((_, at) => (mask >> at) % 2 === 1),
  }))
    .filter(({ members }) => members.length === count)
    .map(({ mask, members }) => ({ mask, sum: members.reduce((sum, bytes) => sum + bytes, 0) }));
}

describe('sets that add up to the same', () => {
  test('are all found, and none twice', () => {
    const random = seededRandom(1);
    let found = 0;
    for (let round = 0; round < 200; round++) {
      const large = round % 2 === 0 ? 1 : 2 ** 33;
      const sums = () =>
        Array.from({ length: 1 + Math.floor(random() * 6) }, () => large * (1 + Math.floor(random() * 9)));
      const [here, there] = [sums(), sums()];
      const [sets, others] = [new RunSets(here), new RunSets(there)];
      for (let count = 1; count <= here.length; count++) {
        for (let other = 1; other <= there.length; other++) {
          const pairs = [...sets.equals(count, others, other)].map(pair => `${pair}`);
          const expected = setsOf(here, count).flatMap(a =>
            setsOf(there, other).flatMap(b => (a.sum === b.sum ? [`${[a.mask, b.mask]}`] : [])),
          );
          expect(pairs.toSorted()).toEqual(expected.toSorted());
          found += pairs.length;
        }
      }
    }
    expect(found).toBeGreaterThan(1000);
  });

  test('have few members where there are many to choose from', () => {
    const most = (count: number) => new RunSets(new Array(count).fill(1)).most;
    expect([most(1), most(12), most(13), most(24), most(50), most(100), most(2000)]).toEqual([
      1, 12, 4, 3, 2, 1, 0,
    ]);
  });
});
