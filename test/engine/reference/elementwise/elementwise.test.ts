// Elementwise operators at the edges: NaN, signed zero, infinities, integer overflow, broadcasting.

import { describe, expect, test } from 'vitest';
import { numbersOf } from '../../../../engine/ir/tensor.ts';
import { attr, f32, i64, of, run, values } from '../run-op.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe('NaN and signed zero', () => {
  test.each(['Max', 'Min'])('%s propagates NaN from either side', op => {
    expect(values(op, [f32([3], [nan, 1, 2]), f32([3], [1, nan, 3])])).toEqual([
      nan,
      nan,
      op === 'Max' ? 3 : 2,
    ]);
  });

  test('Max and Min order the zeros', () => {
    expect(values('Max', [f32([1], [-0]), f32([1], [0])])).toEqual([0]);
    expect(values('Min', [f32([1], [0]), f32([1], [-0])])).toEqual([-0]);
  });

  test('Relu keeps NaN, Clip keeps NaN', () => {
    expect(values('Relu', [f32([3], [nan, -1, 2])])).toEqual([nan, 0, 2]);
    expect(values('Clip', [f32([2], [nan, 9]), f32([], [0]), f32([], [6])])).toEqual([nan, 6]);
  });

  test('Neg, Abs, Sign and Sqrt keep the sign of zero where IEEE 754 does', () => {
    expect(values('Neg', [f32([2], [0, -0])])).toEqual([-0, 0]);
    expect(values('Abs', [f32([1], [-0])])).toEqual([0]);
    expect(values('Sqrt', [f32([2], [-0, -1])])).toEqual([-0, nan]);
  });

  test('Equal says NaN differs from itself and the zeros are equal', () => {
    expect(values('Equal', [f32([2], [nan, 0]), f32([2], [nan, -0])])).toEqual([0, 1]);
  });

  test('IsInf can look for one sign only', () => {
    const x = f32([3], [inf, -inf, nan]);
    expect(values('IsInf', [x], { attributes: { detect_negative: attr.int(0) } })).toEqual([1, 0, 0]);
  });
});

describe('rounding and powers', () => {
  test('Round goes to even', () => {
    expect(values('Round', [f32([6], [0.5, 1.5, 2.5, -0.5, -1.5, -2.5])])).toEqual([0, 2, 2, -0, -2, -2]);
  });

  test('Pow follows C: 1 to any power is 1', () => {
    expect(values('Pow', [f32([3], [1, -1, 2]), f32([3], [nan, inf, -1])])).toEqual([1, 1, 0.5]);
  });

  test('Mod takes the divisor’s sign, fmod the dividend’s', () => {
    const operands = [of('int32', [4], [-4, 7, 5, -8]), of('int32', [4], [2, -3, 8, 3])];
    expect(values('Mod', operands)).toEqual([0, -2, 5, 1]);
    expect(values('Mod', operands, { attributes: { fmod: attr.int(1) } })).toEqual([0, 1, 5, -2]);
  });

  test('Erf is exact to single precision on both sides of its two formulas', () => {
    const [a, b, c, d] = values('Erf', [f32([4], [0.5, 2.4, 2.6, -7])]);
    expect(a).toBeCloseTo(0.5204998778130465, 7);
    expect(b).toBeCloseTo(0.9993114861033549, 7);
    expect(c).toBeCloseTo(0.9997639655834707, 7);
    expect(d).toBe(-1);
  });
});

describe('integers', () => {
  test('32-bit products wrap', () => {
    expect(values('Mul', [of('int32', [1], [123456789]), of('int32', [1], [987654321])])).toEqual([
      Math.imul(123456789, 987654321),
    ]);
  });

  test('64-bit sums keep every bit', () => {
    const result = run('Add', [i64([1], [2 ** 53]), i64([1], [1])]);
    expect(result.data[0]).toBe(2n ** 53n + 1n);
  });

  test('division truncates; by zero it gives zero rather than stopping', () => {
    expect(values('Div', [of('int32', [3], [-7, 7, 1]), of('int32', [3], [2, -2, 0])])).toEqual([-3, -3, 0]);
    expect(values('Div', [i64([2], [-7, 1]), i64([2], [2, 0])])).toEqual([-3, 0]);
  });

  test('uint8 subtraction wraps', () => {
    expect(values('Sub', [of('uint8', [1], [3]), of('uint8', [1], [5])])).toEqual([254]);
  });
});

describe('broadcasting', () => {
  test('both sides grow', () => {
    const result = run('Add', [f32([2, 1], [10, 20]), f32([3], [1, 2, 3])]);
    expect(result.shape).toEqual([2, 3]);
    expect(numbersOf(result)).toEqual([11, 12, 13, 21, 22, 23]);
  });

  test('before opset 7 an axis lines the second operand up', () => {
    const options = { version: 6, attributes: { broadcast: attr.int(1), axis: attr.int(0) } };
    expect(values('Add', [f32([2, 2], [0, 0, 0, 0]), f32([2], [1, 2])], options)).toEqual([1, 1, 2, 2]);
  });

  test('shapes that do not fit are the user’s error', () => {
    expect(() => run('Add', [f32([2], [1, 2]), f32([3], [1, 2, 3])])).toThrow(/do not broadcast/);
  });

  test('an empty tensor stays empty', () => {
    expect(run('Mul', [f32([0, 3], []), f32([3], [1, 2, 3])]).shape).toEqual([0, 3]);
  });
});

test('PRelu: one slope per channel before opset 7, any broadcast since', () => {
  const x = f32([1, 2, 2], [-1, 2, -3, -4]);
  expect(values('PRelu', [x, f32([2], [10, 100])], { version: 6 })).toEqual([-10, 2, -300, -400]);
  expect(values('PRelu', [x, f32([2], [10, 100])], { version: 9 })).toEqual([-10, 2, -30, -400]);
  expect(run('PRelu', [f32([1], [-1]), f32([2], [2, 3])]).shape).toEqual([2]);
});
