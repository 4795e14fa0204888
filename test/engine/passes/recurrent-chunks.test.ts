import { describe, expect, test } from 'vitest';
import { type RecurrentSizes, recurrentChunks } from '../../../engine/passes/recurrent-chunks.ts';

const SIZES: RecurrentSizes = { time: 100, batch: 1, directions: 2, features: 32, hidden: 64, gates: 4 };
const backwards = (direction: number): boolean => direction === 1;

describe('chunks of a recurrent layer', () => {
  test('cover every step of every direction once', () => {
    const chunks = recurrentChunks(SIZES, backwards);
    if (chunks === 'whole') throw new Error('expected chunks');
    for (const direction of [0, 1]) {
      const steps = chunks
        .filter(chunk => chunk.direction === direction)
        .flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
      expect([...steps].sort((a, b) => a - b)).toEqual([...Array(SIZES.time).keys()]);
    }
  });

  test('run in the direction in which states are passed on', () => {
    const chunks = recurrentChunks(SIZES, backwards);
    if (chunks === 'whole') throw new Error('expected chunks');
    const starts = (direction: number) => chunks.filter(c => c.direction === direction).map(c => c.from);
    expect(starts(0)).toEqual([...starts(0)].sort((a, b) => a - b));
    expect(starts(1)).toEqual([...starts(1)].sort((a, b) => b - a));
  });

  test('are no smaller than a product is worth, nor made where little is held', () => {
    expect(recurrentChunks({ ...SIZES, time: 8 }, backwards)).toBe('whole');
    expect(recurrentChunks({ ...SIZES, features: 512 }, backwards)).toBe('whole');
  });
});
