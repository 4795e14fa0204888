// Operators that only move elements: each is an index map, applied to elements of any type.

import { boolAttribute, floatAttribute, intAttribute, stringAttribute } from '../../ir/attributes.ts';
import { allocate } from '../../ir/dtypes.ts';
import {
  depthToSpaceMode,
  padding,
  permutationOf,
  shapeRange,
  sliceRanges,
} from '../../ir/ops/movement/movement.ts';
import {
  elementCount,
  isTypedArray,
  makeTensor,
  normalizeAxis,
  rowMajorStrides,
  tensorOf,
} from '../../ir/tensor.ts';
import type { Shape, Tensor, TensorData } from '../../ir/types.ts';
import { type Call, inputOf, outputShape, placeOutput, type Reference, type References } from '../call.ts';
import {
  broadcastIndices,
  fromNumbers,
  type NumberArray,
  numbers,
  scalarOf,
  stridedIndices,
  takeElements,
  withShape,
} from '../elements.ts';

/** Same elements, the shape that the operator's rule gives. */
const reshape: Reference = call => [withShape(inputOf(call, 0), outputShape(call))];

/** Axis i of the result is axis order[i] of the tensor. */
export function transposeTensor(tensor: Tensor, order: readonly number[]): Tensor {
  const axes = order.map(axis => normalizeAxis(axis, tensor.shape.length));
  const strides = rowMajorStrides(tensor.shape);
  const shape = axes.map(axis => tensor.shape[axis] ?? 1);
  return takeElements(
    tensor,
    shape,
    stridedIndices(
      shape,
      axes.map(axis => strides[axis] ?? 1),
    ),
  );
}

const transpose: Reference = call => {
  const input = inputOf(call, 0);
  return [transposeTensor(input, permutationOf(call.context, input.shape.length))];
};

const concat: Reference = call => {
  const tensors = call.inputs.map((_, i) => inputOf(call, i));
  return [concatTensors(tensors, intAttribute(call.node, 'axis', 1), outputShape(call), placeOutput(call))];
};

/** Joins along an axis, block by block; the elements may be written to a place of theirs. */
export function concatTensors(
  tensors: readonly Tensor[],
  axis: number,
  shape: Shape,
  place?: TensorData,
): Tensor {
  const dtype = tensors[0]?.dtype;
  if (dtype === undefined) throw new Error('nothing to join');
  const outer = elementCount(shape.slice(0, normalizeAxis(axis, shape.length)));
  const to = (place ?? allocate(dtype, elementCount(shape))) as NumberArray;
  const rowLength = to.length / outer;
  let column = 0;
  for (const { data } of tensors) {
    const from = data as NumberArray;
    const block = from.length / outer;
    if (outer === 1 && isTypedArray(data)) to.set(from, column);
    else {
      for (let row = 0; row < outer; row++) {
        for (let i = 0; i < block; i++) {
          to[row * rowLength + column + i] = from[row * block + i] as number;
        }
      }
    }
    column += block;
  }
  return makeTensor(dtype, shape, to);
}

const split: Reference = call => {
  const input = inputOf(call, 0);
  const axis = normalizeAxis(intAttribute(call.node, 'axis', 0), input.shape.length);
  let start = 0;
  return call.node.outputs.map((_, i) => {
    const shape = outputShape(call, i);
    const part = sliceAxis(input, axis, start, shape[axis] ?? 0);
    start += shape[axis] ?? 0;
    return part;
  });
};

/** `count` elements of one axis from `start` on. */
export function sliceAxis(tensor: Tensor, axis: number, start: number, count: number): Tensor {
  const strides = rowMajorStrides(tensor.shape);
  const shape = tensor.shape.map((extent, i) => (i === axis ? count : extent));
  return takeElements(tensor, shape, stridedIndices(shape, strides, start * (strides[axis] ?? 1)));
}

const slice: Reference = call => {
  const input = inputOf(call, 0);
  const ranges = sliceRanges(call.context);
  const strides = rowMajorStrides(input.shape);
  const offset = ranges.reduce((sum, range, axis) => sum + range.start * (strides[axis] ?? 1), 0);
  const steps = ranges.map((range, axis) => range.step * (strides[axis] ?? 1));
  const shape = ranges.map(range => range.count);
  const indices = call.once('indices', () => stridedIndices(shape, steps, offset));
  return [takeElements(input, shape, indices)];
};

const expand: Reference = call => {
  const input = inputOf(call, 0);
  const indices = call.once('indices', () => broadcastIndices(input.shape, outputShape(call)));
  return [indices ? takeElements(input, outputShape(call), indices) : input];
};

/** Per axis a list of source coordinates, −1 for none; together an index map. */
export function coordinateIndices(shape: Shape, lists: readonly ArrayLike<number>[]): Int32Array {
  const strides = rowMajorStrides(shape);
  let indices = Int32Array.of(0);
  for (const [axis, list] of lists.entries()) {
    const next = new Int32Array(indices.length * list.length);
    for (let i = 0; i < indices.length; i++) {
      for (let j = 0; j < list.length; j++) {
        const [base, coordinate] = [indices[i] as number, list[j] as number];
        next[i * list.length + j] =
          base < 0 || coordinate < 0 ? -1 : base + coordinate * (strides[axis] ?? 1);
      }
    }
    indices = next;
  }
  return indices;
}

const tile: Reference = call => {
  const input = inputOf(call, 0);
  const shape = outputShape(call);
  const indices = call.once('indices', () => {
    const lists = shape.map((extent, axis) =>
      Int32Array.from({ length: extent }, (_, i) => i % (input.shape[axis] ?? 1)),
    );
    return coordinateIndices(input.shape, lists);
  });
  return [takeElements(input, shape, indices)];
};

/** Source coordinate of padded coordinate i; −1 is the constant. */
function padSource(mode: string, i: number, extent: number): number {
  if (i >= 0 && i < extent) return i;
  if (mode === 'edge') return i < 0 ? 0 : extent - 1;
  if (mode === 'wrap') return ((i % extent) + extent) % extent;
  if (mode === 'reflect') {
    if (extent === 1) return 0;
    const period = 2 * (extent - 1);
    const at = ((i % period) + period) % period;
    return at < extent ? at : period - at;
  }
  return -1;
}

const pad: Reference = call => {
  const input = inputOf(call, 0);
  const mode = stringAttribute(call.node, 'mode', 'constant');
  const { begin } = padding(call.context, input.shape.length);
  const shape = outputShape(call);
  const lists = shape.map((extent, axis) =>
    Int32Array.from({ length: extent }, (_, i) =>
      padSource(mode, i - (begin[axis] ?? 0), input.shape[axis] ?? 0),
    ),
  );
  const fill =
    call.inputs[2] ??
    (input.dtype === 'string'
      ? undefined
      : fromNumbers(input.dtype, [], [floatAttribute(call.node, 'value', 0)]));
  return [takeElements(input, shape, coordinateIndices(input.shape, lists), fill)];
};

const depthToSpace: Reference = call => {
  const input = inputOf(call, 0);
  const [n = 0, c = 0, h = 0, w = 0] = input.shape;
  const b = intAttribute(call.node, 'blocksize');
  const depth = c / b ** 2;
  const moved =
    depthToSpaceMode(call.context) === 'CRD'
      ? transposeTensor(withShape(input, [n, depth, b, b, h, w]), [0, 1, 4, 2, 5, 3])
      : transposeTensor(withShape(input, [n, b, b, depth, h, w]), [0, 3, 4, 1, 5, 2]);
  return [withShape(moved, outputShape(call))];
};

const spaceToDepth: Reference = call => {
  const input = inputOf(call, 0);
  const [n = 0, c = 0, h = 0, w = 0] = input.shape;
  const b = intAttribute(call.node, 'blocksize');
  const moved = transposeTensor(withShape(input, [n, c, h / b, b, w / b, b]), [0, 3, 5, 1, 2, 4]);
  return [withShape(moved, outputShape(call))];
};

const shape: Reference = call => {
  const input = inputOf(call, 0);
  const [start, end] = shapeRange(call.context, input.shape.length);
  const extents = input.shape.slice(start, end);
  return [tensorOf('int64', [extents.length], extents)];
};

/** Crops or pads every named axis around its centre. */
const centerCropPad: Reference = call => {
  const input = inputOf(call, 0);
  const target = outputShape(call);
  const lists = target.map((extent, axis) => {
    const own = input.shape[axis] ?? 0;
    const crop = Math.max(0, Math.floor((own - extent) / 2));
    const before = Math.max(0, Math.floor((extent - own) / 2));
    return Int32Array.from({ length: extent }, (_, i) => {
      const at = i - before + crop;
      return at >= 0 && at < own ? at : -1;
    });
  });
  return [takeElements(input, target, coordinateIndices(input.shape, lists))];
};

/** The first `length` elements of each batch entry's time axis, backwards. */
const reverseSequence: Reference = call => {
  const input = inputOf(call, 0);
  const lengths = numbers(inputOf(call, 1));
  const batchAxis = intAttribute(call.node, 'batch_axis', 1);
  const timeAxis = intAttribute(call.node, 'time_axis', 0);
  const strides = rowMajorStrides(input.shape);
  const indices = Int32Array.from({ length: elementCount(input.shape) }, (_, at) => {
    const coordinate = (axis: number) => Math.floor(at / (strides[axis] ?? 1)) % (input.shape[axis] ?? 1);
    const time = coordinate(timeAxis);
    const length = lengths[coordinate(batchAxis)] ?? 0;
    return time < length ? at + (length - 1 - 2 * time) * (strides[timeAxis] ?? 1) : at;
  });
  return [takeElements(input, input.shape, indices)];
};

/** Keeps the upper or lower triangle of the last two axes, shifted by k. */
const trilu: Reference = call => {
  const input = inputOf(call, 0);
  const upper = boolAttribute(call.node, 'upper', true);
  const k = scalarOf(call.inputs[1], 0);
  const [rows = 1, columns = 1] = input.shape.slice(-2);
  const indices = Int32Array.from({ length: elementCount(input.shape) }, (_, at) => {
    const column = at % columns;
    const row = Math.floor(at / columns) % rows;
    return (upper ? column >= row + k : column <= row + k) ? at : -1;
  });
  return [takeElements(input, input.shape, indices, fromNumbers(input.dtype, [], [0]))];
};

const identity: Reference = call => [call.data[0]];

const size: Reference = (call: Call) => [
  makeTensor('int64', [], BigInt64Array.of(BigInt(elementCount(inputOf(call, 0).shape)))),
];

export const MOVEMENT: References = {
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Expand: expand,
  Tile: tile,
  Pad: pad,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Shape: shape,
  Size: size,
  CenterCropPad: centerCropPad,
  ReverseSequence: reverseSequence,
  Trilu: trilu,
  Identity: identity,
};
