// Reading images at places between their pixels: grids, regions of interest, deformable windows.

import {
  boolAttribute,
  floatAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
} from '../../ir/attributes.ts';
import { slidingWindow } from '../../ir/ops/layers/window.ts';
import { elementCount, rowMajorStrides } from '../../ir/tensor.ts';
import { inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import { fromNumbers, type NumberArray, numbers } from '../elements.ts';
import { roundEven } from '../elementwise/scalar.ts';

/** Weights of neighbouring coordinates along one axis; an index of −1 reads as zero. */
interface Tap {
  readonly index: number;
  readonly weight: number;
}

/** Taps further outside an image are computed from here. */
const FAR = 2 ** 23;

/** What a coordinate outside [0, extent) reads. */
function padIndex(index: number, extent: number, padding: string, alignCorners: boolean): number {
  if (index >= 0 && index < extent) return index;
  if (padding === 'border') return index < 0 ? 0 : extent - 1;
  if (padding !== 'reflection') return -1;
  if (alignCorners) {
    if (extent === 1) return 0;
    const period = 2 * (extent - 1);
    const at = ((index % period) + period) % period;
    return at < extent ? at : period - at;
  }
  const at = ((index % (2 * extent)) + 2 * extent) % (2 * extent);
  return at < extent ? at : 2 * extent - 1 - at;
}

/** Weights of four neighbours at distance 1 + t, t, 1 − t, 2 − t, for the cubic kernel with a = −0.75. */
function cubicWeights(t: number): readonly number[] {
  const a = -0.75;
  const near = (d: number) => (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  const far = (d: number) => a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
}

/** A place that can be counted from: those beyond FAR count as being there, what is no number as −FAR. */
const countable = (x: number, extent: number): number => {
  const far = Math.max(FAR, 2 * extent);
  return Number.isNaN(x) ? -far : Math.min(Math.max(x, -far), far);
};

function tapsAt(x: number, mode: string, pad: (index: number) => number): readonly Tap[] {
  const low = Math.floor(x);
  const t = x - low;
  if (mode === 'nearest') return [{ index: pad(roundEven(x)), weight: 1 }];
  if (mode === 'cubic' || mode === 'bicubic') {
    return cubicWeights(t).map((weight, i) => ({ index: pad(low - 1 + i), weight }));
  }
  return [
    { index: pad(low), weight: 1 - t },
    { index: pad(low + 1), weight: t },
  ];
}

/** Σ over all combinations of taps; axes outermost first. */
function interpolate(
  data: NumberArray,
  base: number,
  strides: readonly number[],
  taps: readonly (readonly Tap[])[],
): number {
  let places = [{ at: base, weight: 1 }];
  for (const [axis, list] of taps.entries()) {
    places = places.flatMap(place =>
      list
        .filter(({ index }) => index >= 0)
        .map(({ index, weight }) => ({
          at: place.at + index * (strides[axis] ?? 1),
          weight: place.weight * weight,
        })),
    );
  }
  return places.reduce((sum, { at, weight }) => sum + weight * (data[at] ?? 0), 0);
}

/** Grid coordinates in [−1, 1], x first; any number of spatial axes. */
const gridSample: Reference = call => {
  const [input, grid] = [inputOf(call, 0), inputOf(call, 1)];
  const mode = stringAttribute(call.node, 'mode', 'linear');
  const padding = stringAttribute(call.node, 'padding_mode', 'zeros');
  const align = boolAttribute(call.node, 'align_corners', false);
  const [batch = 0, channels = 0, ...extents] = input.shape;
  const strides = rowMajorStrides(extents);
  const plane = elementCount(extents);
  const [data, places] = [numbers(input), numbers(grid)];
  const rank = extents.length;
  const points = elementCount(grid.shape.slice(1, -1));
  const result = new Float64Array(batch * channels * points);
  for (let n = 0; n < batch; n++) {
    for (let p = 0; p < points; p++) {
      const taps = extents.map((extent, axis) => {
        const g = places[(n * points + p) * rank + rank - 1 - axis] ?? 0;
        const x = align ? ((g + 1) / 2) * (extent - 1) : ((g + 1) * extent - 1) / 2;
        return tapsAt(countable(x, extent), mode, index => padIndex(index, extent, padding, align));
      });
      for (let c = 0; c < channels; c++) {
        const at = (n * channels + c) * points + p;
        result[at] = interpolate(data, (n * channels + c) * plane, strides, taps);
      }
    }
  }
  return [fromNumbers(outputDtype(call), outputShape(call), result)];
};

/** theta · (x, y, 1) for every output pixel, in coordinates from −1 to 1. */
const affineGrid: Reference = call => {
  const theta = numbers(inputOf(call, 0));
  const shape = outputShape(call);
  const align = boolAttribute(call.node, 'align_corners', false);
  const extents = shape.slice(1, -1);
  const rank = extents.length;
  const strides = rowMajorStrides(extents);
  const points = elementCount(extents);
  const result = new Float64Array(elementCount(shape));
  for (let i = 0; i < (shape[0] ?? 0) * points; i++) {
    const [n, p] = [Math.floor(i / points), i % points];
    const place = extents.map((extent, axis) => {
      const at = Math.floor(p / (strides[axis] ?? 1)) % extent;
      if (align) return extent === 1 ? 0 : (2 * at) / (extent - 1) - 1;
      return (2 * at + 1) / extent - 1;
    });
    const point = [...place.reverse(), 1];
    for (let row = 0; row < rank; row++) {
      const base = (n * rank + row) * (rank + 1);
      result[i * rank + row] = point.reduce((sum, x, j) => sum + x * (theta[base + j] ?? 0), 0);
    }
  }
  return [fromNumbers(outputDtype(call), shape, result)];
};

/** The four neighbours of a place in a plane; empty further than one pixel outside. */
function roiTaps(y: number, x: number, height: number, width: number): { at: number; weight: number }[] {
  if (y < -1 || y > height || x < -1 || x > width) return [];
  const axis = (v: number, extent: number): readonly Tap[] => {
    const low = Math.min(Math.floor(Math.max(v, 0)), extent - 1);
    const t = low === extent - 1 ? 0 : Math.max(v, 0) - low;
    return [
      { index: low, weight: 1 - t },
      { index: Math.min(low + 1, extent - 1), weight: t },
    ];
  };
  return axis(y, height).flatMap(row =>
    axis(x, width).map(column => ({
      at: row.index * width + column.index,
      weight: row.weight * column.weight,
    })),
  );
}

/** Averages (or takes the largest of) bilinear samples in each bin of each region (arXiv 1703.06870). */
const roiAlign: Reference = call => {
  const { node } = call;
  const [input, rois, entries] = [inputOf(call, 0), inputOf(call, 1), numbers(inputOf(call, 2))];
  const [, channels = 0, height = 0, width = 0] = input.shape;
  const [count = 0, , rows = 1, columns = 1] = outputShape(call);
  const scale = floatAttribute(node, 'spatial_scale', 1);
  const ratio = intAttribute(node, 'sampling_ratio', 0);
  const largest = stringAttribute(node, 'mode', 'avg') === 'max';
  const legacy = node.version < 16 ? 'output_half_pixel' : 'half_pixel';
  const half = stringAttribute(node, 'coordinate_transformation_mode', legacy) === 'half_pixel';
  const [data, boxes] = [numbers(input), numbers(rois)];
  const result = new Float64Array(count * channels * rows * columns);
  for (let r = 0; r < count; r++) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = Array.from(
      boxes.subarray(4 * r, 4 * r + 4),
      v => v * scale - (half ? 0.5 : 0),
    );
    const least = half ? Number.NEGATIVE_INFINITY : 1;
    const binHeight = Math.max(y1 - y0, least) / rows;
    const binWidth = Math.max(x1 - x0, least) / columns;
    const [tall, wide] = [ratio > 0 ? ratio : Math.ceil(binHeight), ratio > 0 ? ratio : Math.ceil(binWidth)];
    for (let bin = 0; bin < rows * columns; bin++) {
      const [row, column] = [Math.floor(bin / columns), bin % columns];
      const taps = Array.from({ length: tall * wide }, (_, s) =>
        roiTaps(
          y0 + row * binHeight + ((Math.floor(s / wide) + 0.5) * binHeight) / tall,
          x0 + column * binWidth + (((s % wide) + 0.5) * binWidth) / wide,
          height,
          width,
        ),
      ).flat();
      const places = Int32Array.from(taps, ({ at }) => at);
      const weights = Float64Array.from(taps, ({ weight }) => weight);
      for (let c = 0; c < channels; c++) {
        const base = ((entries[r] ?? 0) * channels + c) * height * width;
        let [sum, most] = [0, 0];
        for (let t = 0; t < places.length; t++) {
          const term = (weights[t] as number) * (data[base + (places[t] as number)] as number);
          sum += term;
          if (!(term <= most)) most = term;
        }
        const to = (r * channels + c) * rows * columns + bin;
        result[to] = largest ? most : sum / Math.max(1, tall * wide);
      }
    }
  }
  return [fromNumbers(outputDtype(call), outputShape(call), result)];
};

/** The largest element of each bin of each region, whose corners are rounded to pixels (arXiv 1504.08083). */
const maxRoiPool: Reference = call => {
  const [input, rois] = [inputOf(call, 0), numbers(inputOf(call, 1))];
  const [, channels = 0, height = 0, width = 0] = input.shape;
  const [count = 0, , rows = 1, columns = 1] = outputShape(call);
  const scale = floatAttribute(call.node, 'spatial_scale', 1);
  const data = numbers(input);
  /** First and end pixel of one bin along one axis. */
  const bin = (start: number, end: number, bins: number, at: number, extent: number): [number, number] => {
    const size = Math.max(end - start + 1, 1) / bins;
    const inside = (x: number) => Math.min(Math.max(x + start, 0), extent);
    return [inside(Math.floor(at * size)), inside(Math.ceil((at + 1) * size))];
  };
  const result = new Float64Array(count * channels * rows * columns);
  for (let at = 0; at < result.length; at++) {
    const [r, c] = [
      Math.floor(at / (channels * rows * columns)),
      Math.floor(at / (rows * columns)) % channels,
    ];
    const [entry = 0, x0 = 0, y0 = 0, x1 = 0, y1 = 0] = rois.subarray(5 * r, 5 * r + 5);
    const [row, column] = [Math.floor(at / columns) % rows, at % columns];
    const [top, bottom] = bin(Math.round(y0 * scale), Math.round(y1 * scale), rows, row, height);
    const [left, right] = bin(Math.round(x0 * scale), Math.round(x1 * scale), columns, column, width);
    let largest = bottom > top && right > left ? Number.NEGATIVE_INFINITY : 0;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        largest = Math.max(largest, data[((entry * channels + c) * height + y) * width + x] ?? 0);
      }
    }
    result[at] = largest;
  }
  return [fromNumbers(outputDtype(call), outputShape(call), result)];
};

/** Convolution whose every tap is read at an offset of its own (arXiv 1703.06211), weighted by a mask. */
const deformConv: Reference = call => {
  const { node } = call;
  const [input, weights, offsets] = [inputOf(call, 0), inputOf(call, 1), inputOf(call, 2)];
  const [bias, mask] = [call.inputs[3] && numbers(call.inputs[3]), call.inputs[4] && numbers(call.inputs[4])];
  const kernel = intsAttribute(node, 'kernel_shape') ?? weights.shape.slice(2);
  const extents = input.shape.slice(2);
  const window = slidingWindow(node, extents, kernel);
  const [groups, offsetGroups] = [intAttribute(node, 'group', 1), intAttribute(node, 'offset_group', 1)];
  const [batch = 0, channels = 0] = input.shape;
  const [outputs = 0, perGroup = 0] = weights.shape;
  const [data, filter, moves] = [numbers(input), numbers(weights), numbers(offsets)];
  const [strides, plane] = [rowMajorStrides(extents), elementCount(extents)];
  const [taps, points] = [elementCount(kernel), elementCount(window.output)];
  const [tapStrides, pointStrides] = [rowMajorStrides(kernel), rowMajorStrides(window.output)];
  const rank = kernel.length;
  /** Sampled input of one channel, tap and output place. */
  const sample = (n: number, channel: number, tap: number, point: number): number => {
    const group = Math.floor(channel / (channels / offsetGroups));
    const entry = (n * offsetGroups + group) * taps + tap;
    const places = extents.map((extent, axis) => {
      const o = Math.floor(point / (pointStrides[axis] ?? 1)) % (window.output[axis] ?? 1);
      const k = Math.floor(tap / (tapStrides[axis] ?? 1)) % (kernel[axis] ?? 1);
      const move = moves[(entry * rank + axis) * points + point] ?? 0;
      const x =
        o * (window.strides[axis] ?? 1) - (window.padsBegin[axis] ?? 0) + k * (window.dilations[axis] ?? 1);
      return tapsAt(countable(x + move, extent), 'linear', index => padIndex(index, extent, 'zeros', false));
    });
    return (
      interpolate(data, (n * channels + channel) * plane, strides, places) *
      (mask?.[entry * points + point] ?? 1)
    );
  };
  const result = new Float64Array(batch * outputs * points);
  for (let at = 0; at < result.length; at++) {
    const [n, o, point] = [
      Math.floor(at / (outputs * points)),
      Math.floor(at / points) % outputs,
      at % points,
    ];
    const first = Math.floor(o / (outputs / groups)) * perGroup;
    let sum = bias?.[o] ?? 0;
    for (let i = 0; i < perGroup * taps; i++) {
      const tap = i % taps;
      sum += (filter[o * perGroup * taps + i] ?? 0) * sample(n, first + Math.floor(i / taps), tap, point);
    }
    result[at] = sum;
  }
  return [fromNumbers(outputDtype(call), outputShape(call), result)];
};

export const SAMPLING: References = {
  GridSample: gridSample,
  AffineGrid: affineGrid,
  RoiAlign: roiAlign,
  MaxRoiPool: maxRoiPool,
  DeformConv: deformConv,
};
