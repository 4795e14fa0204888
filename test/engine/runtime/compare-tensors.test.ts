import { describe, expect, test } from 'vitest';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import { compareTensors, magnitudeOf } from '../../../engine/runtime/compare-tensors.ts';

const floats = (...values: number[]) => tensorOf('float32', [values.length], values);

describe('compareTensors', () => {
  test('small differences pass, large ones are counted', () => {
    const result = compareTensors(floats(1, 2, 3), floats(1.0005, 2, 4));
    expect(result).toMatchObject({ compared: 3, mismatched: 1, maxAbsError: 1 });
    expect(result.maxRelError).toBeCloseTo(0.25);
  });

  test('the largest error counts, wherever it is', () => {
    expect(compareTensors(floats(1, 2.5, 3), floats(3, 2, 3))).toMatchObject({
      mismatched: 2,
      maxAbsError: 2,
    });
  });

  test('strings are the same or not', () => {
    const words = (...values: string[]) =>
      ({ dtype: 'string', shape: [values.length], data: values }) as const;
    const result = compareTensors(words('a', 'b', ''), words('a', 'c', 'd'));
    expect(result).toMatchObject({ compared: 3, mismatched: 2, maxAbsError: 0 });
  });

  test('a magnitude is the root mean square of what is finite, or half the largest', () => {
    expect(magnitudeOf(floats(3, -3, 3, Number.NaN))).toBe(3);
    expect(magnitudeOf(floats(-10, 0, 0, 0, 0, 0, 0, 0, 0, 0))).toBe(5);
    expect(magnitudeOf(floats(Number.POSITIVE_INFINITY))).toBe(0);
  });

  test('the relative error is one of the largest value: next to 0 it would be as large as the value', () => {
    expect(compareTensors(floats(1e-6, 2), floats(1e-9, 2)).maxRelError).toBeCloseTo(5e-7);
    expect(compareTensors(floats(1), floats(0)).maxRelError).toBe(0);
  });

  test('NaN equals NaN, and nothing else', () => {
    expect(compareTensors(floats(Number.NaN), floats(Number.NaN)).mismatched).toBe(0);
    expect(compareTensors(floats(Number.NaN), floats(1)).mismatched).toBe(1);
    expect(compareTensors(floats(1), floats(Number.NaN)).mismatched).toBe(1);
  });

  test('infinities must have the same sign', () => {
    const [up, down] = [floats(Number.POSITIVE_INFINITY), floats(Number.NEGATIVE_INFINITY)];
    expect(compareTensors(up, up).mismatched).toBe(0);
    expect(compareTensors(up, down).mismatched).toBe(1);
    expect(compareTensors(floats(1e30), up).mismatched).toBe(1);
  });

  test('the absolute tolerance is for magnitude 1, unless the caller gives one', () => {
    const [actual, expected] = [floats(0.005, 100), floats(0, 100)];
    expect(compareTensors(actual, expected)).toMatchObject({ mismatched: 0, rtol: 1e-3 });
    expect(compareTensors(actual, expected, { atol: 1e-4 })).toMatchObject({ mismatched: 1, atol: 1e-4 });
    expect(compareTensors(floats(0.005, 1), floats(0, 1)).mismatched).toBe(1);
  });

  test('integers must be equal, whatever tolerance is asked for', () => {
    const [a, b] = [tensorOf('int64', [1], [1000]), tensorOf('int64', [1], [1001])];
    expect(compareTensors(a, b, { rtol: 1, atol: 1 })).toMatchObject({ mismatched: 1, maxAbsError: 1 });
  });

  test('another shape or type is a mismatch of all elements', () => {
    const result = compareTensors(floats(1), floats(1, 2));
    expect(result).toMatchObject({ compared: 0, mismatched: 2 });
    expect(result.mismatch).toBe('expected float32 [2], found float32 [1]');
  });
});
