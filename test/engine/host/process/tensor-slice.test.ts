import { describe, expect, test } from 'vitest';
import { sliceOf, summarizeOutput } from '../../../../engine/host/process/tensor-slice.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';

describe('sliceOf', () => {
  test('a part of the elements, statistics over all', () => {
    const tensor = tensorOf('float32', [2, 3], [0, 1, 2, 3, 4, 5]);
    const slice = sliceOf(7, tensor, 4, 10);
    expect(slice).toMatchObject({ tensor: 7, dtype: 'float32', shape: [2, 3], start: 4, values: [4, 5] });
    expect(slice.statistics).toMatchObject({ min: 0, max: 5, mean: 2.5, zeros: 1, nonFinite: 0 });
    expect(slice.statistics?.std).toBeCloseTo(Math.sqrt(35 / 12));
    expect(slice.statistics?.histogram).toHaveLength(64);
    expect(slice.statistics?.histogram.at(0)).toBe(1);
    expect(slice.statistics?.histogram.at(-1)).toBe(1);
  });

  test('what JSON cannot carry becomes text', () => {
    const odd = tensorOf('float32', [3], [Number.NaN, Number.POSITIVE_INFINITY, 1]);
    expect(sliceOf(0, odd, 0, 3).values).toEqual(['NaN', 'Infinity', 1]);
    // JSON would make 0 of it.
    expect(sliceOf(0, tensorOf('float32', [2], [-0, 0]), 0, 2).values).toEqual(['-0', 0]);
    expect(sliceOf(0, odd, 0, 3).statistics).toMatchObject({ min: 1, max: 1, nonFinite: 2 });
    const big = { dtype: 'int64' as const, shape: [2], data: BigInt64Array.of(2n ** 60n, -7n) };
    expect(sliceOf(0, big, 0, 2).values).toEqual(['1152921504606846976', -7]);
    const words = { dtype: 'string' as const, shape: [1], data: ['word'] };
    expect(sliceOf(0, words, 0, 9)).toMatchObject({ values: ['word'] });
    expect(sliceOf(0, words, 0, 9).statistics).toBeUndefined();
  });

  test('constant, empty and non-finite tensors have no division by zero', () => {
    const histogram = sliceOf(0, tensorOf('float32', [3], [2, 2, 2]), 0, 1).statistics?.histogram;
    expect(histogram?.[0]).toBe(3);
    expect(sliceOf(0, tensorOf('float32', [0], []), 0, 1).statistics).toBeUndefined();
    const nothing = summarizeOutput('x', tensorOf('float32', [1], [Number.NaN]));
    expect(nothing).toMatchObject({ name: 'x', nonFinite: 1, values: ['NaN'] });
    expect(nothing.mean).toBeUndefined();
  });
});
