import { expect, test } from 'vitest';
import { lowerBound } from '../../../../engine/planner/bounds/max-live.ts';
import { plan } from '../../../../engine/planner/plan.ts';
import { replaceWindows } from '../../../../engine/planner/repair/windows.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { seededRandom } from '../../../../engine/random.ts';
import { randomProblem } from '../../../support/problems.ts';
import { tiledProblem } from '../../../support/tiled-problems.ts';

test('places parts anew: valid, never higher, often lower, the same for the same seed; with alignments', () => {
  let lower = 0;
  for (let seed = 1; seed <= 14; seed++) {
    const shape = { buffers: 20 + 2 * seed, steps: 30, maxSize: 50, aligned: seed % 2 === 0 };
    const { buffers } = randomProblem(seed, shape);
    const problem = { buffers: buffers.map(({ offset: _, gaps: __, ...buffer }) => buffer) };
    const first = { ...plan(problem, 'size').solution, placements: [] };
    const floor = lowerBound(problem).bytes;
    const run = (nodes: number) => {
      const limits = { floor, unit: 1, nodes, stop: () => false, random: seededRandom(seed) };
      return replaceWindows(problem, first, limits).offsets;
    };
    const offsets = run(20_000);
    const height = Math.max(...problem.buffers.map(({ size }, b) => (offsets[b] ?? 0) + size));
    expect(validate(problem, { offsets, height }), `seed ${seed}`).toEqual([]);
    expect(height, `seed ${seed}`).toBeLessThanOrEqual(first.height);
    expect(offsets, `seed ${seed}`).toEqual(run(20_000));
    expect(run(0), `seed ${seed}`).toEqual(first.offsets);
    if (height < first.height) lower++;
  }
  expect(lower).toBeGreaterThan(7);
});

test('an arena with slack comes closer to its bound', () => {
  const { problem } = tiledProblem(4, { buffers: 120, fill: 0.9 });
  const first = { ...plan(problem, 'size').solution, placements: [] };
  const floor = lowerBound(problem).bytes;
  const limits = { floor, unit: 1024, nodes: 100_000, stop: () => false, random: seededRandom(1) };
  const { offsets } = replaceWindows(problem, first, limits);
  const height = Math.max(...problem.buffers.map(({ size }, b) => (offsets[b] ?? 0) + size));
  expect(height - floor).toBeLessThan((first.height - floor) * 0.7);
});
