import { describe, expect, test } from 'vitest';
import { plan } from '../../../../engine/planner/plan.ts';
import { CanonicalSearch } from '../../../../engine/planner/search/canonical.ts';
import type { Buffer, Problem } from '../../../../engine/planner/types.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { randomProblem, sharedProblems } from '../../../support/problems.ts';
import { hasShared } from '../../../support/shared.ts';

/**
 * The lowest height there is: of all orders, each buffer directly above what is under it. In the order of its
 * offsets, no solution is lower than that.
 */
function bruteForce({ buffers }: Problem): number {
  let best = Number.POSITIVE_INFINITY;
  const visit = (
    placed: readonly (readonly [Buffer, number])[],
    left: readonly Buffer[],
    height: number,
  ): void => {
    if (height >= best) return;
    if (left.length === 0) best = height;
    for (const buffer of left) {
      const { lower, upper, size, alignment = 1, offset: fixed } = buffer;
      let offset = 0;
      for (const [other, at] of placed) {
        const meet = other.lower < upper && lower < other.upper && other.size > 0 && size > 0;
        if (meet) offset = Math.max(offset, at + other.size);
      }
      offset = Math.ceil(offset / alignment) * alignment;
      if (fixed !== undefined && offset > fixed) continue;
      const at = fixed ?? offset;
      const rest = left.filter(other => other !== buffer);
      visit([...placed, [buffer, at]], rest, Math.max(height, size > 0 ? at + size : 0));
    }
  };
  visit([], buffers, 0);
  return best;
}

describe('against brute force', () => {
  test.each([
    { name: 'plain', aligned: false, fixed: false },
    { name: 'aligned', aligned: true, fixed: false },
    { name: 'fixed', aligned: false, fixed: true },
    { name: 'aligned and fixed', aligned: true, fixed: true },
  ])('$name: the optimum, and a proof of it', ({ aligned, fixed }) => {
    for (let seed = 1; seed <= 600; seed++) {
      const buffers = 1 + (seed % 6);
      const problem = randomProblem(seed, { buffers, steps: 2 + (seed % 5), maxSize: 12, aligned, fixed });
      const result = plan(problem, 'exact');
      const label = `seed ${seed}`;
      expect(validate(problem, result.solution), label).toEqual([]);
      expect(result.solution.height, label).toBe(bruteForce(problem));
      expect(result.optimal, label).toBe(true);
    }
  });
});

test('a search that proves more than the live sizes says so', () => {
  // Different alignments leave holes that the largest live sum does not count.
  const results = Array.from({ length: 200 }, (_, seed) =>
    plan(randomProblem(seed, { buffers: 8, steps: 5, maxSize: 30, aligned: true }), 'exact'),
  );
  const searched = results.filter(result => result.lowerBound.searched);
  expect(searched.length).toBeGreaterThan(0);
  for (const { lowerBound, solution, optimal } of searched) {
    expect({ bytes: lowerBound.bytes, optimal }).toEqual({ bytes: solution.height, optimal: true });
  }
});

describe('limits', () => {
  const problem = randomProblem(11, { buffers: 120, steps: 60, maxSize: 1000 });

  test('a cancelled search returns the best so far', () => {
    let asked = 0;
    const result = plan(problem, 'exact', { cancelled: () => ++asked > 2 });
    expect(asked).toBeLessThan(10);
    expect(validate(problem, result.solution)).toEqual([]);
    expect(result.solution.height).toBeLessThanOrEqual(plan(problem, 'size').solution.height);
  });

  test('the time limit is read from the clock it is given', () => {
    let now = 0;
    const result = plan(problem, 'exact', { clock: () => now++, timeLimitMs: 5 });
    expect(result.durationMs).toBeLessThan(20);
  });

  test('a capacity is enough, once the bound has had its turn', () => {
    const greedy = plan(problem, 'size').solution.height;
    const { height } = plan(problem, 'exact', { nodeLimit: 20_000 }).solution;
    const capacity = Math.ceil((height + greedy) / 2);
    let nodes = 0;
    const result = plan(problem, 'exact', {
      capacity,
      clock: () => 1000 * nodes++,
      progress: progress => expect(progress.nodes).toBeLessThan(20_000),
    });
    expect(result.solution.height).toBeLessThanOrEqual(capacity);
    expect(validate(problem, result.solution)).toEqual([]);
  });

  test('progress names the best and the bound', () => {
    let now = 0;
    const seen: number[] = [];
    plan(problem, 'exact', {
      clock: () => (now += 100),
      nodeLimit: 5000,
      progress: ({ height, lowerBound, nodes }) => {
        expect(height).toBeGreaterThanOrEqual(lowerBound);
        seen.push(nodes);
      },
    });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });
});

test("TFLite-Micro's greedy planner is never better", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const shape = { buffers: 30, steps: 20, maxSize: 100, aligned: seed % 2 === 0, fixed: seed % 3 === 0 };
    const problem = randomProblem(seed, shape);
    const theirs = plan(problem, 'tflm');
    expect(validate(problem, theirs.solution), `seed ${seed}`).toEqual([]);
    const ours = plan(problem, 'exact', { nodeLimit: 100 });
    expect(ours.solution.height, `seed ${seed}`).toBeLessThanOrEqual(theirs.solution.height);
  }
});

describe('climbing', () => {
  test('is never worse than greedy by size', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const problem = randomProblem(seed, { buffers: 40, steps: 20, maxSize: 100 });
      const climbed = plan(problem, 'climb', { nodeLimit: 200, seed });
      expect(climbed.solution.height, `seed ${seed}`).toBeLessThanOrEqual(
        plan(problem, 'size').solution.height,
      );
    }
  });
});

describe.skipIf(!hasShared)('the instances', () => {
  const problems = Object.fromEntries(
    hasShared ? sharedProblems().map(({ name, problem }) => [name, problem]) : [],
  );
  test.each([
    ['A.1048576.csv', 1_048_576],
    ['C.1048576.csv', 1_039_360],
    ['E.1048576.csv', 1_048_576],
    ['F.1048576.csv', 1_048_576],
    ['I.1048576.csv', 1_048_576],
    ['K.1048576.csv', 1_048_576],
    ['input.12.csv', 12],
  ])('%s is solved and proved at its bound, %i bytes', (name, height) => {
    const problem = problems[name] ?? { buffers: [] };
    const result = plan(problem, 'exact', { nodeLimit: 400_000 });
    expect(validate(problem, result.solution)).toEqual([]);
    expect(result).toMatchObject({ solution: { height }, lowerBound: { bytes: height }, optimal: true });
  });

  test('uretinex.csv: nothing is below greedy, far above its largest live sum', () => {
    const problem = problems['uretinex.csv'] ?? { buffers: [] };
    const { solution, lowerBound, optimal } = plan(problem, 'exact');
    expect(validate(problem, solution)).toEqual([]);
    expect({ height: solution.height, bound: lowerBound.bytes, optimal }).toEqual({
      height: 53_452_800,
      bound: 53_452_800,
      optimal: true,
    });
  });
});

test('one search serves many attempts', () => {
  const problem = randomProblem(5, { buffers: 30, steps: 12, maxSize: 20 });
  const height = plan(problem, 'exact').solution.height;
  const sized = { buffers: problem.buffers.filter(buffer => buffer.size > 0) };
  const search = new CanonicalSearch(sized);
  const ranking = ['total', 'width', 'area'] as const;
  const run = (capacity: number) => search.run({ capacity, ranking, nodeLimit: 100_000 });
  expect([run(height), run(height - 1), run(height)]).toEqual(['found', 'none', 'found']);
  expect(validate(sized, { offsets: search.offsets, height })).toEqual([]);
});
