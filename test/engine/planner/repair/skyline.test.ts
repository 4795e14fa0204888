import { expect, test } from 'vitest';
import { Skyline } from '../../../../engine/planner/repair/skyline.ts';
import { seededRandom } from '../../../../engine/random.ts';

test('heights are those of a plain array, whatever is raised in whatever order', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    const count = 1 + Math.floor(40 * random());
    const skyline = new Skyline(count);
    const heights = new Array<number>(count).fill(0);
    const topOf = (from: number, to: number) => Math.max(...heights.slice(from, to));
    for (let at = 0; at < 200; at++) {
      const from = Math.floor(random() * count);
      const to = from + 1 + Math.floor(random() * (count - from));
      expect(skyline.top(from, to), `seed ${seed}`).toBe(topOf(from, to));
      // Raised to what is there already now and then: what is above must still be told.
      const height = topOf(from, to) + Math.floor(3 * random());
      skyline.raise(from, to, height);
      heights.fill(height, from, to);
    }
    skyline.clear();
    expect(skyline.top(0, count)).toBe(0);
  }
});
