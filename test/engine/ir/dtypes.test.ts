// Element types: every pattern of the narrow formats survives decoding and encoding, rounding is to nearest even.

import { describe, expect, test } from 'vitest';
import {
  DTYPES,
  dtypeInfo,
  dtypeOfCode,
  encodeBfloat16,
  encodeE8M0,
  encodeNarrowFloat,
  isNarrowFloat,
  narrowFloatTable,
  roundTo,
} from '../../../engine/ir/dtypes.ts';
import { decodeTensor, encodeTensor, numbersOf, tensorBytes } from '../../../engine/ir/tensor.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

test('codes and dtypes name each other', () => {
  for (const dtype of DTYPES) expect(dtypeOfCode(dtypeInfo(dtype).code)).toBe(dtype);
  expect(dtypeOfCode(0)).toBeUndefined();
});

test('every pattern of the narrow formats comes back', () => {
  for (const dtype of DTYPES.filter(isNarrowFloat)) {
    for (const [pattern, value] of narrowFloatTable(dtype).entries()) {
      if (Number.isNaN(value)) continue;
      expect([dtype, encodeNarrowFloat(dtype, value, false)]).toEqual([dtype, pattern]);
    }
  }
});

describe('rounding', () => {
  test('bfloat16 rounds to even', () => {
    expect(encodeBfloat16(1 + 2 ** -8)).toBe(0x3f80);
    expect(encodeBfloat16(1 + 3 * 2 ** -8)).toBe(0x3f82);
    expect(roundTo('bfloat16', 3.39e38)).toBeLessThan(inf);
    expect(roundTo('bfloat16', 3.4e38)).toBe(inf);
    expect(roundTo('bfloat16', inf)).toBe(inf);
  });

  test('float8 saturates, or overflows to infinity or NaN', () => {
    const e4m3 = narrowFloatTable('float8e4m3fn');
    const e5m2 = narrowFloatTable('float8e5m2');
    expect(e4m3[encodeNarrowFloat('float8e4m3fn', 1e6)]).toBe(448);
    expect(e4m3[encodeNarrowFloat('float8e4m3fn', 1e6, false)]).toBe(nan);
    expect(e5m2[encodeNarrowFloat('float8e5m2', -1e6, false)]).toBe(-inf);
  });

  test('the fnuz formats have no −0', () => {
    expect(encodeNarrowFloat('float8e4m3fnuz', -0)).toBe(0);
    expect(encodeNarrowFloat('float8e5m2fnuz', nan)).toBe(0x80);
  });

  test('float8e8m0 holds powers of two, rounded as asked', () => {
    expect(encodeE8M0(3, true, 'up')).toBe(129);
    expect(encodeE8M0(3, true, 'down')).toBe(128);
    expect(encodeE8M0(2.9, true, 'nearest')).toBe(128);
  });
});

describe('stored bytes', () => {
  test.each([
    ['int4', [5], [-8, 7, -1, 0, 3]],
    ['uint4', [3], [15, 0, 9]],
    ['int2', [5], [-2, 1, 0, -1, 1]],
    ['float4e2m1', [3], [-6, 0.5, 3]],
    ['bfloat16', [2], [1.5, -2]],
    ['float16', [2], [0.5, -65504]],
    ['int64', [2], [-1, 2 ** 40]],
    ['bool', [2], [1, 0]],
  ] as const)('%s goes there and back', (dtype, shape, values) => {
    const bytes = new Uint8Array(tensorBytes(dtype, shape));
    const packed = bytes.slice();
    const tensor = { ...decodeTensor(dtype, shape, bytes) };
    const data = tensor.data as { [index: number]: number | bigint };
    for (const [i, value] of values.entries()) data[i] = dtype === 'int64' ? BigInt(value) : value;
    encodeTensor(tensor, packed);
    expect(numbersOf(decodeTensor(dtype, shape, packed))).toEqual([...values]);
  });

  test('4-bit elements lie lowest first, an odd last one is padded', () => {
    const bytes = Uint8Array.of(0x21, 0x03);
    expect(numbersOf(decodeTensor('uint4', [3], bytes))).toEqual([1, 2, 3]);
  });

  test('too few bytes are an error with both numbers', () => {
    expect(() => decodeTensor('float32', [2], new Uint8Array(7))).toThrow(/needs 8 bytes, found 7/);
  });
});
