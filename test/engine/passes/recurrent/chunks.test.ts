import { describe, expect, test } from 'vitest';
import { type RecurrentSizes, recurrentChunks } from '../../../../engine/passes/recurrent/chunks.ts';

const SIZES: RecurrentSizes = { time: 100, batch: 1, directions: 2, features: 32, hidden: 64, gates: 4 };
const backwards = (direction: number): boolean => direction === 1;

describe('chunks of a recurrent layer', () => {
  test('cover every step of every direction once, in the order in which states are passed on', () => {
    const chunks = recurrentChunks({ ...SIZES, time: 101 }, backwards);
    if (chunks === 'whole') throw new Error('expected chunks');
    const stepsOf = (direction: number) =>
      chunks.map(({ starts, steps }) =>
        Array.from({ length: steps }, (_, i) => (starts[direction] ?? 0) + i),
      );
    const all = [...Array(101).keys()];
    expect(stepsOf(0).flat()).toEqual(all);
    expect(stepsOf(1).toReversed().flat()).toEqual(all);
  });

  test('are no smaller than a product is worth, nor made where little is held', () => {
    expect(recurrentChunks({ ...SIZES, time: 8 }, backwards)).toBe('whole');
    expect(recurrentChunks({ ...SIZES, features: 512 }, backwards)).toBe('whole');
  });
});
