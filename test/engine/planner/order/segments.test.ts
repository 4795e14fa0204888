// The partition into segments against every partition there is.

import { expect, test } from 'vitest';
import {
  leastBytes,
  partition,
  type SegmentCost,
  type SegmentProblem,
} from '../../../../engine/planner/order/segments.ts';
import { seededRandom } from '../../../../engine/random.ts';

const CASES = 200;

/** Single steps always have one way to run, longer segments none to two. */
function randomProblem(seed: number): SegmentProblem {
  const random = seededRandom(seed);
  const whole = (below: number): number => Math.floor(random() * below);
  const steps = 1 + whole(7);
  const cost = (): SegmentCost => ({ bytes: 1 + whole(20), time: 1 + whole(20) });
  const table = new Map<string, SegmentCost[]>();
  for (let from = 0; from < steps; from++) {
    for (let to = from + 1; to <= steps; to++) {
      table.set(`${from} ${to}`, Array.from({ length: to - from === 1 ? 1 : whole(3) }, cost));
    }
  }
  return { steps, longest: 1 + whole(steps), costs: (from, to) => table.get(`${from} ${to}`) ?? [] };
}

interface Total {
  readonly bytes: number;
  readonly time: number;
}

/** The problem with those segments only of which a step alone needs more than the limit. */
function needed(problem: SegmentProblem, limit: number): SegmentProblem {
  const { costs, onlyNeeded } = problem;
  if (!onlyNeeded) return problem;
  const isOver = (at: number): boolean => costs(at, at + 1).every(({ bytes }) => bytes > limit);
  const isNeeded = (from: number, to: number): boolean =>
    to - from === 1 || Array.from({ length: to - from }, (_, k) => from + k).some(isOver);
  return { ...problem, costs: (from, to) => (isNeeded(from, to) ? costs(from, to) : []) };
}

/** Totals of every way to partition and run the steps from one on. */
function allTotals({ steps, longest, costs }: SegmentProblem, from = 0): Total[] {
  if (from === steps) return [{ bytes: 0, time: 0 }];
  const ends = Array.from({ length: Math.min(longest, steps - from) }, (_, more) => from + more + 1);
  return ends.flatMap(to =>
    costs(from, to).flatMap(cost =>
      allTotals({ steps, longest, costs }, to).map(rest => ({
        bytes: Math.max(cost.bytes, rest.bytes),
        time: cost.time + rest.time,
      })),
    ),
  );
}

test('no partition within the limit is faster, none needs less where none is within it, and steps that fit stay apart if they shall', () => {
  for (let seed = 1; seed <= CASES; seed++) {
    const problem = { ...randomProblem(seed), onlyNeeded: seed % 2 === 0 };
    const least = Math.min(...allTotals(problem).map(({ bytes }) => bytes));
    expect(leastBytes(problem)).toBe(least);
    for (const limit of [0, 10, 15, 20]) {
      const segments = partition(problem, limit);
      const chosen = segments.map(({ from, to, way }) => problem.costs(from, to)[way]);
      const bytes = Math.max(...chosen.map(cost => cost?.bytes ?? Number.NaN));
      const time = chosen.reduce((sum, cost) => sum + (cost?.time ?? Number.NaN), 0);
      const totals = allTotals(needed(problem, Math.max(limit, least)));
      const within = totals.filter(total => total.bytes <= Math.max(limit, least));
      expect({ bytes: bytes <= Math.max(limit, least), time }, `seed ${seed}, limit ${limit}`).toEqual({
        bytes: true,
        time: Math.min(...within.map(total => total.time)),
      });
      expect(segments.map(({ from }) => from)).toEqual([0, ...segments.slice(0, -1).map(({ to }) => to)]);
      expect(segments.at(-1)?.to).toBe(problem.steps);
    }
  }
});
