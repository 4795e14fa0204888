import { expect, test } from 'vitest';
import { measureTiles } from '../../../../engine/codegen/measure/tiles.ts';
import type { TileQuestion } from '../../../../engine/select/tile-choice.ts';

const question: TileQuestion = {
  key: 'asked',
  simd: '128',
  products: { rows: 50, columns: 40, terms: 7 },
  candidates: [
    [6, 8],
    [2, 16],
    [3, 12],
  ],
};

/** A clock that goes on by the next of these steps, again and again, after its first reading. */
function clock(stepsMs: readonly number[]): () => number {
  let [now, calls] = [0, -1];
  return () => {
    if (calls >= 0) now += stepsMs[calls % stepsMs.length] ?? 0;
    calls++;
    return now;
  };
}

test('every candidate runs, and one of them is the answer', () => {
  const { key, choice, durationsNs } = measureTiles(question, () => performance.now());
  expect(key).toBe('asked');
  expect(question.candidates).toContainEqual(choice);
  for (const duration of durationsNs) expect(duration).toBeGreaterThan(0);
});

test('a candidate must be clearly faster than what the model chose', () => {
  // Read at the start; in every round once, and before and after each candidate.
  const read = (first: number, second: number, third: number) =>
    measureTiles(question, clock([0, 0, first, 0, second, 0, third])).choice;
  expect(read(10, 8, 9)).toEqual([2, 16]);
  expect(read(10, 9.9, 11)).toEqual([6, 8]);
});
