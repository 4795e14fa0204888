// Moving elements: negative steps and axes, clamped slices, padding modes, indices from the end.

import { describe, expect, test } from 'vitest';
import { makeTensor, numbersOf } from '../../../../engine/ir/tensor.ts';
import { attr, f32, i64, of, run, runAll, values } from '../run-op.ts';

const ramp = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('Slice', () => {
  const slice = (start: number, end: number, step: number): number[] =>
    values('Slice', [f32([5], ramp(5)), i64([1], [start]), i64([1], [end]), i64([1], [0]), i64([1], [step])]);

  test('a negative step walks backwards', () => {
    expect(slice(-1, -6, -1)).toEqual([4, 3, 2, 1, 0]);
    expect(slice(3, 0, -2)).toEqual([3, 1]);
  });

  test('bounds far outside are clamped', () => {
    expect(slice(-100, 2 ** 31, 1)).toEqual(ramp(5));
    expect(slice(100, -(2 ** 31), -1)).toEqual([4, 3, 2, 1, 0]);
  });

  test('an empty range gives no elements', () => {
    expect(slice(3, 1, 1)).toEqual([]);
  });

  test('a step of 0 is the user’s error', () => {
    expect(() => slice(0, 5, 0)).toThrow(/step is 0/);
  });
});

describe('Pad', () => {
  const pad = (mode: string, pads: number[], fill?: number): number[] =>
    values('Pad', [f32([3], [1, 2, 3]), i64([2], pads), fill === undefined ? undefined : f32([], [fill])], {
      attributes: { mode: attr.string(mode) },
    });

  test('fills, repeats, reflects, wraps', () => {
    expect(pad('constant', [1, 2], 9)).toEqual([9, 1, 2, 3, 9, 9]);
    expect(pad('edge', [2, 1])).toEqual([1, 1, 1, 2, 3, 3]);
    expect(pad('reflect', [2, 2])).toEqual([3, 2, 1, 2, 3, 2, 1]);
    expect(pad('wrap', [2, 1])).toEqual([2, 3, 1, 2, 3, 1]);
  });

  test('negative pads cut', () => {
    expect(pad('constant', [-1, 1], 0)).toEqual([2, 3, 0]);
  });
});

describe('shapes', () => {
  test('Reshape copies with 0 and works out −1', () => {
    expect(run('Reshape', [f32([2, 3, 2], ramp(12)), i64([2], [0, -1])]).shape).toEqual([2, 6]);
  });

  test('Reshape with allowzero makes an empty tensor', () => {
    const options = { attributes: { allowzero: attr.int(1) } };
    expect(run('Reshape', [f32([0, 3], []), i64([2], [3, 0])], options).shape).toEqual([3, 0]);
  });

  test('Reshape to another size is the user’s error', () => {
    expect(() => run('Reshape', [f32([3], ramp(3)), i64([1], [4])])).toThrow(/has 3 elements/);
  });

  test('Squeeze of an axis longer than 1 is the user’s error', () => {
    expect(() => run('Squeeze', [f32([2], [1, 2]), i64([1], [0])])).toThrow(/not 1/);
  });

  test('Split gives a smaller last part', () => {
    const parts = runAll('Split', [f32([5], ramp(5))], {
      outputs: 2,
      attributes: { num_outputs: attr.int(2) },
    });
    expect(parts.map(part => numbersOf(part))).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
  });

  test('Concat of empty and strings', () => {
    const a = makeTensor('string', [1], ['a']);
    const b = makeTensor('string', [2], ['b', 'c']);
    expect(run('Concat', [a, b], { attributes: { axis: attr.int(0) } }).data).toEqual(['a', 'b', 'c']);
    expect(values('Concat', [f32([0], []), f32([1], [7])], { attributes: { axis: attr.int(-1) } })).toEqual([
      7,
    ]);
  });

  test('Transpose moves complex numbers whole', () => {
    const input = makeTensor('complex64', [1, 2], Float32Array.of(1, 2, 3, 4));
    expect(numbersOf(run('Transpose', [input]))).toEqual([1, 2, 3, 4]);
  });
});

describe('indices', () => {
  test('negative ones count from the end', () => {
    expect(values('Gather', [f32([3], [1, 2, 3]), i64([2], [-1, 0])])).toEqual([3, 1]);
  });

  test('outside they stop the run', () => {
    expect(() => run('Gather', [f32([3], [1, 2, 3]), i64([1], [3])])).toThrow(RangeError);
  });

  test('ScatterND adds where indices repeat', () => {
    const options = { attributes: { reduction: attr.string('add') } };
    expect(
      values('ScatterND', [f32([2], [0, 0]), i64([3, 1], [1, 1, 0]), f32([3], [1, 2, 4])], options),
    ).toEqual([4, 3]);
  });

  test('TopK keeps equal elements in order and puts NaN first', () => {
    const [largest, places] = runAll('TopK', [f32([4], [1, Number.NaN, 3, 3]), i64([1], [3])], {
      outputs: 2,
    });
    expect(largest && numbersOf(largest)).toEqual([Number.NaN, 3, 3]);
    expect(places && numbersOf(places)).toEqual([1, 2, 3]);
  });

  test('OneHot of an index outside is all off', () => {
    expect(values('OneHot', [i64([2], [1, 5]), i64([], [3]), f32([2], [0, 1])])).toEqual([0, 1, 0, 0, 0, 0]);
  });

  test('Cast wraps integers and truncates floats', () => {
    const to = (code: number) => ({ attributes: { to: attr.int(code) } });
    expect(values('Cast', [of('int32', [2], [300, -1])], to(2))).toEqual([44, 255]);
    expect(values('Cast', [f32([2], [-1.9, 1.9])], to(6))).toEqual([-1, 1]);
    expect(values('Cast', [i64([1], [2 ** 40 + 5])], to(6))).toEqual([5]);
    expect(values('Cast', [f32([2], [0.5, -0])], to(9))).toEqual([1, 0]);
  });
});
