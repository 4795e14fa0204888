// RoiAlign as arithmetic on coordinates and Gathers of pixels (arXiv 1703.06870): each bin is the mean of samples, each
// sample a weighted sum of four pixels. Rows of the Gathers are all channels of a pixel.
// Invariant: indices lie inside the images, wherever regions are.

import { floatAttribute, intAttribute, stringAttribute } from '../attributes.ts';
import { attr } from '../graph.ts';
import { Undetermined } from '../ops/errors.ts';
import { tensorOf } from '../tensor.ts';
import type { Composer, Expansion } from './composer.ts';

/** Whole numbers up to here are exact in float32, in which indices are computed. */
const MOST_PIXELS = 2 ** 24;
/** Samples of all channels at once: beyond, they take more memory than time is saved. */
const MOST_SAMPLES = 2 ** 24;

interface Tap<V> {
  readonly index: V;
  readonly weight: V;
}

/** Samples along one axis: corners and bins of the regions [R, 1], `bins` of them with `ratio` samples each. */
interface Axis<V> {
  readonly from: V;
  readonly to: V;
  readonly bins: number;
  readonly ratio: number;
  readonly extent: number;
  readonly half: boolean;
}

/** The two neighbours of every sample [R, bins · ratio]; what is further outside than one pixel has no weight. */
function tapsOf<V>(c: Composer<V>, { from, to, bins, ratio, extent, half }: Axis<V>): Tap<V>[] {
  const number = (value: number): V => c.number(value, from);
  const span = c.apply('Sub', [to, from]);
  const size = half ? span : c.apply('Max', [span, number(1)]);
  const parts = Array.from({ length: bins * ratio }, (_, i) => (i + 0.5) / ratio / bins);
  const place = c.add(from, c.mul(size, c.constant(tensorOf('float32', [1, parts.length], parts))));
  const kept = c.apply('Clip', [place, number(0), number(extent - 1)]);
  const low = c.apply('Floor', [kept]);
  const near = c.apply('Clip', [place, number(-1), number(extent)]);
  const inside = c.cast(c.apply('Equal', [place, near]), 'float32');
  const t = c.apply('Sub', [kept, low]);
  return [
    { index: low, weight: c.mul(inside, c.apply('Sub', [number(1), t])) },
    { index: c.apply('Min', [c.add(low, number(1)), number(extent - 1)]), weight: c.mul(inside, t) },
  ];
}

function roiAlign<V>(c: Composer<V>): V[] {
  const [x, rois, entries] = [c.input(0), c.input(1), c.input(2)];
  const [batch = 0, channels = 0, height = 0, width = 0] = c.shape(x);
  const [count = 0] = c.shape(rois);
  const { node } = c;
  const [rows, columns] = [intAttribute(node, 'output_height', 1), intAttribute(node, 'output_width', 1)];
  const ratio = intAttribute(node, 'sampling_ratio', 0);
  const samples = rows * columns * ratio * ratio * count;
  const fits = batch * height * width <= MOST_PIXELS && samples * channels <= MOST_SAMPLES;
  const averages = stringAttribute(node, 'mode', 'avg') === 'avg' && ratio > 0;
  if (c.dtype(x) !== 'float32' || !fits || !averages || samples * channels * batch === 0)
    throw new Undetermined();
  const legacy = node.version < 16 ? 'output_half_pixel' : 'half_pixel';
  const half = stringAttribute(node, 'coordinate_transformation_mode', legacy) === 'half_pixel';
  const scaled = c.scaled(rois, floatAttribute(node, 'spatial_scale', 1));
  const corners = half ? c.apply('Sub', [scaled, c.number(0.5, scaled)]) : scaled;
  const corner = (i: number): V => c.slice(corners, 1, i, i + 1);
  const across = tapsOf(c, {
    from: corner(0),
    to: corner(2),
    bins: columns,
    ratio,
    extent: width,
    half,
  });
  const down = tapsOf(c, { from: corner(1), to: corner(3), bins: rows, ratio, extent: height, half });
  const pixels = c.reshape(c.transpose(x, 0, 2, 3, 1), [batch * height * width, channels]);
  const first = c.scaled(c.reshape(c.cast(entries, 'float32'), [count, 1, 1]), height * width);
  const [tall, wide] = [rows * ratio, columns * ratio];
  const terms = down.flatMap(y =>
    across.map(x => {
      const lines = c.scaled(c.reshape(y.index, [count, tall, 1]), width);
      const index = c.add(first, lines, c.reshape(x.index, [count, 1, wide]));
      const read = c.apply('Gather', [pixels, c.cast(index, 'int32')], { axis: attr.int(0) });
      const weights = [
        c.reshape(y.weight, [count, tall, 1, 1]),
        c.reshape(x.weight, [count, 1, wide, 1]),
      ] as const;
      return c.mul(read, c.mul(...weights));
    }),
  );
  const sum = terms.reduce((a, b) => c.add(a, b));
  const bins = c.reshape(sum, [count, rows, ratio, columns, ratio, channels]);
  const means = c.apply('ReduceMean', [bins, c.ints(2, 4)], { keepdims: attr.int(0) });
  return [c.transpose(means, 0, 3, 1, 2)];
}

/** Of operators that have facts and a reference of their own. */
export const ROI_EXPANSIONS: Readonly<Record<string, Expansion>> = { RoiAlign: roiAlign };
