// Softmax and reductions where sums overflow, rows are empty, or everything is hidden.

import { describe, expect, test } from 'vitest';
import { numbersOf } from '../../../../engine/ir/tensor.ts';
import { attr, f32, i64, of, run, runAll, values } from '../run-op.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe('softmax', () => {
  test('large elements do not overflow', () => {
    expect(values('Softmax', [f32([1, 2], [1000, 1000])])).toEqual([0.5, 0.5]);
  });

  test('−∞ gets nothing, a row of −∞ is NaN', () => {
    expect(values('Softmax', [f32([2, 2], [-inf, 0, -inf, -inf])])).toEqual([0, 1, nan, nan]);
  });

  test('before opset 13 everything from the axis on is one row', () => {
    const x = f32([1, 2, 2], [0, 0, 0, 0]);
    expect(values('Softmax', [x], { version: 11, attributes: { axis: attr.int(1) } })).toEqual([
      0.25, 0.25, 0.25, 0.25,
    ]);
    expect(values('Softmax', [x], { version: 13 })).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  test('LogSoftmax keeps what Softmax would round to zero', () => {
    expect(values('LogSoftmax', [f32([1, 2], [0, -200])])).toEqual([0, -200]);
  });
});

describe('reductions', () => {
  test('of nothing: sum 0, product 1, largest −∞ or the type’s smallest', () => {
    const none = f32([2, 0], []);
    const options = { attributes: { keepdims: attr.int(0) } };
    const axes = i64([1], [1]);
    expect(values('ReduceSum', [none, axes], options)).toEqual([0, 0]);
    expect(values('ReduceProd', [none, axes], options)).toEqual([1, 1]);
    expect(values('ReduceMax', [none, axes], options)).toEqual([-inf, -inf]);
    expect(values('ReduceMax', [of('int32', [2, 0], []), axes], options)).toEqual([-(2 ** 31), -(2 ** 31)]);
  });

  test('axes as attribute before opset 18, as input after', () => {
    const x = f32([2, 2], [1, 2, 3, 4]);
    expect(values('ReduceMean', [x], { version: 13, attributes: { axes: attr.ints([-1]) } })).toEqual([
      1.5, 3.5,
    ]);
    expect(values('ReduceMean', [x, i64([1], [0])])).toEqual([2, 3]);
  });

  test('noop_with_empty_axes returns the input', () => {
    const options = { attributes: { noop_with_empty_axes: attr.int(1) } };
    expect(run('ReduceSum', [f32([2, 2], [1, 2, 3, 4])], options).shape).toEqual([2, 2]);
  });

  test('ReduceMax propagates NaN', () => {
    expect(values('ReduceMax', [f32([2], [nan, 1])])).toEqual([nan]);
  });

  test('ReduceLogSumExp neither overflows nor loses −∞', () => {
    expect(values('ReduceLogSumExp', [f32([2], [1000, 1000])])[0]).toBeCloseTo(1000.6931, 3);
    expect(values('ReduceLogSumExp', [f32([2], [-inf, -inf])])).toEqual([-inf]);
  });

  test('ArgMax takes the first of equals, or the last when asked', () => {
    const x = f32([3], [2, 2, 1]);
    expect(values('ArgMax', [x])).toEqual([0]);
    expect(values('ArgMax', [x], { attributes: { select_last_index: attr.int(1) } })).toEqual([1]);
  });
});

test('BatchNormalization of a file made for training keeps its statistics', () => {
  const channel = (value: number) => f32([1], [value]);
  const x = f32([1, 1, 2], [1, 3]);
  const inputs = [x, channel(2), channel(1), channel(1), channel(4)];
  const options = { version: 9, outputs: 5, attributes: { epsilon: attr.float(0) } };
  const results = runAll('BatchNormalization', inputs, options);
  expect(results.map(numbersOf)).toEqual([[1, 3], [1], [4], [1], [4]]);
});
