import { describe, expect, test } from 'vitest';
import { STRATEGIES } from '../../../engine/options.ts';
import { lowerBound } from '../../../engine/planner/bounds/max-live.ts';
import { placeEither } from '../../../engine/planner/greedy/below-first.ts';
import { sizeOrder } from '../../../engine/planner/greedy/orders.ts';
import { plan } from '../../../engine/planner/plan.ts';
import { validate } from '../../../engine/planner/validate.ts';
import { seededRandom } from '../../../engine/random.ts';
import { loosened, randomProblem, SIX_TENSORS, sharedProblems } from '../../support/problems.ts';
import { hasShared } from '../../support/shared.ts';

const NODES = { nodeLimit: 500 };

describe('the six-tensor example', () => {
  test('reference counting needs 300 of 600 bytes, with the offsets of the design', () => {
    const result = plan(SIX_TENSORS, 'refcount');
    const offsets = result.solution.offsets.map((offset, b) => [SIX_TENSORS.buffers[b]?.id, offset]);
    expect(Object.fromEntries(offsets)).toEqual({ A: 0, B: 100, C: 0, E: 100, D: 200, F: 0 });
    expect(result).toMatchObject({ solution: { height: 300 }, unplannedBytes: 600, optimal: true });
    expect(result.placements.map(({ buffer }) => buffer)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('without planning every tensor has its own memory', () => {
    const result = plan(SIX_TENSORS, 'off');
    expect(result.solution).toEqual({ offsets: [0, 100, 200, 300, 400, 500], height: 600 });
    expect(result.optimal).toBe(false);
  });

  test.each(STRATEGIES.slice(1))('%s meets the bound', strategy => {
    expect(plan(SIX_TENSORS, strategy).solution.height).toBe(300);
  });

  test('the bound has a witness: C, D and E are live when D is made', () => {
    const { bytes, step, witness } = lowerBound(SIX_TENSORS);
    expect({ bytes, step, ids: witness.map(b => SIX_TENSORS.buffers[b]?.id) }).toEqual({
      bytes: 300,
      step: 3,
      ids: ['C', 'E', 'D'],
    });
  });
});

describe('reference counting with unequal sizes', () => {
  const offsetsOf = (rows: readonly (readonly [number, number, number])[]) => {
    const buffers = rows.map(([lower, upper, size], b) => ({ id: `b${b}`, lower, upper, size }));
    return plan({ buffers }, 'refcount').solution.offsets;
  };

  test('takes the smallest freed block that fits', () => {
    // 40 and 20 bytes are freed, apart; 15 fits both and goes to the smaller.
    expect(
      offsetsOf([
        [0, 1, 40],
        [0, 9, 1],
        [0, 1, 20],
        [0, 9, 1],
        [1, 9, 15],
      ]),
    ).toEqual([0, 40, 41, 61, 41]);
  });

  test('splits the remainder and uses it', () => {
    expect(
      offsetsOf([
        [0, 1, 40],
        [0, 9, 1],
        [1, 9, 15],
        [2, 9, 25],
      ]),
    ).toEqual([0, 40, 0, 15]);
  });

  test('joins freed neighbours', () => {
    expect(
      offsetsOf([
        [0, 1, 10],
        [0, 2, 10],
        [0, 9, 1],
        [2, 9, 20],
      ]),
    ).toEqual([0, 10, 20, 0]);
  });

  test('allocates outputs before it releases inputs', () => {
    expect(
      offsetsOf([
        [0, 2, 10],
        [1, 3, 10],
        [2, 3, 10],
      ]),
    ).toEqual([0, 10, 0]);
  });
});

describe('every strategy', () => {
  test.each(STRATEGIES)('%s: random problems, checked by the validator', strategy => {
    for (let seed = 1; seed <= 150; seed++) {
      const problem = randomProblem(seed, {
        buffers: 1 + (seed % 40),
        steps: 1 + (seed % 23),
        maxSize: 60,
        aligned: seed % 3 === 0,
        fixed: seed % 4 === 0,
      });
      const result = plan(problem, strategy, NODES);
      const label = `seed ${seed}`;
      expect(validate(problem, result.solution), label).toEqual([]);
      expect(result.solution.height, label).toBeGreaterThanOrEqual(result.lowerBound.bytes);
      expect(result.optimal, label).toBe(result.solution.height === result.lowerBound.bytes);
      const placed = result.placements.map(({ buffer }) => buffer).sort((a, b) => a - b);
      expect(placed, label).toEqual([...problem.buffers.keys()]);
      for (const { buffer, offset } of result.placements) {
        expect(offset, label).toBe(result.solution.offsets[buffer]);
      }
    }
  });

  test.each(STRATEGIES)('%s: the same plan twice', strategy => {
    const problem = randomProblem(7, { buffers: 60, steps: 30, maxSize: 500 });
    const [first, second] = [plan(problem, strategy, NODES), plan(problem, strategy, NODES)];
    expect(second.solution).toEqual(first.solution);
    expect(second.placements).toEqual(first.placements);
  });

  test.each(STRATEGIES)('%s: nothing to plan', strategy => {
    expect(plan({ buffers: [] }, strategy)).toMatchObject({
      solution: { offsets: [], height: 0 },
      optimal: true,
    });
  });

  test.skipIf(!hasShared)('the instances, checked by the validator', () => {
    for (const { name, problem } of sharedProblems()) {
      for (const strategy of STRATEGIES) {
        const result = plan(problem, strategy, NODES);
        expect(validate(problem, result.solution), `${name} ${strategy}`).toEqual([]);
      }
    }
  });

  test.skipIf(!hasShared)('greedy by size gives the heights published for it, or less', () => {
    const heights = Object.fromEntries(
      sharedProblems().map(({ name, problem }) => [name, plan(problem, 'size').solution.height]),
    );
    expect(heights['A.1048576.csv']).toBeLessThanOrEqual(1_352_704);
    expect(heights['C.1048576.csv']).toBeLessThanOrEqual(1_417_216);
    expect(heights['E.1048576.csv']).toBeLessThanOrEqual(1_435_648);
    expect(heights['I.1048576.csv']).toBeLessThanOrEqual(1_478_656);
    expect(heights['uretinex.csv']).toBeLessThanOrEqual(53_452_800);
    expect(heights['input.12.csv']).toBe(12);
  });
});

test('with leave to overlap, a short exact search is never above placing by size', () => {
  for (let seed = 1; seed <= 16; seed++) {
    const shape = { buffers: 40 + seed, steps: 10 + seed, maxSize: 60 };
    const problem = loosened(randomProblem(seed, shape), seed, { overlaps: seed % 2 ? 'both' : 'exact' });
    const [searched, bySize] = [plan(problem, 'exact', { nodeLimit: 50 }), plan(problem, 'size')];
    expect(searched.solution.height, `seed ${seed}`).toBeLessThanOrEqual(bySize.solution.height);
  }
});

test('with much leave to overlap, exact search is never above a climb as short', () => {
  const random = seededRandom(7);
  const below = (count: number): number => Math.floor(random() * count);
  const buffers = Array.from({ length: 60 }, (_, b) => {
    const lower = below(60);
    return { id: `b${b}`, lower, upper: lower + 1 + below(15), size: 1 + below(400) };
  });
  const overlaps = [...buffers.keys()].flatMap(b =>
    [1, 2, 3].map(() => ({ below: b, above: (b + 1 + below(59)) % 60, distance: 0, exact: true })),
  );
  const heightOf = (strategy: 'exact' | 'climb'): number =>
    plan({ buffers, overlaps }, strategy, { nodeLimit: 100 }).solution.height;
  expect(heightOf('exact')).toBeLessThanOrEqual(heightOf('climb'));
});

test('with leave to overlap, by size is never above one placement by size, and often below', () => {
  let lower = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const shape = { buffers: 20 + (seed % 60), steps: 10 + (seed % 30), maxSize: 60 };
    const problem = loosened(randomProblem(seed, shape), seed, { overlaps: 'least' });
    const { solution } = plan(problem, 'size');
    const once = placeEither(problem, sizeOrder(problem), 'first').height;
    expect(validate(problem, solution), `seed ${seed}`).toEqual([]);
    expect(solution.height, `seed ${seed}`).toBeLessThanOrEqual(once);
    if (solution.height < once) lower++;
  }
  expect(lower).toBeGreaterThan(20);
});

test.each(STRATEGIES)('%s: thousands of buffers', strategy => {
  const problem = randomProblem(3, { buffers: 5000, steps: 4000, maxSize: 1e6, aligned: true });
  const result = plan(problem, strategy, { nodeLimit: 5 });
  expect(validate(problem, result.solution)).toEqual([]);
});

describe('the lower bound', () => {
  test('counts sizes rounded up to the common alignment, but for the buffer on top', () => {
    const buffer = { lower: 0, upper: 1, alignment: 16 };
    const buffers = [
      { id: 'x', ...buffer, size: 20 },
      { id: 'y', ...buffer, size: 17 },
    ];
    expect(lowerBound({ buffers }).bytes).toBe(32 + 17);
    expect(plan({ buffers }, 'size')).toMatchObject({ solution: { offsets: [0, 32] }, optimal: true });
  });

  test('a fixed buffer lifts it to its end', () => {
    expect(lowerBound({ buffers: [{ id: 'x', lower: 3, upper: 4, size: 5, offset: 100 }] })).toEqual({
      bytes: 105,
      step: 3,
      witness: [0],
    });
  });
});

test('fixed buffers count with their sizes in the unplanned sum, wherever they lie', () => {
  const buffers = [
    { id: 'x', lower: 0, upper: 1, size: 20, alignment: 16, offset: 160 },
    { id: 'y', lower: 1, upper: 2, size: 20, alignment: 16, offset: 160 },
    { id: 'z', lower: 1, upper: 2, size: 8, alignment: 16 },
  ];
  for (const strategy of STRATEGIES) expect(plan({ buffers }, strategy).unplannedBytes).toBe(32 + 32 + 8);
});

test('an empty buffer needs nothing, wherever it is fixed', () => {
  const empty = { id: 'empty', lower: 0, upper: 2, size: 0, offset: 64 };
  const full = { id: 'full', lower: 0, upper: 2, size: 8 };
  for (const strategy of STRATEGIES) {
    expect(plan({ buffers: [empty] }, strategy).solution, strategy).toEqual({ offsets: [64], height: 0 });
    expect(plan({ buffers: [empty, full] }, strategy).solution, strategy).toEqual({
      offsets: [64, 0],
      height: 8,
    });
  }
});

test('a malformed problem is refused', () => {
  for (const buffer of [
    { id: 'x', lower: 2, upper: 2, size: 1 },
    { id: 'x', lower: 0, upper: 1, size: -1 },
    { id: 'x', lower: 0, upper: 1, size: 0.5 },
    { id: 'x', lower: 0, upper: 1, size: 1, alignment: 0 },
  ]) {
    expect(() => plan({ buffers: [buffer] }, 'size')).toThrow('malformed buffer x');
  }
});
