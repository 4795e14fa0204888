import { expect, test } from 'vitest';
import { plan } from '../../../../engine/planner/plan.ts';
import { Squeeze } from '../../../../engine/planner/repair/squeeze.ts';
import type { Problem } from '../../../../engine/planner/types.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { gappedProblem, randomProblem } from '../../../support/problems.ts';

/** A placement without fixed buffers and gaps, and how far its buffers can be pushed within a target. */
function squeezed(seed: number, room: number) {
  const shape = { buffers: 10 + seed, steps: 20, maxSize: 50, aligned: seed % 2 === 0 };
  return pushed(randomProblem(seed, shape), room);
}

function pushed(problem: Problem, room: number) {
  const { solution } = plan(problem, 'bestfit');
  const target = solution.height + room;
  const offsets = solution.offsets;
  const order = Int32Array.from(offsets.keys()).filter(b => (problem.buffers[b]?.size ?? 0) > 0);
  order.sort((a, b) => (offsets[a] ?? 0) - (offsets[b] ?? 0));
  const lowest = new Float64Array(offsets.length);
  const highest = new Float64Array(offsets.length);
  new Squeeze(problem).run(order, target, lowest, highest);
  return { problem, offsets, target, order, lowest, highest };
}

test('all down, all up, and what ends below a place down with the rest up: placements within the target', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { problem, offsets, target, order, lowest, highest } = squeezed(seed, seed % 7);
    const sizeOf = (b: number) => problem.buffers[b]?.size ?? 0;
    for (const place of [0, target / 3, target / 2, target]) {
      const mixed = offsets.map((_, b) => {
        const low = lowest[b] ?? 0;
        return (low + sizeOf(b) <= place ? low : highest[b]) ?? 0;
      });
      const height = Math.max(...[...order].map(b => (mixed[b] ?? 0) + sizeOf(b)));
      expect(validate(problem, { offsets: mixed, height }), `seed ${seed} at ${place}`).toEqual([]);
      expect(height, `seed ${seed}`).toBeLessThanOrEqual(target);
    }
    for (const b of order) {
      expect(lowest[b], `seed ${seed}`).toBeLessThanOrEqual(offsets[b] ?? 0);
      expect(highest[b], `seed ${seed}`).toBeGreaterThanOrEqual(offsets[b] ?? 0);
    }
  }
});

test('fixed ones stay, and others go into their gaps', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const shape = {
      buffers: 10 + seed,
      steps: 20,
      maxSize: 50,
      aligned: seed % 2 === 0,
      fixed: seed % 3 > 0,
    };
    const { problem, offsets, target, order, lowest, highest } = pushed(gappedProblem(seed, shape), seed % 7);
    for (const all of [lowest, highest]) {
      const height = Math.max(...[...order].map(b => (all[b] ?? 0) + (problem.buffers[b]?.size ?? 0)));
      const placed = offsets.map((offset, b) => (order.includes(b) ? (all[b] ?? 0) : offset));
      expect(validate(problem, { offsets: placed, height }), `seed ${seed}`).toEqual([]);
      expect(height, `seed ${seed}`).toBeLessThanOrEqual(target);
    }
  }
});

test('nothing can be pushed further: each is stopped by another, or by an end', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { problem, target, order, lowest, highest } = squeezed(seed, 5);
    const { buffers } = problem;
    const meets = (a: number, b: number) =>
      (buffers[a]?.lower ?? 0) < (buffers[b]?.upper ?? 0) &&
      (buffers[b]?.lower ?? 0) < (buffers[a]?.upper ?? 0);
    for (const b of order) {
      const { size = 0, alignment = 1 } = buffers[b] ?? {};
      const low = lowest[b] ?? 0;
      const top = (highest[b] ?? 0) + size;
      const others = [...order].filter(other => other !== b && meets(b, other));
      const below = others
        .filter(o => (lowest[o] ?? 0) < low)
        .map(o => (lowest[o] ?? 0) + (buffers[o]?.size ?? 0));
      const above = others.filter(o => (highest[o] ?? 0) >= top).map(o => highest[o] ?? 0);
      expect(low - Math.max(0, ...below), `seed ${seed}`).toBeLessThan(alignment);
      expect(Math.min(target, ...above) - top, `seed ${seed}`).toBeLessThan(alignment);
    }
  }
});
