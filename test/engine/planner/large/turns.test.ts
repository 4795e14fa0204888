import { expect, test } from 'vitest';
import type { Layout } from '../../../../engine/planner/greedy/place.ts';
import { type Method, takeTurns } from '../../../../engine/planner/large/turns.ts';

const layout = (height: number): Layout => ({ height, offsets: [], placements: [] });

/** Methods whose tries take a tenth of a second of an imaginary clock, of `limitMs` in all. */
function bench(limitMs: number, isAgain = true) {
  let now = 0;
  const log: string[] = [];
  const limits = {
    floor: 100,
    leftMs: () => limitMs - now,
    isOver: () => now >= limitMs,
    again: isAgain,
  };
  /** Every try lowers the best by `gain` down to `least`; `tries` at most in a turn. */
  const method = (name: string, gain: number, least: number, tries = Number.POSITIVE_INFINITY): Method => ({
    patience: 0.1,
    improve: (first, turn) => {
      let best = first;
      for (let tried = 0; tried < tries && !turn.stop(); tried++) {
        now += 100;
        log.push(name);
        if (best.height - gain < least || gain === 0) continue;
        best = layout(best.height - gain);
        turn.gained(best.height);
      }
      return best;
    },
  });
  const spent = (name: string) => log.filter(other => other === name).length * 100;
  return { limits, log, method, spent };
}

test('one that gains goes on to the end of time, the others had their patience', () => {
  const { limits, method, spent } = bench(10_000);
  const best = takeTurns([method('idle', 0, 0), method('gains', 9, 100)], layout(1000), limits);
  expect(spent('idle')).toBe(1000);
  expect(spent('gains')).toBe(9000);
  expect(best.height).toBe(190);
});

test('one that brings nothing any more yields, and gets less of each round than one that does', () => {
  const { limits, method, spent } = bench(60_000);
  const best = takeTurns([method('idle', 0, 0), method('some', 5, 800)], layout(1000), limits);
  expect(best.height).toBe(800);
  expect(spent('some')).toBeGreaterThan(spent('idle'));
  expect(spent('some') + spent('idle')).toBe(60_000);
});

test('ends at the floor, when all is over, and after one round where none may begin anew', () => {
  const floor = bench(10_000);
  expect(takeTurns([floor.method('gains', 300, 100, 1)], layout(1000), floor.limits).height).toBe(100);
  expect(floor.log).toHaveLength(3);
  const over = bench(0);
  expect(takeTurns([over.method('gains', 1, 0)], layout(1000), over.limits).height).toBe(1000);
  expect(over.log).toHaveLength(0);
  const once = bench(Number.POSITIVE_INFINITY, false);
  takeTurns([once.method('a', 0, 0, 3), once.method('b', 1, 0, 2)], layout(1000), once.limits);
  expect(once.log).toEqual(['a', 'a', 'a', 'b', 'b']);
});
