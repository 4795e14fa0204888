// Pooling over (N, C, spatial…). Padding never takes part in a maximum; an average counts it when asked to.

import { boolAttribute, intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { slidingWindow } from '../../ir/ops/layers/window.ts';
import { elementCount, makeTensor } from '../../ir/tensor.ts';
import type { Tensor } from '../../ir/types.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import { fromNumbers, isBigData, type NumberArray, numbers } from '../elements.ts';
import { type Window3, window3 } from './window.ts';

/** What pooling sees of one window: indices of its elements inside the input, and how many it would have. */
interface Place {
  readonly indices: readonly number[];
  /** positions of the window inside the padded input */
  readonly padded: number;
}

function poolWindow(call: Call): Window3 {
  const spatial = inputOf(call, 0).shape.slice(2);
  return window3(slidingWindow(call.node, spatial, intsAttribute(call.node, 'kernel_shape') ?? []), spatial);
}

/** Padded extents of the three axes: a window that reaches over the end (ceil_mode) counts only up to there. */
function paddedEnds(call: Call): readonly [number, number, number] {
  const spatial = inputOf(call, 0).shape.slice(2);
  const window = slidingWindow(call.node, spatial, intsAttribute(call.node, 'kernel_shape') ?? []);
  const ends = spatial.map((extent, axis) => extent + (window.padsEnd[axis] ?? 0));
  const [a = 1, b = 1, c = 1] = [...new Array<number>(3 - ends.length).fill(1), ...ends];
  return [a, b, c];
}

/** Every output place of one channel plane, in row-major order. */
function windowPlaces(window: Window3, ends: readonly [number, number, number]): Place[] {
  const { kernel, strides, dilations, pads, output, input } = window;
  const places: Place[] = [];
  for (let z = 0; z < output[0]; z++) {
    for (let y = 0; y < output[1]; y++) {
      for (let x = 0; x < output[2]; x++) {
        const indices: number[] = [];
        let padded = 0;
        for (let kz = 0; kz < kernel[0]; kz++) {
          const iz = z * strides[0] + kz * dilations[0] - pads[0];
          for (let ky = 0; ky < kernel[1]; ky++) {
            const iy = y * strides[1] + ky * dilations[1] - pads[1];
            for (let kx = 0; kx < kernel[2]; kx++) {
              const ix = x * strides[2] + kx * dilations[2] - pads[2];
              if (iz < ends[0] && iy < ends[1] && ix < ends[2]) padded++;
              if (iz < 0 || iy < 0 || ix < 0) continue;
              if (iz >= input[0] || iy >= input[1] || ix >= input[2]) continue;
              indices.push((iz * input[1] + iy) * input[2] + ix);
            }
          }
        }
        places.push({ indices, padded });
      }
    }
  }
  return places;
}

/** Applies `reduce` to every window of every channel; the places are the same for all channels. */
function poolPlanes(
  call: Call,
  reduce: (data: NumberArray, base: number, place: Place) => number,
): Float64Array {
  const input = inputOf(call, 0);
  const window = poolWindow(call);
  const places = windowPlaces(window, paddedEnds(call));
  const plane = elementCount(input.shape.slice(2));
  const planes = elementCount(input.shape.slice(0, 2));
  const data = numbers(input);
  const result = new Float64Array(planes * places.length);
  for (let p = 0; p < planes; p++) {
    for (let i = 0; i < places.length; i++) {
      result[p * places.length + i] = reduce(data, p * plane, places[i] as Place);
    }
  }
  return result;
}

/** Index of the first largest element; NaN is larger than everything. */
function largestAt(data: NumberArray, base: number, { indices }: Place): number {
  let best = base + (indices[0] ?? 0);
  let value = data[best] ?? 0;
  for (let i = 1; i < indices.length; i++) {
    const at = base + (indices[i] as number);
    const candidate = data[at] as number;
    if (candidate > value || (Number.isNaN(candidate) && !Number.isNaN(value))) {
      best = at;
      value = candidate;
    }
  }
  return best;
}

const maxPool: Reference = call => {
  const input = inputOf(call, 0);
  const data = numbers(input);
  const found = poolPlanes(call, largestAt);
  const largest = found.map(at => data[at] ?? 0);
  const values = fromNumbers(input.dtype, outputShape(call), largest);
  if (call.node.outputs.length < 2) return [values];
  return [values, maxIndices(call, input, found)];
};

/** Positions in the flattened input; with storage_order 1 the last two axes are counted columns first. */
function maxIndices(call: Call, input: Tensor, found: Float64Array): Tensor {
  const columnMajor = intAttribute(call.node, 'storage_order', 0) === 1;
  const [height = 1, width = 1] = input.shape.slice(-2);
  const position = (at: number): number => {
    const inPlane = at % (height * width);
    const [row, column] = [Math.floor(inPlane / width), inPlane % width];
    return at - inPlane + column * height + row;
  };
  const data = BigInt64Array.from(found, at => BigInt(columnMajor ? position(at) : at));
  return makeTensor('int64', outputShape(call, 1), data);
}

const averagePool: Reference = call => {
  const countPadding = boolAttribute(call.node, 'count_include_pad', false);
  const result = poolPlanes(call, (data, base, { indices, padded }) => {
    let sum = 0;
    for (let i = 0; i < indices.length; i++) sum += data[base + (indices[i] as number)] as number;
    return sum / (countPadding ? padded : indices.length);
  });
  return [fromNumbers(outputDtype(call), outputShape(call), result)];
};

const lpPool: Reference = call => {
  const p = intAttribute(call.node, 'p', 2);
  const result = poolPlanes(call, (data, base, { indices }) => {
    let sum = 0;
    for (const i of indices) sum += Math.abs(data[base + i] ?? 0) ** p;
    return sum ** (1 / p);
  });
  return [fromNumbers(outputDtype(call), outputShape(call), result)];
};

/** Reduces every channel's whole plane. */
const overPlanes =
  (reduce: (plane: NumberArray, call: Call) => number): Reference =>
  call => {
    const input = inputOf(call, 0);
    const size = elementCount(input.shape.slice(2));
    const data = numbers(input);
    const planes = elementCount(input.shape.slice(0, 2));
    const result = Float64Array.from({ length: planes }, (_, i) =>
      reduce(data.subarray(i * size, (i + 1) * size), call),
    );
    return [fromNumbers(outputDtype(call), outputShape(call), result)];
  };

const sumOf = (plane: NumberArray): number => {
  let sum = 0;
  for (let i = 0; i < plane.length; i++) sum += plane[i] as number;
  return sum;
};

const largestOf = (plane: NumberArray): number => {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < plane.length; i++) largest = Math.max(largest, plane[i] as number);
  return largest;
};

const norm = (plane: NumberArray, call: Call): number => {
  const p = intAttribute(call.node, 'p', 2);
  let sum = 0;
  for (let i = 0; i < plane.length; i++) sum += Math.abs(plane[i] as number) ** p;
  return sum ** (1 / p);
};

/** Indices count in the unpooled tensor that pads and strides describe; a larger output keeps rows and columns. */
const maxUnpool: Reference = call => {
  const [input, indices] = [inputOf(call, 0), inputOf(call, 1)];
  const shape = outputShape(call);
  const implied = impliedShape(call);
  const result = new Float64Array(elementCount(shape));
  const data = numbers(input);
  const places = isBigData(indices.data) ? Array.from(indices.data, Number) : [];
  for (const [i, place] of places.entries()) {
    let rest = place;
    let at = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const extent = implied[axis] ?? 1;
      at += (rest % extent) * stride;
      rest = Math.floor(rest / extent);
      stride *= shape[axis] ?? 1;
    }
    result[at] = data[i] ?? 0;
  }
  return [fromNumbers(outputDtype(call), shape, result)];
};

function impliedShape(call: Call): number[] {
  const input = inputOf(call, 0).shape;
  const kernel = intsAttribute(call.node, 'kernel_shape') ?? [];
  const strides = intsAttribute(call.node, 'strides');
  const pads = intsAttribute(call.node, 'pads') ?? new Array<number>(2 * kernel.length).fill(0);
  return input.map((extent, i) => {
    const axis = i - 2;
    if (axis < 0) return extent;
    const cut = (pads[axis] ?? 0) + (pads[axis + kernel.length] ?? 0);
    return (extent - 1) * (strides?.[axis] ?? 1) + (kernel[axis] ?? 1) - cut;
  });
}

export const POOLING: References = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  GlobalAveragePool: overPlanes(plane => sumOf(plane) / plane.length),
  GlobalMaxPool: overPlanes(largestOf),
  GlobalLpPool: overPlanes(norm),
  MaxUnpool: maxUnpool,
};
