import { describe, expect, test } from 'vitest';
import { converted } from '../../../../engine/host/files/converted.ts';
import type { Dtype, Tensor } from '../../../../engine/ir/types.ts';

const float64 = (...values: number[]): Tensor => ({
  dtype: 'float64',
  shape: [values.length],
  data: Float64Array.from(values),
});
const int64 = (...values: bigint[]): Tensor => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values),
});
const uint8 = (...values: number[]): Tensor => ({
  dtype: 'uint8',
  shape: [values.length],
  data: Uint8Array.from(values),
});

describe('a tensor as one of another type', () => {
  test.each<[string, Tensor, Dtype, ArrayLike<number | bigint>]>([
    ['rounds', float64(0.1, -2, Infinity, NaN), 'float32', Float32Array.of(0.1, -2, Infinity, NaN)],
    ['rounds to what a wider array holds', float64(1.001), 'bfloat16', Float32Array.of(1)],
    ['takes whole numbers', int64(-(2n ** 24n), 7n), 'float32', Float32Array.of(-(2 ** 24), 7)],
    ['widens', { dtype: 'int32', shape: [1], data: Int32Array.of(-5) }, 'int64', BigInt64Array.of(-5n)],
    ['narrows', int64(-128n, 127n), 'int8', Int8Array.of(-128, 127)],
    ['takes floats that are whole', float64(3, -0), 'int64', BigInt64Array.of(3n, 0n)],
    ['takes 0 and 1', uint8(0, 1), 'bool', Uint8Array.of(0, 1)],
  ])('%s', (_, tensor, dtype, data) => {
    expect(converted(tensor, dtype, 'a.npy')).toEqual({ dtype, shape: tensor.shape, data });
  });

  test.each<[string, Tensor, Dtype, string]>([
    ['a number too large', float64(1, 1e39), 'float32', 'found 1e+39 (float64) at [1]'],
    ['a whole number between two floats', int64(2n ** 24n + 1n), 'float32', 'found 16777217 (int64) at [0]'],
    ['one that only rounding makes equal', int64(2n ** 53n + 1n), 'float64', 'found 9007199254740993'],
    ['a fraction', float64(0, 0.5), 'int32', 'found 0.5 (float64) at [1]'],
    ['no number', float64(NaN), 'int64', 'found NaN'],
    ['one out of range', int64(2n ** 31n), 'int32', 'found 2147483648'],
    ['one out of range of 64 bits', float64(2 ** 63), 'int64', 'found 9223372036854776000'],
    ['one out of range of what holds it', uint8(16), 'uint4', 'found 16 (uint8) at [0]'],
    ['a negative one', int64(-1n), 'uint64', 'found -1'],
    ['what is neither true nor false', uint8(2), 'bool', 'found 2'],
  ])('refuses %s', (_, tensor, dtype, message) => {
    expect(() => converted(tensor, dtype, 'a.npy')).toThrow(message);
  });

  test('says where in an array of several axes', () => {
    const tensor: Tensor = { dtype: 'float64', shape: [2, 3], data: Float64Array.of(0, 0, 0, 0, 0, 1e300) };
    expect(() => converted(tensor, 'float32', 'a.npy')).toThrow('at [1, 2]');
  });

  test('leaves alone what is of that type, and what is no number', () => {
    const same = float64(1);
    expect(converted(same, 'float64', 'a.npy')).toBe(same);
    expect(converted(same, 'string', 'a.npy')).toBe(same);
  });
});
