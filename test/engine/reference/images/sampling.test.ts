// Resize, grids and regions at borders.

import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../engine/random.ts';
import { attr, f32, of, run, values } from '../run-op.ts';

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

  test('NonMaxSuppression keeps what sorting and comparing all pairs keeps', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed);
      const [classes, count, limit, centred] = [1 + (seed % 3), 1 + ((37 * seed) % 300), seed % 90, seed % 2];
      const places = Array.from({ length: 2 * count * 4 }, () => Math.floor(random() * 9));
      // Few different scores, so that some are equal, and some that are no numbers.
      const marks = Array.from({ length: 2 * classes * count }, () =>
        random() < 0.05 ? nan : Math.floor(random() * 9) / 9,
      );
      const kept: number[] = [];
      for (const [n, c] of [0, 1].flatMap(n => Array.from({ length: classes }, (_, c) => [n, c] as const))) {
        const mark = (i: number) => marks[(n * classes + c) * count + i] ?? 0;
        const box = (i: number) => cornersOf(places.slice((n * count + i) * 4), centred === 1);
        const order = Array.from({ length: count }, (_, i) => i).filter(i => mark(i) > 0.2);
        const chosen: number[] = [];
        for (const i of order.sort((a, b) => mark(b) - mark(a) || a - b))
          if (chosen.length < limit && chosen.every(j => !(shared(box(i), box(j)) > 0.3))) chosen.push(i);
        kept.push(...chosen.flatMap(i => [n, c, i]));
      }
      const inputs = [
        f32([2, count, 4], places),
        f32([2, classes, count], marks),
        of('int64', [1], [limit]),
        f32([1], [0.3]),
        f32([1], [0.2]),
      ];
      const attributes = { center_point_box: attr.int(centred) };
      expect(values('NonMaxSuppression', inputs, { attributes }), `seed ${seed}`).toEqual(kept);
    }
  });
});

type Corners = readonly [top: number, left: number, bottom: number, right: number];

function cornersOf([a = 0, b = 0, c = 0, d = 0]: readonly number[], centred: boolean): Corners {
  if (centred) return [b - d / 2, a - c / 2, b + d / 2, a + c / 2];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

/** Intersection over union. */
function shared(a: Corners, b: Corners): number {
  const area = ([top, left, bottom, right]: Corners) => Math.max(0, bottom - top) * Math.max(0, right - left);
  const common = area([
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ]);
  return common === 0 ? 0 : common / (area(a) + area(b) - common);
}
