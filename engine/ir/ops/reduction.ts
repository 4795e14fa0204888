// Operators that collapse axes, or run along one.

import { boolAttribute, intAttribute } from '../attributes.ts';
import type { Shape } from '../types.ts';
import { always, axisOf, fail, type InferContext, listOf, operators, shapeOf } from './definition.ts';

/** Axes to reduce, each once: attribute or input; none means all, or none with noop_with_empty_axes. */
export function reducedAxes(context: InferContext, rank: number): number[] {
  const given = listOf(context, 'axes', 1) ?? [];
  const axes = given.map(axis => axisOf(context, axis, rank));
  if (new Set(axes).size < axes.length) fail(context, `expected each axis once, found [${given.join(', ')}]`);
  if (axes.length > 0) return axes;
  if (boolAttribute(context.node, 'noop_with_empty_axes', false)) return [];
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** The shape after some axes were reduced: without them, or with `keep` with extent 1. */
export function withoutAxes(shape: Shape, axes: readonly number[], keep: boolean): Shape {
  if (keep) return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return shape.filter((_, axis) => !axes.includes(axis));
}

function reducedShape(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const keep = boolAttribute(context.node, 'keepdims', true);
  return withoutAxes(input, reducedAxes(context, input.length), keep);
}

function argShape(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const axis = axisOf(context, intAttribute(context.node, 'axis', 0), input.length);
  return withoutAxes(input, [axis], boolAttribute(context.node, 'keepdims', true));
}

const REDUCTIONS = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'];

export const REDUCTION = [
  ...operators(
    REDUCTIONS.map(name => `Reduce${name}`),
    { kind: 'reduction', shapes: context => [reducedShape(context)] },
  ),
  ...operators(['ArgMax', 'ArgMin'], {
    kind: 'reduction',
    dtypes: always('int64'),
    shapes: context => [argShape(context)],
  }),
  ...operators(['CumSum', 'CumProd'], { kind: 'reduction' }),
];
