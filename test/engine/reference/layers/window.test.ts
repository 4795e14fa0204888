// Convolution and pooling: padding modes, ceil_mode, dilation, groups, transposed shapes.

import { describe, expect, test } from 'vitest';
import { attr, f32, run, runAll, values } from '../run-op.ts';

const ramp = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const ints = attr.ints;

describe('auto_pad', () => {
  const input = f32([1, 1, 4], ramp(4));
  const weights = f32([1, 1, 2], [1, 10]);
  const conv = (mode: string, strides = [1]) =>
    values('Conv', [input, weights], {
      attributes: { auto_pad: attr.string(mode), strides: ints(strides) },
    });

  test('SAME_UPPER puts the odd element at the end, SAME_LOWER at the beginning', () => {
    expect(conv('SAME_UPPER')).toEqual([21, 32, 43, 4]);
    expect(conv('SAME_LOWER')).toEqual([10, 21, 32, 43]);
  });

  test('VALID pads nothing', () => {
    expect(conv('VALID')).toEqual([21, 32, 43]);
  });

  test('SAME with a stride gives ⌈input / stride⌉ outputs', () => {
    expect(
      run('Conv', [f32([1, 1, 5], ramp(5)), weights], {
        attributes: { auto_pad: attr.string('SAME_UPPER'), strides: ints([2]) },
      }).shape,
    ).toEqual([1, 1, 3]);
  });
});

describe('convolution', () => {
  test('groups see their own channels', () => {
    const input = f32([1, 2, 1, 2], [1, 2, 3, 4]);
    const weights = f32([2, 1, 1, 1], [10, 100]);
    expect(
      values('Conv', [input, weights, f32([2], [0.5, -0.5])], { attributes: { group: attr.int(2) } }),
    ).toEqual([10.5, 20.5, 299.5, 399.5]);
  });

  test('dilation reaches over elements', () => {
    const attributes = { dilations: ints([2]), pads: ints([1, 1]) };
    expect(values('Conv', [f32([1, 1, 4], ramp(4)), f32([1, 1, 2], [1, 10])], { attributes })).toEqual([
      20, 31, 42, 3,
    ]);
  });

  test('NaN in one tap reaches only the outputs that read it', () => {
    const input = f32([1, 1, 3], [Number.NaN, 1, 2]);
    expect(values('Conv', [input, f32([1, 1, 2], [1, 1])])).toEqual([Number.NaN, 3]);
  });

  test('a kernel larger than the padded input is the user’s error', () => {
    expect(() => run('Conv', [f32([1, 1, 2], [1, 2]), f32([1, 1, 3], [1, 1, 1])])).toThrow(/does not fit/);
  });

  test('channels that disagree are the user’s error', () => {
    expect(() => run('Conv', [f32([1, 2, 2], ramp(4)), f32([1, 1, 1], [1])])).toThrow(/do not fit/);
  });

  test('transposed: output_padding widens, output_shape decides the pads', () => {
    const operands = [f32([1, 1, 2], [1, 2]), f32([1, 1, 2], [1, 10])];
    expect(values('ConvTranspose', operands, { attributes: { strides: ints([2]) } })).toEqual([1, 10, 2, 20]);
    const padded = { strides: ints([2]), output_padding: ints([1]) };
    expect(values('ConvTranspose', operands, { attributes: padded })).toEqual([1, 10, 2, 20, 0]);
    const shaped = { strides: ints([2]), output_shape: ints([3]) };
    expect(run('ConvTranspose', operands, { attributes: shaped }).shape).toEqual([1, 1, 3]);
  });
});

describe('pooling', () => {
  const input = f32([1, 1, 5], ramp(5));
  const pool = (
    op: string,
    attributes: Record<string, ReturnType<typeof attr.int> | ReturnType<typeof ints>>,
  ) => values(op, [input], { attributes: { kernel_shape: ints([2]), strides: ints([2]), ...attributes } });

  test('ceil_mode adds the last, partial window', () => {
    expect(pool('MaxPool', {})).toEqual([2, 4]);
    expect(pool('MaxPool', { ceil_mode: attr.int(1) })).toEqual([2, 4, 5]);
  });

  test('ceil_mode lets the only window reach beyond the end', () => {
    const one = (op: string, strides: number, ceils = 1) =>
      values(op, [f32([1, 1, 1], [3])], {
        attributes: { kernel_shape: ints([2]), strides: ints([strides]), ceil_mode: attr.int(ceils) },
      });
    for (const op of ['MaxPool', 'AveragePool', 'LpPool']) expect(one(op, 2)).toEqual([3]);
    // No window has a place there.
    for (const [strides, ceils] of [
      [1, 1],
      [2, 0],
    ] as const) {
      expect(() => one('MaxPool', strides, ceils)).toThrow('kernel [2] does not fit input [1]');
    }
  });

  test('a window that would start in the padding is dropped', () => {
    const attributes = {
      ceil_mode: attr.int(1),
      strides: ints([3]),
      pads: ints([0, 1]),
      kernel_shape: ints([1]),
    };
    expect(pool('MaxPool', attributes)).toEqual([1, 4]);
  });

  test('averages count padding only when asked to, and never what lies beyond it', () => {
    const pads = { pads: ints([1, 1]), kernel_shape: ints([3]) };
    expect(pool('AveragePool', pads)).toEqual([1.5, 3, 4.5]);
    expect(pool('AveragePool', { ...pads, count_include_pad: attr.int(1) })).toEqual([1, 3, 3]);
    const partial = { ceil_mode: attr.int(1), count_include_pad: attr.int(1) };
    expect(pool('AveragePool', partial)).toEqual([1.5, 3.5, 5]);
  });

  test('the maximum is NaN when one element is', () => {
    expect(
      values('MaxPool', [f32([1, 1, 3], [1, Number.NaN, 2])], { attributes: { kernel_shape: ints([3]) } }),
    ).toEqual([Number.NaN]);
  });

  test('of equal elements MaxPool names the first', () => {
    const [, indices] = runAll('MaxPool', [f32([1, 1, 3], [2, 2, 1])], {
      outputs: 2,
      attributes: { kernel_shape: ints([3]) },
    });
    expect(indices?.data[0]).toBe(0n);
  });
});
