import { expect, test } from 'vitest';
import { plan } from '../../../../engine/planner/plan.ts';
import { leastPoolCost } from '../../../../engine/planner/pools/bound.ts';
import { planPools } from '../../../../engine/planner/pools/pools.ts';
import { subProblem } from '../../../../engine/planner/problem/sub-problem.ts';
import type { PoolProblem } from '../../../../engine/planner/types.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { seededRandom } from '../../../../engine/random.ts';
import { randomProblem } from '../../../support/problems.ts';

function randomPools(seed: number, buffers: number): PoolProblem {
  const random = seededRandom(seed);
  const plain = randomProblem(seed, { buffers, steps: 6, maxSize: 20 });
  const { height } = plan(plain, 'exact').solution;
  const problem = {
    buffers: plain.buffers.map(buffer => ({
      ...buffer,
      traffic: buffer.size * (1 + Math.floor(random() * 4)),
      ...(random() < 0.1 && { pools: ['slow'] }),
    })),
  };
  return {
    problem,
    pools: [
      { id: 'fast', size: Math.ceil(height * (0.3 + 0.4 * random())), cost: 1 },
      { id: 'slow', size: Math.ceil(height * (0.5 + 0.5 * random())), cost: 10 },
    ],
  };
}

const trafficOf = ({ problem }: PoolProblem): number[] => problem.buffers.map(({ traffic = 0 }) => traffic);

/** The least cost of all assignments whose pools can be planned. */
function bruteForce(request: PoolProblem): number {
  const { problem, pools } = request;
  const traffic = trafficOf(request);
  let best = Number.POSITIVE_INFINITY;
  for (let code = 0; code < 2 ** problem.buffers.length; code++) {
    const poolOf = problem.buffers.map((_, b) => (code >> b) & 1);
    const cost = poolOf.reduce((sum, pool, b) => sum + (traffic[b] ?? 0) * (pools[pool]?.cost ?? 0), 0);
    const isOpen = poolOf.every((pool, b) => {
      const { pools: names = pools.map(({ id }) => id) } = problem.buffers[b] ?? {};
      return names.includes(pools[pool]?.id ?? '');
    });
    if (!isOpen || cost >= best) continue;
    const fits = pools.every(({ size }, pool) => {
      const members = [...poolOf.keys()].filter(b => poolOf[b] === pool);
      return plan(subProblem(problem, members), 'exact').solution.height <= size;
    });
    if (fits) best = Math.min(best, cost);
  }
  return best;
}

function check(request: PoolProblem, label: string): number {
  const result = planPools(request);
  if (!result.fits) {
    expect(result.lacks.length, label).toBeGreaterThan(0);
    const pools = request.pools.map((pool, p) => {
      const lack = result.lacks.find(other => other.pool === p);
      return { ...pool, size: pool.size + (lack?.missingBytes ?? 0) };
    });
    expect(planPools({ ...request, pools }).fits, label).toBe(true);
    return Number.POSITIVE_INFINITY;
  }
  request.pools.forEach(({ size }, pool) => {
    const members = [...result.poolOf.keys()].filter(b => result.poolOf[b] === pool);
    const offsets = members.map(b => result.offsets[b] ?? -1);
    const height = result.heights[pool] ?? -1;
    expect(validate(subProblem(request.problem, members), { offsets, height }), label).toEqual([]);
    expect(height, label).toBeLessThanOrEqual(size);
  });
  // Few enough are all tried.
  const { cost, leastCost, proved } = result;
  if (request.problem.buffers.length < 14) expect(leastCost, label).toBe(cost);
  expect(leastCost, label).toBeLessThanOrEqual(cost);
  expect(proved, label).toBe(leastCost === cost);
  return cost;
}

test('a few buffers: the cheapest of all assignments', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const request = randomPools(seed, 2 + (seed % 7));
    expect(check(request, `seed ${seed}`), `seed ${seed}`).toBe(bruteForce(request));
  }
});

test('many buffers: valid, and the traffic goes to the fast pool first', () => {
  let fitting = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const request = randomPools(seed, 30);
    const cost = check(request, `seed ${seed}`);
    const slowest = trafficOf(request).reduce((sum, bytes) => sum + 10 * bytes, 0);
    if (!Number.isFinite(cost)) continue;
    expect(cost, `seed ${seed}`).toBeLessThan(slowest);
    fitting++;
  }
  expect(fitting).toBeGreaterThan(0);
});

test('buffers fixed at the same bytes lie in different pools, or do not fit', () => {
  const buffers = ['a', 'b', 'c'].map(id => ({ id, lower: 0, upper: 2, size: 8, offset: 0 }));
  const pools = [1, 2, 3].map(cost => ({ id: `costs ${cost}`, size: 8, cost }));
  const request = { problem: { buffers }, pools };
  expect(check(request, 'three pools')).toBe(2 * 8 * (1 + 2 + 3));
  expect(planPools({ ...request, pools: pools.slice(0, 2) })).toEqual({ fits: false, lacks: [] });
});

test('a budget that is too small says what is missing', () => {
  const buffers = [
    { id: 'a', lower: 0, upper: 2, size: 60 },
    { id: 'b', lower: 1, upper: 3, size: 50 },
  ];
  const pools = [{ id: 'ram', size: 100, cost: 1 }];
  expect(planPools({ problem: { buffers }, pools })).toEqual({
    fits: false,
    lacks: [{ pool: 0, missingBytes: 10 }],
  });
});

test('no assignment costs less than the bound says, and it sees what crowds out what', () => {
  let better = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const request = randomPools(seed, 2 + (seed % 7));
    const bound = leastPoolCost(request);
    expect(bound, `seed ${seed}`).toBeLessThanOrEqual(bruteForce(request) + 1e-9);
    const { buffers } = request.problem;
    const fastest = buffers.reduce((sum, { traffic = 0, pools }) => sum + traffic * (pools ? 10 : 1), 0);
    if (bound > fastest) better++;
  }
  expect(better).toBeGreaterThan(10);
});

test('three at once, room for two: one pays, and of one step only', () => {
  const buffers = [0, 1, 2].map(b => ({ id: `${b}`, lower: 0, upper: 4, size: 10, traffic: 10 + b }));
  const later = { id: 'later', lower: 4, upper: 6, size: 25, traffic: 7 };
  const pools = [
    { id: 'fast', size: 20, cost: 1 },
    { id: 'slow', size: 1000, cost: 3 },
  ];
  // The one with the least traffic pays 2 more for each byte; what is too large for the fast one pays 3 anyway.
  const bound = 10 + 11 + 12 + 2 * 10 + 7 * 3;
  expect(leastPoolCost({ problem: { buffers: [...buffers, later] }, pools })).toBeCloseTo(bound);
});

test('a limit of time is one for the whole', () => {
  const request = randomPools(3, 60);
  let now = 0;
  // Every look at the clock takes a millisecond.
  const result = planPools(request, { clock: () => now++, timeLimitMs: 30 });
  expect(now).toBeLessThan(5000);
  expect(result.fits || result.lacks.length > 0).toBe(true);
});
