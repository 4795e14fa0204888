import { describe, expect, test } from 'vitest';
import { FREE, pairOf } from '../../../../engine/planner/problem/distances.ts';
import { isAllOrNothing, Lives } from '../../../../engine/planner/problem/lives.ts';
import { gappedProblem } from '../../../support/problems.ts';

describe('who lives together, where some need nothing in between', () => {
  test('are those that have a distance', () => {
    let apart = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const { buffers } = gappedProblem(seed, { buffers: 25, steps: 12, maxSize: 9 });
      const lives = new Lives({ buffers });
      for (const [a, mine] of buffers.entries()) {
        for (const [b, theirs] of buffers.entries()) {
          if (a === b || mine.size === 0 || theirs.size === 0) continue;
          expect(lives.meet(a, b), `seed ${seed}: ${a}, ${b}`).toBe(pairOf(mine, theirs).under !== FREE);
          if (mine.lower < theirs.upper && theirs.lower < mine.upper && !lives.meet(a, b)) apart++;
        }
      }
    }
    expect(apart).toBeGreaterThan(50);
  });

  test('says nothing where parts of a buffer are needed, or bytes are shared', () => {
    const buffer = { id: 'a', lower: 0, upper: 9, size: 8 };
    const windowed = (from: number, to: number) => ({
      buffers: [{ ...buffer, gaps: [{ lower: 2, upper: 4, window: { from, to } }] }],
    });
    expect(isAllOrNothing({ buffers: [{ ...buffer, gaps: [{ lower: 2, upper: 4 }] }] })).toBe(true);
    expect(isAllOrNothing(windowed(3, 3))).toBe(true);
    expect(isAllOrNothing(windowed(0, 4))).toBe(false);
    const overlaps = [{ below: 0, above: 1, distance: 4 }];
    expect(isAllOrNothing({ buffers: [buffer, { ...buffer, id: 'b' }], overlaps })).toBe(false);
  });
});
