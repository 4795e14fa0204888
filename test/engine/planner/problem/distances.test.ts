import { describe, expect, test } from 'vitest';
import { STRATEGIES } from '../../../../engine/options.ts';
import { lowerBound } from '../../../../engine/planner/bounds/max-live.ts';
import { readCsv, writeCsv } from '../../../../engine/planner/csv.ts';
import { plan } from '../../../../engine/planner/plan.ts';
import { isConclusive } from '../../../../engine/planner/problem/forbidden.ts';
import type { Buffer, Problem } from '../../../../engine/planner/types.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { loosened, randomProblem } from '../../../support/problems.ts';

const bytesIn = ({ lower, upper, size, gaps = [] }: Buffer, step: number) => {
  if (step < lower || step >= upper) return { from: 0, to: 0 };
  const gap = gaps.find(({ lower: start, upper: end }) => start <= step && step < end);
  return gap === undefined ? { from: 0, to: size } : (gap.window ?? { from: 0, to: 0 });
};

/** The rule of a problem, step by step: no byte is needed twice, or an overlap allows it. */
function mayLie({ buffers, overlaps = [] }: Problem, a: number, at: number, b: number, bt: number): boolean {
  const [x, y] = [buffers[a], buffers[b]];
  if (x === undefined || y === undefined) return true;
  const allowed = overlaps.some(({ below, above, distance, exact }) => {
    if (!((below === a && above === b) || (below === b && above === a))) return false;
    const apart = below === a ? bt - at : at - bt;
    return exact ? apart === distance : apart >= distance;
  });
  const steps = Array.from({ length: 12 }, (_, step) => [bytesIn(x, step), bytesIn(y, step)] as const);
  return (
    allowed ||
    steps.every(
      ([mine, theirs]) =>
        Math.max(at + mine.from, bt + theirs.from) >= Math.min(at + mine.to, bt + theirs.to),
    )
  );
}

/** The lowest height there is, of all offsets up to the sum of sizes. */
function bruteForce(problem: Problem): number {
  const { buffers } = problem;
  let best = buffers.reduce((sum, { size }) => sum + size, 0) + 1;
  const visit = (offsets: readonly number[], height: number): void => {
    const next = buffers[offsets.length];
    if (next === undefined) {
      best = height;
      return;
    }
    for (let offset = 0; Math.max(height, next.size > 0 ? offset + next.size : 0) < best; offset++) {
      if (next.size === 0 && offset > 0) break;
      const fits = offsets.every(
        (at, b) =>
          next.size === 0 || buffers[b]?.size === 0 || mayLie(problem, b, at, offsets.length, offset),
      );
      if (fits) visit([...offsets, offset], Math.max(height, next.size > 0 ? offset + next.size : 0));
    }
  };
  visit([], 0);
  return best;
}

const small = (seed: number) =>
  randomProblem(seed, { buffers: 2 + (seed % 4), steps: 2 + (seed % 5), maxSize: 5 });

describe('the exact search against brute force', () => {
  test.each([
    ['overlaps', { overlaps: 'least' }],
    ['gaps', { gaps: true }],
    ['overlaps and gaps', { overlaps: 'least', gaps: true }],
    ['exact overlaps', { overlaps: 'exact' }],
    ['overlaps of both kinds and gaps', { overlaps: 'both', gaps: true }],
  ] as const)('%s: the optimum, proved', (_, kinds) => {
    let sharing = 0;
    for (let seed = 1; seed <= 250; seed++) {
      const problem = loosened(small(seed), seed, kinds);
      const { solution, optimal } = plan(problem, 'exact');
      const label = `seed ${seed}`;
      expect(validate(problem, solution), label).toEqual([]);
      const best = bruteForce(problem);
      expect(solution.height, label).toBe(best);
      expect(optimal, label).toBe(true);
      if (best < plan(small(seed), 'exact').solution.height) sharing++;
    }
    expect(sharing).toBeGreaterThan(10);
  });
});

describe('every strategy', () => {
  test.each(STRATEGIES)('%s: valid plans at or above the bound', strategy => {
    for (let seed = 1; seed <= 100; seed++) {
      const shape = {
        buffers: 1 + (seed % 25),
        steps: 1 + (seed % 15),
        maxSize: 60,
        aligned: seed % 3 === 0,
      };
      const problem = loosened(randomProblem(seed, shape), seed, { overlaps: 'both', gaps: true });
      const { solution, lowerBound: bound } = plan(problem, strategy, { nodeLimit: 300 });
      expect(validate(problem, solution), `seed ${seed}`).toEqual([]);
      expect(solution.height, `seed ${seed}`).toBeGreaterThanOrEqual(bound.bytes);
    }
  });

  test.each(STRATEGIES.slice(1))('%s: an elementwise result takes the place of its input', strategy => {
    const buffers = [
      { id: 'in', lower: 0, upper: 2, size: 8 },
      { id: 'out', lower: 1, upper: 3, size: 8 },
    ];
    const overlaps = [{ below: 1, above: 0, distance: 0, exact: true }];
    expect(plan({ buffers, overlaps }, strategy)).toMatchObject({
      solution: { offsets: [0, 0], height: 8 },
      optimal: true,
    });
  });

  test.each(STRATEGIES.slice(1))('%s: parts of a concatenation lie in the whole', strategy => {
    const buffers = [
      { id: 'left', lower: 0, upper: 3, size: 4 },
      { id: 'right', lower: 1, upper: 3, size: 6 },
      { id: 'whole', lower: 2, upper: 4, size: 10 },
    ];
    const overlaps = [
      { below: 2, above: 0, distance: 0, exact: true },
      { below: 2, above: 1, distance: 4, exact: true },
    ];
    expect(plan({ buffers, overlaps }, strategy)).toMatchObject({
      solution: { offsets: [0, 4, 0], height: 10 },
      optimal: true,
    });
  });
});

test('a result that trails its input by some bytes shares all but these', () => {
  const buffers = [
    { id: 'in', lower: 0, upper: 2, size: 100 },
    { id: 'out', lower: 1, upper: 3, size: 80 },
  ];
  const problem = { buffers, overlaps: [{ below: 1, above: 0, distance: 12 }] };
  expect(plan(problem, 'exact')).toMatchObject({
    solution: { offsets: [12, 0], height: 112 },
    optimal: true,
  });
  expect(lowerBound(problem).bytes).toBe(112);
});

test('what a gap leaves is used by others', () => {
  const buffers = [
    { id: 'long', lower: 0, upper: 9, size: 10, gaps: [{ lower: 3, upper: 6, window: { from: 8, to: 10 } }] },
    { id: 'short', lower: 3, upper: 6, size: 8 },
  ];
  expect(plan({ buffers }, 'exact')).toMatchObject({
    solution: { offsets: [0, 0], height: 10 },
    optimal: true,
  });
});

test('the validator names the step and the bytes', () => {
  const buffers = [
    { id: 'a', lower: 0, upper: 9, size: 10, gaps: [{ lower: 3, upper: 6 }] },
    { id: 'b', lower: 4, upper: 8, size: 8 },
  ];
  const [violation] = validate({ buffers }, { offsets: [0, 4], height: 12 });
  expect(violation?.message).toBe('a and b share bytes [4, 10) in steps [6, 8)');
  expect(
    validate({ buffers: buffers.map(buffer => ({ ...buffer, upper: 6 })) }, { offsets: [0, 4], height: 12 }),
  ).toEqual([]);
});

test('the table keeps gaps and overlaps', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const problem = loosened(randomProblem(seed, { buffers: 9, steps: 9, maxSize: 50 }), seed, {
      overlaps: 'both',
      gaps: true,
    });
    const sorted = [...(problem.overlaps ?? [])].sort((a, b) => a.above - b.above || a.below - b.below);
    const expected = { buffers: problem.buffers, ...(sorted.length === 0 ? {} : { overlaps: sorted }) };
    expect(readCsv(writeCsv(problem)), `seed ${seed}`).toEqual({ ok: true, problem: expected });
  }
});

test('the table of a solution with overlaps is read back', () => {
  const buffers = [
    { id: 'in', lower: 0, upper: 2, size: 8 },
    { id: 'out', lower: 1, upper: 3, size: 8 },
  ];
  const problem = { buffers, overlaps: [{ below: 1, above: 0, distance: 0, exact: true }] };
  const { solution } = plan(problem, 'size');
  const read = readCsv(writeCsv(problem, solution));
  expect(read.ok && plan(read.problem, 'size').solution).toEqual(solution);
});

test('an inclusive end counts for gaps too', () => {
  expect(readCsv('id,lower,end,size,gaps\nx,0,8,4,2-3@1:2 5-6\n')).toMatchObject({
    problem: {
      buffers: [
        {
          upper: 9,
          gaps: [
            { lower: 2, upper: 4, window: { from: 1, to: 2 } },
            { lower: 5, upper: 7 },
          ],
        },
      ],
    },
  });
});

test('malformed overlaps and gaps are refused', () => {
  const buffers = [
    { id: 'x', lower: 0, upper: 4, size: 4 },
    { id: 'y', lower: 0, upper: 4, size: 4 },
  ];
  for (const overlap of [
    { below: 0, above: 0, distance: 1 },
    { below: 0, above: 2, distance: 1 },
    { below: 0, above: 1, distance: -1 },
  ]) {
    expect(() => plan({ buffers, overlaps: [overlap] }, 'size')).toThrow('malformed overlap');
  }
  const gapped = { id: 'x', lower: 0, upper: 4, size: 4, gaps: [{ lower: 2, upper: 5 }] };
  expect(() => plan({ buffers: [gapped] }, 'size')).toThrow('malformed gaps of x');
});

test('a buffer that starts above another and still leaves it room below', () => {
  const gap = { lower: 2, upper: 6, window: { from: 6, to: 8 } };
  const problem = {
    buffers: [
      { id: 'a', lower: 0, upper: 10, size: 8, gaps: [gap] },
      { id: 'b', lower: 2, upper: 6, size: 2 },
      { id: 'c', lower: 2, upper: 6, size: 4 },
    ],
  };
  expect(validate(problem, { offsets: [0, 0, 2], height: 8 })).toEqual([]);
  // The search by offsets does not look there, so it must not claim a proof; the search by pairs does.
  expect(isConclusive(problem)).toBe(false);
  expect(plan(problem, 'exact')).toMatchObject({ solution: { height: 8 }, optimal: true });
});

test('a buffer between two stretches that another needs at different times', () => {
  const gaps = [
    { lower: 2, upper: 4, window: { from: 6, to: 8 } },
    { lower: 4, upper: 6, window: { from: 0, to: 2 } },
  ];
  const buffers = [
    { id: 'a', lower: 0, upper: 6, size: 8, gaps },
    { id: 'b', lower: 2, upper: 6, size: 2 },
  ];
  expect(isConclusive({ buffers })).toBe(false);
  expect(plan({ buffers }, 'exact')).toMatchObject({ solution: { height: 8 }, optimal: true });
});
