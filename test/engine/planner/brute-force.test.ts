// The exact search, and pools, against trying everything: small problems of all kinds. ARENASCOPE_TEST=all tries 10,000.

import { expect, test } from 'vitest';
import { plan } from '../../../engine/planner/plan.ts';
import { planPools } from '../../../engine/planner/pools/pools.ts';
import { subProblem } from '../../../engine/planner/problem/sub-problem.ts';
import type { PoolProblem, Problem } from '../../../engine/planner/types.ts';
import { validate } from '../../../engine/planner/validate.ts';
import { seededRandom } from '../../../engine/random.ts';
import { fitsWithin } from '../../support/every-offset.ts';
import { loosened, randomProblem } from '../../support/problems.ts';

const ALL = process.env.ARENASCOPE_TEST === 'all';
const SEEDS = ALL ? 10_000 : 2000;
const POOL_SEEDS = ALL ? 400 : 80;

const OVERLAPS = ['least', 'exact', 'both', undefined] as const;

/** One kind of problem after the other, of 1 to 10 buffers. */
function problemOf(seed: number): Problem {
  const shape = {
    buffers: 1 + (seed % 10),
    steps: 2 + (seed % 7),
    maxSize: 3 + (seed % 11),
    aligned: seed % 3 === 0,
    fixed: seed % 5 === 0,
  };
  const plain = randomProblem(seed, shape);
  if (seed % 2 === 0) return plain;
  const overlaps = OVERLAPS[Math.floor(seed / 2) % OVERLAPS.length];
  return loosened(plain, seed, { gaps: seed % 3 < 2, ...(overlaps && { overlaps }) });
}

test(`${SEEDS} problems: nothing is lower, and all of them proved`, { timeout: 600_000 }, () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const problem = problemOf(seed);
    const { solution, optimal } = plan(problem, 'exact');
    const label = `seed ${seed}`;
    expect(validate(problem, solution), label).toEqual([]);
    expect(optimal, label).toBe(true);
    expect(fitsWithin(problem, solution.height - 1), label).toBe(false);
    expect(fitsWithin(problem, solution.height), label).toBe(true);
  }
});

/** Two or three pools that hold about as much as is needed, more or less. */
function poolsOf(seed: number): PoolProblem {
  const random = seededRandom(seed);
  const problem = problemOf(seed * 7);
  const { height } = plan(problem, 'exact').solution;
  const pools = ['fast', 'slow', 'far'].slice(0, 2 + (seed % 2)).map((id, p) => ({
    id,
    size: Math.ceil(height * (0.2 + 0.6 * random())),
    cost: 1 + 4 * p,
  }));
  const plain = {
    ...problem,
    buffers: problem.buffers.map(({ offset: _, ...buffer }) => ({
      ...buffer,
      traffic: buffer.size * (1 + Math.floor(random() * 4)),
    })),
  };
  return { problem: plain, pools };
}

/** Whether any assignment costs less: every one that does is tried, pool by pool and offset by offset. */
function hasCheaper({ problem, pools }: PoolProblem, cost: number): boolean {
  const known = new Map<string, boolean>();
  const holds = (members: readonly number[], pool: number): boolean => {
    const key = `${pool}: ${members.join(' ')}`;
    const found = known.get(key) ?? fitsWithin(subProblem(problem, members), pools[pool]?.size ?? 0);
    known.set(key, found);
    return found;
  };
  const visit = (b: number, sum: number, contents: readonly (readonly number[])[]): boolean => {
    if (sum >= cost) return false;
    if (b === problem.buffers.length) return true;
    return pools.some((pool, p) => {
      const next = contents.map((members, q) => (q === p ? [...members, b] : members));
      return (
        holds(next[p] ?? [], p) && visit(b + 1, sum + (problem.buffers[b]?.traffic ?? 0) * pool.cost, next)
      );
    });
  };
  return visit(
    0,
    0,
    pools.map(() => []),
  );
}

test(`${POOL_SEEDS} problems with several pools: nothing is cheaper`, { timeout: 600_000 }, () => {
  let fitting = 0;
  for (let seed = 1; seed <= POOL_SEEDS; seed++) {
    const request = poolsOf(seed);
    const label = `seed ${seed}`;
    const result = planPools(request);
    if (!result.fits) {
      expect(hasCheaper(request, Number.POSITIVE_INFINITY), label).toBe(false);
      continue;
    }
    fitting++;
    expect(result.proved, label).toBe(true);
    request.pools.forEach((pool, p) => {
      const members = [...result.poolOf.keys()].filter(b => result.poolOf[b] === p);
      const solution = {
        offsets: members.map(b => result.offsets[b] ?? -1),
        height: result.heights[p] ?? -1,
      };
      expect(validate(subProblem(request.problem, members), solution), label).toEqual([]);
      expect(solution.height, label).toBeLessThanOrEqual(pool.size);
    });
    expect(hasCheaper(request, result.cost), label).toBe(false);
  }
  expect(fitting).toBeGreaterThan(POOL_SEEDS / 4);
});
