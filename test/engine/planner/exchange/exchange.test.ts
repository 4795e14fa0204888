import { expect, test } from 'vitest';
import { isExchangeable, placeByExchange } from '../../../../engine/planner/exchange/exchange.ts';
import { placingByExchange } from '../../../../engine/planner/exchange/exchanging.ts';
import { plan } from '../../../../engine/planner/plan.ts';
import { subProblem } from '../../../../engine/planner/problem/sub-problem.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { seededRandom } from '../../../../engine/random.ts';
import { tiledProblem } from '../../../support/tiled-problems.ts';

const LIMITS = { width: 8, work: 2e6, stop: () => false };

const full = (seed: number, buffers: number) => tiledProblem(seed, { buffers, fill: 1, live: 20 });

test('full arenas of thousands are filled without a hole', () => {
  for (const seed of [1, 2, 3]) {
    const { problem, capacity } = full(seed, 2000);
    const random = seededRandom(1);
    const stop = () => false;
    const limits = { floor: capacity, work: 5e6, moves: 0, stop, stopPlacing: stop, random };
    const layout = placingByExchange(problem)?.(limits);
    expect(layout && validate(problem, layout), `seed ${seed}`).toEqual([]);
    expect(layout?.height, `seed ${seed}`).toBe(capacity);
  }
});

test('exact search takes part in it, below and above the size up to which it searches', () => {
  for (const count of [500, 1100]) {
    const { problem, capacity } = full(1, count);
    const { solution, optimal } = plan(problem, 'exact');
    expect(validate(problem, solution), `${count}`).toEqual([]);
    expect({ height: solution.height, optimal }, `${count}`).toEqual({ height: capacity, optimal: true });
  }
});

test('what is placed never overlaps and is within the height, whatever stays outside', () => {
  let outside = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const { problem, capacity } = tiledProblem(seed, { buffers: 60 + seed, fill: 0.95 });
    const height = seed % 3 === 0 ? Math.floor(capacity * 0.97) : capacity;
    const { found } = placeByExchange(problem, { ...LIMITS, height });
    expect(placeByExchange(problem, { ...LIMITS, height }).found, `seed ${seed}`).toEqual(found);
    if (!found) continue;
    const placed = [...problem.buffers.keys()].filter(b => !found.outside.includes(b));
    const offsets = placed.map(b => found.offsets[b] ?? -1);
    const tops = placed.map((b, at) => (offsets[at] ?? 0) + (problem.buffers[b]?.size ?? 0));
    const top = Math.max(...tops);
    expect(validate(subProblem(problem, placed), { offsets, height: top }), `seed ${seed}`).toEqual([]);
    expect(top, `seed ${seed}`).toBeLessThanOrEqual(height);
    outside += found.outside.length;
  }
  expect(outside).toBeGreaterThan(0);
});

test('alignments are kept, also where none is a multiple of the other', () => {
  const { problem, capacity } = full(4, 300);
  const buffers = problem.buffers.map((buffer, b) => {
    // Rounded up to both alignments they are as in the full arena.
    return { ...buffer, alignment: b % 2 ? 4 : 6, size: (buffer.size / 1024) * 12 - 7 };
  });
  const height = (capacity / 1024) * 12;
  const random = seededRandom(1);
  const stop = () => false;
  const limits = { floor: height, work: 1e6, moves: 1000, stop, stopPlacing: stop, random };
  const layout = placingByExchange({ buffers: problem.buffers })?.({ ...limits, floor: capacity });
  expect(layout?.height).toBe(capacity);
  const { found } = placeByExchange({ buffers }, { ...LIMITS, height });
  expect(found?.outside).toEqual([]);
  const offsets = found?.offsets ?? [];
  const top = Math.max(...buffers.map(({ size }, b) => (offsets[b] ?? 0) + size));
  expect(validate({ buffers }, { offsets, height: top })).toEqual([]);
  expect(top).toBeLessThanOrEqual(height);
});

test('buffers that live at random say nothing by exchanges', () => {
  const random = seededRandom(5);
  const buffers = Array.from({ length: 500 }, (_, at) => {
    const lower = Math.floor(random() * 500);
    return {
      id: `b${at}`,
      lower,
      upper: lower + 1 + Math.floor(random() * 50),
      size: 1 + Math.floor(random() * 1e6),
    };
  });
  expect(isExchangeable({ buffers })).toBe(false);
  expect(isExchangeable(full(6, 300).problem)).toBe(true);
});
