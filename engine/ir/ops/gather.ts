// Operators that pick, place, order or search elements by index.

import { hasAttribute, intAttribute } from '../attributes.ts';
import type { Shape } from '../types.ts';
import {
  always,
  axisOf,
  dtypeOf,
  fail,
  type InferContext,
  isPresent,
  numberOfInput,
  operator,
  operators,
  shapeOf,
} from './definition.ts';

function gathered(context: InferContext): Shape {
  const data = shapeOf(context, 0);
  const indices = shapeOf(context, 1);
  const axis = axisOf(context, intAttribute(context.node, 'axis', 0), data.length);
  return [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)];
}

function gatheredNd(context: InferContext): Shape {
  const data = shapeOf(context, 0);
  const indices = shapeOf(context, 1);
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

export const GATHER = [
  operator('Gather', { kind: 'gather', shapes: context => [gathered(context)] }),
  operator('GatherElements', { kind: 'gather', shapes: context => [shapeOf(context, 1)] }),
  operator('GatherND', { kind: 'gather', shapes: context => [gatheredNd(context)] }),
  ...operators(['Scatter', 'ScatterElements', 'ScatterND', 'TensorScatter'], { kind: 'gather' }),
  operator('TopK', {
    kind: 'gather',
    dtypes: context => [dtypeOf(context, 0), 'int64'],
    shapes: topKShapes,
  }),
  operator('OneHot', {
    kind: 'gather',
    dtypes: context => [dtypeOf(context, 2)],
    shapes: context => [oneHot(context)],
  }),
  operator('Compress', { kind: 'gather', shapes: unknown, dataDependent: true }),
  operator('NonZero', { kind: 'gather', dtypes: always('int64'), shapes: unknown, dataDependent: true }),
  operator('Unique', {
    kind: 'gather',
    dtypes: context => [dtypeOf(context, 0), 'int64', 'int64', 'int64'],
    shapes: unknown,
    dataDependent: true,
  }),
  operator('NonMaxSuppression', {
    kind: 'gather',
    dtypes: always('int64'),
    shapes: context => (isPresent(context, 2) ? [] : [[0, 3]]),
    dataDependent: true,
  }),
];
