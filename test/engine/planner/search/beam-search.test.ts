import { expect, test } from 'vitest';
import { lowerBound } from '../../../../engine/planner/bounds/max-live.ts';
import { plan } from '../../../../engine/planner/plan.ts';
import { subProblem } from '../../../../engine/planner/problem/sub-problem.ts';
import { BeamSearch } from '../../../../engine/planner/search/beam-search.ts';
import type { Problem } from '../../../../engine/planner/types.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { seededRandom } from '../../../../engine/random.ts';
import { loosened, randomProblem } from '../../../support/problems.ts';
import { tiledProblem } from '../../../support/tiled-problems.ts';

const ATTEMPT = { nodeLimit: 1e6, tolerance: 0.003, roughness: 0.1 };

/** Offsets within the capacity, or none, after attempts of doubled width. */
function search(problem: Problem, capacity: number, seed: number): readonly number[] | undefined {
  const beam = new BeamSearch(problem);
  const random = seededRandom(seed);
  for (let width = 1; width <= 64; width *= 2) {
    if (beam.run({ ...ATTEMPT, width, capacity, random })) return beam.offsets;
  }
  return undefined;
}

const heightOf = ({ buffers }: Problem, offsets: readonly number[]): number =>
  Math.max(...buffers.map(({ size }, b) => (offsets[b] ?? 0) + size));

test('what it finds is valid and within the capacity, whatever the problem; alignment, fixed offsets, gaps, overlaps', () => {
  let found = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const shape = {
      buffers: 4 + (seed % 20),
      steps: 12,
      maxSize: 40,
      aligned: seed % 3 === 0,
      fixed: seed % 4 === 0,
    };
    const plain = randomProblem(seed, shape);
    const whole = seed % 2 === 0 ? loosened(plain, seed, { overlaps: 'least', gaps: seed % 4 !== 0 }) : plain;
    const problem = subProblem(
      whole,
      [...whole.buffers.keys()].filter(b => (whole.buffers[b]?.size ?? 0) > 0),
    );
    const capacity = Math.ceil(1.15 * lowerBound(problem).bytes);
    const offsets = search(problem, capacity, seed);
    if (offsets === undefined) continue;
    found++;
    const height = heightOf(problem, offsets);
    expect(validate(problem, { offsets, height }), `seed ${seed}`).toEqual([]);
    expect(height, `seed ${seed}`).toBeLessThanOrEqual(capacity);
  }
  expect(found).toBeGreaterThan(120);
});

test('arenas that are full all the time are put together again', () => {
  let found = 0;
  for (let seed = 1; seed <= 8; seed++) {
    const { problem, capacity } = tiledProblem(seed, { buffers: 100, fill: 1 });
    const offsets = search(problem, capacity, seed);
    if (offsets === undefined) continue;
    found++;
    expect(validate(problem, { offsets, height: capacity }), `seed ${seed}`).toEqual([]);
    expect(heightOf(problem, offsets), `seed ${seed}`).toBe(capacity);
  }
  expect(found).toBeGreaterThanOrEqual(6);
});

test('nothing fits below the bound, and a search that is stopped finds nothing', () => {
  const { problem, capacity } = tiledProblem(1, { buffers: 60, fill: 1 });
  expect(search(problem, capacity - 1, 1)).toBeUndefined();
  const beam = new BeamSearch(problem);
  const attempt = { ...ATTEMPT, width: 8, capacity: 2 * capacity, random: seededRandom(1) };
  expect(beam.run({ ...attempt, nodeLimit: 0 })).toBe(false);
  expect(beam.run({ ...attempt, stop: () => true })).toBe(false);
  expect(beam.run(attempt)).toBe(true);
});

test.each([
  { seed: 1, buffers: 150, fill: 1, within: 1 },
  { seed: 2, buffers: 200, fill: 1, within: 1 },
  { seed: 3, buffers: 150, fill: 0.93, within: 1.05 },
])(
  'exact, by counted work: $buffers buffers that fill $fill of an arena',
  ({ seed, buffers, fill, within }) => {
    const { problem, capacity } = tiledProblem(seed, { buffers, fill });
    const control = { nodeLimit: 400_000, seed };
    const { solution, lowerBound: bound } = plan(problem, 'exact', control);
    expect(validate(problem, solution)).toEqual([]);
    expect(bound.bytes).toBeLessThanOrEqual(capacity);
    expect(solution.height).toBeLessThanOrEqual(within * capacity);
    expect(solution.height).toBeLessThanOrEqual(plan(problem, 'size').solution.height);
    expect(plan(problem, 'exact', control).solution).toEqual(solution);
  },
);
