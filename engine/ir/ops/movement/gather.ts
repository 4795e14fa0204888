// Operators that pick, place, order or search elements by index.

import { hasAttribute, intAttribute } from '../../attributes.ts';
import { elementCount } from '../../tensor.ts';
import type { Shape } from '../../types.ts';
import {
  always,
  axisOf,
  type Capacity,
  dtypeOf,
  fail,
  type InferContext,
  isPresent,
  numberOfInput,
  operator,
  operators,
  shapeOf,
  shapeOfRank,
} from '../definition.ts';

/** The attribute of nodes whose indices may lie outside the axis where nobody looks: a pass sets it, no model has it. */
export const LENIENT = 'arenascope.lenient';

/** The shapes of data and indices, which are all that elements are picked with. */
function picked(context: InferContext): readonly [data: Shape, indices: Shape] {
  const count = context.node.inputs.length;
  if (count > 2) fail(context, `expected data and indices, found ${count} inputs`);
  return [shapeOf(context, 0), shapeOf(context, 1)];
}

function gathered(context: InferContext): Shape {
  const [data, indices] = picked(context);
  const axis = axisOf(context, intAttribute(context.node, 'axis', 0), data.length);
  return [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)];
}

function gatheredElements(context: InferContext): Shape {
  const [data, indices] = picked(context);
  axisOf(context, intAttribute(context.node, 'axis', 0), data.length);
  return indices;
}

/** The data's own shape; the updates are of its type. */
function scattered(context: InferContext): Shape {
  if (!isPresent(context, 1) || !isPresent(context, 2)) {
    fail(context, 'expected data, indices and updates, one of them is missing');
  }
  const [data, updates] = [dtypeOf(context, 0), dtypeOf(context, 2)];
  if (data !== updates) fail(context, `data are ${data}, updates ${updates}`);
  return shapeOf(context, 0);
}

function gatheredNd(context: InferContext): Shape {
  const [data, indices] = picked(context);
  const batch = intAttribute(context.node, 'batch_dims', 0);
  return [...indices.slice(0, -1), ...data.slice(batch + (indices.at(-1) ?? 0))];
}

/** Values and indices of the k largest along an axis; k was an attribute before opset 10. */
function topKShapes(context: InferContext): Shape[] {
  const input = shapeOf(context, 0);
  const axis = axisOf(context, intAttribute(context.node, 'axis', -1), input.length);
  const k = hasAttribute(context.node, 'k')
    ? intAttribute(context.node, 'k')
    : numberOfInput(context, 1, Number.NaN);
  if (k > (input[axis] ?? 0)) fail(context, `k is ${k}, axis ${axis} has ${input[axis]} elements`);
  const shape = input.map((extent, i) => (i === axis ? k : extent));
  return [shape, shape];
}

function oneHot(context: InferContext): Shape {
  const indices = shapeOf(context, 0);
  const axis = axisOf(context, intAttribute(context.node, 'axis', -1), indices.length + 1);
  const depth = numberOfInput(context, 1, 0);
  return [...indices.slice(0, axis), depth, ...indices.slice(axis)];
}

const unknown = () => [];

const vector = (extent: number): Capacity => ({ shape: [extent], bounded: [true] });
const exactly = (shape: Shape): Capacity => ({ shape, bounded: shape.map(() => false) });
const atMostAlong = (shape: Shape, axis: number, extent: number): Capacity => ({
  shape: shape.with(axis, extent),
  bounded: shape.map((_, i) => i === axis),
});

/** k that is computed is at most the axis. */
function topKCapacities(context: InferContext): Capacity[] {
  const input = shapeOf(context, 0);
  const axis = axisOf(context, intAttribute(context.node, 'axis', -1), input.length);
  const capacity = atMostAlong(input, axis, input[axis] ?? 0);
  return [capacity, capacity];
}

function compressCapacity(context: InferContext): Capacity {
  const input = shapeOf(context, 0);
  const [chosen = 0] = shapeOf(context, 1);
  if (!hasAttribute(context.node, 'axis')) return vector(Math.min(chosen, elementCount(input)));
  const axis = axisOf(context, intAttribute(context.node, 'axis'), input.length);
  return atMostAlong(input, axis, Math.min(chosen, input[axis] ?? 0));
}

function nonZeroCapacity(context: InferContext): Capacity {
  const input = shapeOf(context, 0);
  return { shape: [input.length, elementCount(input)], bounded: [false, true] };
}

/** Elements, their first places, places of all, counts: there may be no two alike. */
function uniqueCapacities(context: InferContext): Capacity[] {
  const input = shapeOf(context, 0);
  if (!hasAttribute(context.node, 'axis')) {
    const count = elementCount(input);
    return [vector(count), vector(count), exactly([count]), vector(count)];
  }
  const axis = axisOf(context, intAttribute(context.node, 'axis'), input.length);
  const count = input[axis] ?? 0;
  return [atMostAlong(input, axis, count), vector(count), exactly([count]), vector(count)];
}

/** For each class of each batch entry, at most every box. */
function selectedBoxes(context: InferContext): Capacity {
  const [batch = 0, classes = 0, boxes = 0] = shapeOfRank(context, 1, 3);
  const limit = context.constant(2)?.data[0];
  const each = limit === undefined ? boxes : Math.max(0, Math.min(boxes, Number(limit)));
  return { shape: [batch * classes * each, 3], bounded: [true, false] };
}

/** For each class of each batch entry, as many places as the attribute `most` says. */
function placesOfBoxes(context: InferContext): Shape {
  const [batch = 0, classes = 0] = shapeOfRank(context, 1, 3);
  return [batch, classes, intAttribute(context.node, 'most')];
}

/** At most every place. */
function listedBoxes(context: InferContext): Capacity {
  return { shape: [elementCount(shapeOfRank(context, 0, 3)), 3], bounded: [true, false] };
}

export const GATHER = [
  operator('Gather', { kind: 'gather', shapes: context => [gathered(context)] }),
  operator('GatherElements', { kind: 'gather', shapes: context => [gatheredElements(context)] }),
  operator('GatherND', { kind: 'gather', shapes: context => [gatheredNd(context)] }),
  ...operators(['Scatter', 'ScatterElements', 'ScatterND'], {
    kind: 'gather',
    shapes: context => [scattered(context)],
  }),
  operator('TensorScatter', { kind: 'gather' }),
  operator('TopK', {
    kind: 'gather',
    dtypes: context => [dtypeOf(context, 0), 'int64'],
    shapes: topKShapes,
    capacities: topKCapacities,
  }),
  operator('OneHot', {
    kind: 'gather',
    dtypes: context => [dtypeOf(context, 2)],
    shapes: context => [oneHot(context)],
  }),
  operator('Compress', {
    kind: 'gather',
    shapes: unknown,
    capacities: context => [compressCapacity(context)],
    dataDependent: true,
  }),
  operator('NonZero', {
    kind: 'gather',
    dtypes: always('int64'),
    shapes: unknown,
    capacities: context => [nonZeroCapacity(context)],
    dataDependent: true,
  }),
  operator('Unique', {
    kind: 'gather',
    dtypes: context => [dtypeOf(context, 0), 'int64', 'int64', 'int64'],
    shapes: unknown,
    capacities: uniqueCapacities,
    dataDependent: true,
  }),
  operator('NonMaxSuppression', {
    kind: 'gather',
    dtypes: always('int64'),
    shapes: context => (isPresent(context, 2) ? [] : [[0, 3]]),
    capacities: context => [selectedBoxes(context)],
    dataDependent: true,
  }),
  /** made by a pass: per class the boxes that NonMaxSuppression keeps, −1 behind the last */
  operator('boxes.Keep', {
    kind: 'gather',
    dtypes: always('int32'),
    shapes: context => [placesOfBoxes(context)],
  }),
  /** the list of them: batch entry, class, box */
  operator('boxes.List', {
    kind: 'gather',
    dtypes: always('int64'),
    shapes: unknown,
    capacities: context => [listedBoxes(context)],
    dataDependent: true,
  }),
];
