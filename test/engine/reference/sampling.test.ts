// Resize, grids and regions at borders.

import { describe, expect, test } from 'vitest';
import { attr, f32, of, run, values } from './run-op.ts';

const { NaN: nan } = Number;

describe('Resize', () => {
  const x = f32([1, 1, 4], [1, 2, 3, 4]);
  const resize = (sizes: number, attributes: Record<string, ReturnType<typeof attr.string>>): number[] =>
    values('Resize', [x, undefined, undefined, of('int64', [3], [1, 1, sizes])], { attributes });

  test('nearest: the way to round decides at the half', () => {
    const nearest = (mode: string) =>
      resize(2, {
        nearest_mode: attr.string(mode),
        coordinate_transformation_mode: attr.string('half_pixel'),
      });
    expect(nearest('round_prefer_floor')).toEqual([1, 3]);
    expect(nearest('round_prefer_ceil')).toEqual([2, 4]);
    expect(nearest('floor')).toEqual([1, 3]);
    expect(nearest('ceil')).toEqual([2, 4]);
  });

  test('linear: corners aligned, or half pixels with the border repeated', () => {
    const linear = (mode: string) =>
      resize(7, { mode: attr.string('linear'), coordinate_transformation_mode: attr.string(mode) });
    expect(linear('align_corners')).toEqual([1, 1.5, 2, 2.5, 3, 3.5, 4]);
    const half = linear('half_pixel');
    expect([half[0], half[6]]).toEqual([1, 4]);
  });

  test('before opset 11 coordinates were asymmetric and rounded down', () => {
    const scales = f32([3], [1, 1, 2]);
    expect(values('Resize', [x, scales], { version: 10 })).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    expect(values('Upsample', [x, scales], { version: 9 })).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  });

  test('NaN stays where it is', () => {
    const input = f32([1, 1, 2], [nan, 1]);
    expect(values('Resize', [input, undefined, f32([3], [1, 1, 2])])).toEqual([nan, nan, 1, 1]);
  });
});

describe('GridSample', () => {
  const image = f32([1, 1, 2, 2], [1, 2, 3, 4]);
  const at = (x: number, y: number, padding: string): number[] =>
    values('GridSample', [image, f32([1, 1, 1, 2], [x, y])], {
      attributes: {
        padding_mode: attr.string(padding),
        align_corners: attr.int(1),
        mode: attr.string('linear'),
      },
    });

  test('the centre is the mean', () => {
    expect(at(0, 0, 'zeros')).toEqual([2.5]);
  });

  test('outside: zeros, the border, or a reflection', () => {
    expect(at(3, -1, 'zeros')).toEqual([0]);
    expect(at(3, -1, 'border')).toEqual([2]);
    expect(at(3, -1, 'reflection')).toEqual([1]);
  });
});

describe('regions', () => {
  test('MaxRoiPool rounds corners to pixels', () => {
    const image = f32(
      [1, 1, 4, 4],
      Array.from({ length: 16 }, (_, i) => i),
    );
    const options = { attributes: { pooled_shape: attr.ints([2, 2]) } };
    const result = run('MaxRoiPool', [image, f32([1, 5], [0, 0, 0, 3, 3])], options);
    expect(Array.from(result.data as Float32Array)).toEqual([5, 7, 13, 15]);
  });

  test('NonMaxSuppression keeps nothing when no box is allowed', () => {
    const boxes = f32([1, 2, 4], [0, 0, 1, 1, 0, 0, 1, 1]);
    const scores = f32([1, 1, 2], [0.9, 0.8]);
    expect(run('NonMaxSuppression', [boxes, scores]).shape).toEqual([0, 3]);
    const two = of('int64', [1], [2]);
    expect(run('NonMaxSuppression', [boxes, scores, two, f32([1], [0.5])]).shape).toEqual([1, 3]);
  });
});
