// Pooling over windows and over whole spatial extents. Input (N, C, spatial…).

import { intsAttribute } from '../../attributes.ts';
import type { Shape } from '../../types.ts';
import {
  dtypeOf,
  fail,
  type InferContext,
  isPresent,
  numbersOfInput,
  operator,
  operators,
  shapeOf,
} from '../definition.ts';
import { slidingWindow } from './window.ts';

function pooledShape(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const kernel = intsAttribute(context.node, 'kernel_shape') ?? fail(context, 'kernel_shape is missing');
  return [...input.slice(0, 2), ...slidingWindow(context.node, input.slice(2), kernel).output];
}

/** Inverse of MaxPool: (input − 1) · stride + kernel − pads, or an explicit shape. */
function unpooledShape(context: InferContext): Shape {
  if (isPresent(context, 2)) return numbersOfInput(context, 2);
  const input = shapeOf(context, 0);
  const kernel = intsAttribute(context.node, 'kernel_shape') ?? fail(context, 'kernel_shape is missing');
  const spatial = kernel.length;
  const strides = intsAttribute(context.node, 'strides');
  const pads = intsAttribute(context.node, 'pads');
  const extents = kernel.map(
    (size, axis) =>
      ((input[axis + 2] ?? 0) - 1) * (strides?.[axis] ?? 1) +
      size -
      (pads?.[axis] ?? 0) -
      (pads?.[axis + spatial] ?? 0),
  );
  return [...input.slice(0, 2), ...extents];
}

function globalShape(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  return input.map((extent, axis) => (axis < 2 ? extent : 1));
}

export const POOLING = [
  operator('MaxPool', {
    kind: 'pooling',
    dtypes: context => [dtypeOf(context, 0), 'int64'],
    shapes: context => [pooledShape(context), pooledShape(context)],
  }),
  ...operators(['AveragePool', 'LpPool'], { kind: 'pooling', shapes: context => [pooledShape(context)] }),
  ...operators(['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'], {
    kind: 'pooling',
    shapes: context => [globalShape(context)],
  }),
  operator('MaxUnpool', { kind: 'pooling', shapes: context => [unpooledShape(context)] }),
];
