import { expect, test } from 'vitest';
import type { Problem } from '../../../engine/planner/types.ts';
import { validate } from '../../../engine/planner/validate.ts';
import { seededRandom } from '../../../engine/random.ts';
import { mayLie } from '../../support/every-offset.ts';
import { loosened, randomProblem } from '../../support/problems.ts';

const problem: Problem = {
  buffers: [
    { id: 'a', lower: 0, upper: 2, size: 4 },
    { id: 'b', lower: 1, upper: 3, size: 4, alignment: 4 },
    { id: 'c', lower: 2, upper: 3, size: 4, offset: 8 },
  ],
};
const kinds = (offsets: readonly number[], height: number) =>
  validate(problem, { offsets, height }).map(({ kind, buffers }) => [kind, ...buffers]);

test('a valid solution breaks no rule', () => {
  expect(kinds([0, 4, 8], 12)).toEqual([]);
});

test('buffers of different times may share bytes', () => {
  expect(kinds([8, 4, 8], 12)).toEqual([]);
});

test.each([
  ['overlap', [2, 4, 8], 12, ['overlap', 0, 1]],
  ['alignment', [0, 5, 8], 12, ['alignment', 1]],
  ['a moved fixed buffer', [0, 4, 12], 16, ['fixed', 2]],
  ['a negative offset', [-4, 4, 8], 12, ['offset', 0]],
  ['half a byte', [0.5, 8, 8], 12, ['offset', 0]],
  ['a missing offset', [0, 4], 8, ['count']],
  ['a height too low', [0, 4, 8], 11, ['height']],
  ['a height too high', [0, 4, 8], 13, ['height']],
])('%s is found', (_, offsets, height, violation) => {
  expect(kinds(offsets, height)).toContainEqual(violation);
});

test('a violation says where, in steps and bytes', () => {
  const [first] = validate(problem, { offsets: [2, 4, 8], height: 12 });
  expect(first?.message).toBe('a and b share bytes [4, 6) in steps [1, 2)');
});

test('a violation in what gaps leave of two buffers says which bytes, and until when', () => {
  const buffers = [
    { id: 'a', lower: 0, upper: 9, size: 8, gaps: [{ lower: 2, upper: 5, window: { from: 6, to: 8 } }] },
    { id: 'b', lower: 1, upper: 7, size: 8, gaps: [{ lower: 1, upper: 4 }] },
  ];
  const [first] = validate({ buffers }, { offsets: [10, 12], height: 20 });
  expect(first?.message).toBe('a and b share bytes [16, 18) in steps [4, 5)');
});

test('among thousands: those whose gaps let them share bytes do not hide others that may not', () => {
  const many = Array.from({ length: 3100 }, (_, i) => ({ id: `one ${i}`, lower: i, upper: i + 1, size: 8 }));
  const buffers = [
    { id: 'a', lower: 0, upper: 9, size: 8, gaps: [{ lower: 2, upper: 5 }] },
    { id: 'b', lower: 2, upper: 5, size: 8 },
    { id: 'c', lower: 20, upper: 22, size: 8 },
    { id: 'd', lower: 21, upper: 23, size: 8 },
    ...many,
  ];
  const offsets = [8, 8, 8, 12, ...many.map(() => 0)];
  const found = validate({ buffers }, { offsets, height: 20 });
  expect(found.map(({ message }) => message)).toEqual(['c and d share bytes [12, 16) in steps [21, 22)']);
});

test('gaps and overlaps, placed at random: just the pairs that need one byte in one step are found', () => {
  const found = { overlap: 0, none: 0 };
  for (let seed = 1; seed <= 600; seed++) {
    const random = seededRandom(seed);
    const plain = randomProblem(seed, { buffers: 2 + (seed % 3), steps: 1 + (seed % 8), maxSize: 8 });
    const loose = loosened(plain, seed, { gaps: seed % 2 === 0, ...(seed % 3 > 0 && { overlaps: 'both' }) });
    const offsets = loose.buffers.map(() => Math.floor(random() * 16));
    const tops = loose.buffers.map(({ size }, b) => (size > 0 ? (offsets[b] ?? 0) + size : 0));
    const expected = loose.buffers.flatMap((_, i) =>
      [...loose.buffers.keys()]
        .filter(j => j > i && !mayLie(loose, i, j, (offsets[j] ?? 0) - (offsets[i] ?? 0)))
        .map(j => `overlap ${i} ${j}`),
    );
    const violations = validate(loose, { offsets, height: Math.max(...tops) });
    expect(
      violations.map(({ kind, buffers }) => [kind, ...buffers].join(' ')).sort(),
      `seed ${seed}`,
    ).toEqual(expected);
    found[expected.length > 0 ? 'overlap' : 'none']++;
  }
  expect(Math.min(found.overlap, found.none)).toBeGreaterThan(100);
});
