import { expect, test } from 'vitest';
import { classOrder, widthOrder } from '../../../../engine/planner/greedy/orders.ts';
import { placeInOrder } from '../../../../engine/planner/greedy/place.ts';
import { Nearby } from '../../../../engine/planner/problem/nearby.ts';
import type { Buffer, BufferIndex, Problem } from '../../../../engine/planner/types.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { seededRandom } from '../../../../engine/random.ts';
import { randomProblem } from '../../../support/problems.ts';

/** Some live for hundreds of steps, most for few. */
function shortLived(seed: number, count: number): Problem {
  const random = seededRandom(seed);
  const buffers = Array.from({ length: count }, (_, at) => {
    const lower = Math.floor(random() * count);
    const upper = lower + 1 + Math.floor(random() ** 6 * 300);
    return { id: `b${at}`, lower, upper, size: Math.floor(random() * 1000), alignment: 1 + (at % 3) };
  });
  return { buffers };
}

test('whoever is marked and lives when a buffer does, and nobody else, in order of a key', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const problem = randomProblem(seed, { buffers: 10 + 3 * seed, steps: 1 + 2 * seed, maxSize: 100 });
    const { buffers } = problem;
    const random = seededRandom(seed);
    const marked = Uint8Array.from(buffers, () => (random() < 0.7 ? 1 : 0));
    const key = Float64Array.from(buffers, () => Math.floor(random() * 50));
    const nearby = new Nearby(problem);
    // Keys too large to be packed are ordered otherwise.
    const [scale, limit] = seed % 2 === 0 ? [1, 50] : [2 ** 45, 50 * 2 ** 45];
    const scaled = key.map(value => value * scale);
    buffers.forEach(({ lower, upper }, b) => {
      const meets = buffers.map(other => other.size > 0 && other.lower < upper && other.upper > lower);
      const expected = [...buffers.keys()].filter(other => meets[other] && marked[other] === 1);
      const count = nearby.collect(b, marked);
      const ordered = [...nearby.ordered(count, scaled, limit)];
      const label = `seed ${seed}, buffer ${b}`;
      expect(
        ordered.toSorted((x, y) => x - y),
        label,
      ).toEqual(expected);
      expect(
        ordered.map(other => key[other]),
        label,
      ).toEqual(expected.map(other => key[other] ?? 0).sort((x, y) => x - y));
    });
  }
});

/** Whether there is a step in which both need their bytes. */
function neededTogether(a: Buffer, b: Buffer | undefined): boolean {
  const isNeeded = ({ lower, upper, gaps = [] }: Buffer, step: number) =>
    lower <= step && step < upper && !gaps.some(gap => gap.lower <= step && step < gap.upper);
  if (!b) return false;
  for (let step = Math.max(a.lower, b.lower); step < Math.min(a.upper, b.upper); step++)
    if (isNeeded(a, step) && isNeeded(b, step)) return true;
  return false;
}

/** First fit, one buffer after the other, by a look at all that were placed. */
function plainly({ buffers }: Problem, order: readonly BufferIndex[]): number[] {
  const offsets: number[] = buffers.map(() => 0);
  const placed: BufferIndex[] = [];
  for (const b of order) {
    const buffer = buffers[b];
    if (buffer === undefined || buffer.size === 0) continue;
    const { size, alignment = 1 } = buffer;
    let offset = 0;
    for (const other of placed) {
      const { size: bytes = 0 } = buffers[other] ?? {};
      if (!neededTogether(buffer, buffers[other])) continue;
      const start = offsets[other] ?? 0;
      if (start - offset >= size) break;
      offset = Math.max(offset, Math.ceil((start + bytes) / alignment) * alignment);
    }
    offsets[b] = offset;
    const at = placed.findIndex(other => (offsets[other] ?? 0) > offset);
    placed.splice(at < 0 ? placed.length : at, 0, b);
  }
  return offsets;
}

test('thousands of short lives are placed as by a look at all', () => {
  const problem = shortLived(1, 6000);
  expect(new Nearby(problem).cost).toBeLessThan(3000);
  for (const order of [classOrder(problem), widthOrder(problem)]) {
    const layout = placeInOrder(problem, order, 'first');
    expect(layout.offsets).toEqual(plainly(problem, order));
    expect(validate(problem, layout)).toEqual([]);
  }
});

test('thousands with gaps are placed as by a look at all that were placed', () => {
  const random = seededRandom(5);
  const buffers = shortLived(5, 1500).buffers.map(buffer => {
    const { lower, upper } = buffer;
    const start = lower + Math.floor(random() * (upper - lower));
    return random() < 0.5
      ? buffer
      : { ...buffer, gaps: [{ lower: start, upper: Math.min(upper, start + 40) }] };
  });
  const problem = { buffers };
  for (const order of [widthOrder(problem), classOrder(problem)]) {
    const layout = placeInOrder(problem, order, 'first');
    expect(validate(problem, layout)).toEqual([]);
    expect(layout.offsets).toEqual(plainly(problem, order));
  }
});
