// GridSample as arithmetic on coordinates and Gathers of pixels: each axis has so many taps, an index and a weight,
// and every combination of them is a Gather whose rows are all channels of a pixel.
// Invariant: indices lie inside the image, however far outside a place of the grid is and also where it is no number.

import { boolAttribute, stringAttribute } from '../attributes.ts';
import { attr } from '../graph.ts';
import { Undetermined } from '../ops/errors.ts';
import { elementCount, rowMajorStrides, tensorOf } from '../tensor.ts';
import type { Composer } from './composer.ts';

/** Whole numbers up to here are exact in float32, in which indices are computed. */
const MOST_PIXELS = 2 ** 24;

/** Places further away count as being here, with room for taps that are exact; what is no number counts as −FAR. */
const FAR = 2 ** 23;

interface Tap<V> {
  readonly index: V;
  /** undefined: 1 */
  readonly weight: V | undefined;
  /** of a tap without a weight, whether it counts; undefined: it does */
  readonly inside?: V;
}

/** One axis of the image: its extent, and what places between and outside its pixels read. */
interface Axis {
  readonly extent: number;
  readonly mode: string;
  readonly padding: string;
  readonly alignCorners: boolean;
}

/** Pixels along an axis for coordinates in [−1, 1]. */
function placesOf<V>(c: Composer<V>, given: V, { extent, alignCorners }: Axis): V {
  const number = (value: number): V => c.number(value, given);
  const moved = c.add(given, number(1));
  const place = alignCorners
    ? c.scaled(c.scaled(moved, 0.5), extent - 1)
    : c.scaled(c.add(c.scaled(moved, extent), number(-1)), 0.5);
  const ordered = c.apply('Where', [c.apply('IsNaN', [place]), number(-FAR), place]);
  return c.apply('Clip', [ordered, number(-FAR), number(FAR)]);
}

/** Weights at the distances 1 + t, t, 1 − t, 2 − t of the cubic kernel with a = −0.75, highest power first. */
const CUBIC: readonly (readonly number[])[] = [
  [-0.75, 1.5, -0.75, 0],
  [1.25, -2.25, 0, 1],
  [-1.25, 1.5, 0.75, 0],
  [0.75, -0.75, 0, 0],
];

/** Neighbours of a place, before those outside are dealt with. */
function tapsOf<V>(c: Composer<V>, place: V, mode: string): Tap<V>[] {
  if (mode === 'nearest') return [{ index: c.apply('Round', [place]), weight: undefined }];
  const low = c.apply('Floor', [place]);
  const t = c.apply('Sub', [place, low]);
  const number = (value: number): V => c.number(value, place);
  if (mode === 'cubic' || mode === 'bicubic') {
    return CUBIC.map(([first = 0, ...others], i) => {
      const weight = others.reduce((sum, factor) => c.add(c.mul(sum, t), number(factor)), number(first));
      return { index: c.add(low, number(i - 1)), weight };
    });
  }
  return [
    { index: low, weight: c.apply('Sub', [number(1), t]) },
    { index: c.add(low, number(1)), weight: t },
  ];
}

/** Indices mirrored at the first and last pixel, or at their outer edges. */
function reflected<V>(c: Composer<V>, index: V, { extent, alignCorners }: Axis): V {
  const period = alignCorners ? 2 * (extent - 1) : 2 * extent;
  if (period === 0) return index;
  const number = (value: number): V => c.number(value, index);
  const turns = c.apply('Floor', [c.apply('Div', [index, number(period)])]);
  const within = c.apply('Sub', [index, c.scaled(turns, period)]);
  const back = c.apply('Sub', [number(alignCorners ? period : period - 1), within]);
  return c.apply('Min', [within, back]);
}

/** The tap as a pixel that there is; with zeros around the image, those outside do not count. */
function padded<V>(c: Composer<V>, { index, weight }: Tap<V>, axis: Axis): Tap<V> {
  const number = (value: number): V => c.number(value, index);
  const at = axis.padding === 'reflection' ? reflected(c, index, axis) : index;
  const kept = c.apply('Clip', [at, number(0), number(axis.extent - 1)]);
  if (axis.padding !== 'zeros') return { index: kept, weight };
  const inside = c.apply('Equal', [kept, index]);
  // A choice, where it takes the place of a product: 0 times a pixel that is infinite is no number.
  if (weight === undefined) return { index: kept, weight, inside };
  return { index: kept, weight: c.mul(weight, c.cast(inside, 'float32')) };
}

/** Every combination of one tap of each axis: places in the image, row by row, and products of weights. */
function combined<V>(
  c: Composer<V>,
  first: V,
  taps: readonly (readonly Tap<V>[])[],
  strides: readonly number[],
) {
  let found: Tap<V>[] = [{ index: first, weight: undefined }];
  for (const [i, list] of taps.entries()) {
    found = found.flatMap(({ index, weight }) =>
      list.map(tap => ({
        index: c.add(index, c.scaled(tap.index, strides[i] ?? 1)),
        weight:
          weight === undefined || tap.weight === undefined
            ? (weight ?? tap.weight)
            : c.mul(weight, tap.weight),
      })),
    );
  }
  return found;
}

/** Input [N, C, D…] at the places of a grid [N, O…, rank], coordinates innermost axis first. */
export const gridSample = <V>(c: Composer<V>): V[] => {
  const [x, grid] = [c.input(0), c.input(1)];
  const [batch = 1, channels = 1, ...extents] = c.shape(x);
  const results = c.shape(grid).slice(1, -1);
  const [rank, plane, points] = [extents.length, elementCount(extents), elementCount(results)];
  const empty = batch * plane * points * channels === 0;
  const large = batch * plane > MOST_PIXELS || extents.some(extent => extent > FAR / 2);
  if (c.dtype(x) !== 'float32' || c.dtype(grid) !== 'float32' || empty || large) throw new Undetermined();
  const mode = stringAttribute(c.node, 'mode', 'linear');
  const padding = stringAttribute(c.node, 'padding_mode', 'zeros');
  const alignCorners = boolAttribute(c.node, 'align_corners', false);
  const taps = extents.map((extent, i) => {
    const axis: Axis = { extent, mode, padding, alignCorners };
    const given = c.reshape(c.slice(grid, results.length + 1, rank - 1 - i, rank - i), [batch, points]);
    return tapsOf(c, placesOf(c, given, axis), mode).map(tap => padded(c, tap, axis));
  });
  const everywhere = (conditions: readonly V[]): V =>
    c.reshape(
      conditions.reduce((a, b) => c.apply('And', [a, b])),
      [batch, points, 1],
    );
  const spatial = extents.map((_, i) => i + 2);
  const pixels = c.reshape(c.transpose(x, 0, ...spatial, 1), [batch * plane, channels]);
  const starts = Array.from({ length: batch }, (_, n) => n * plane);
  const first = c.constant(tensorOf('float32', [batch, 1], starts));
  const terms = combined(c, first, taps, rowMajorStrides(extents)).map(({ index, weight }) => {
    const read = c.apply('Gather', [pixels, c.cast(index, 'int32')], { axis: attr.int(0) });
    return weight === undefined ? read : c.mul(read, c.reshape(weight, [batch, points, 1]));
  });
  const total = terms.reduce((a, b) => c.add(a, b));
  const inside = taps.flatMap(list => list.flatMap(tap => tap.inside ?? []));
  const sum = inside.length > 0 ? c.apply('Where', [everywhere(inside), total, c.number(0, total)]) : total;
  return [c.reshape(c.transpose(sum, 0, 2, 1), [batch, channels, ...results])];
};
