// Operators that only move elements: the output is made of input elements at other places.

import {
  boolAttribute,
  hasAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
} from '../../attributes.ts';
import { broadcastShapes, elementCount } from '../../tensor.ts';
import type { Shape } from '../../types.ts';
import {
  always,
  axisOf,
  type Capacity,
  describe,
  fail,
  type InferContext,
  isPresent,
  listOf,
  numbersOfInput,
  type OperatorDefinition,
  operator,
  sameCount,
  shapeOf,
} from '../definition.ts';

function reshaped(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const target = listOf(context, 'shape', 1) ?? fail(context, 'the new shape is missing');
  const allowZero = boolAttribute(context.node, 'allowzero', false);
  const shape = target.map((extent, axis) => (extent === 0 && !allowZero ? (input[axis] ?? 0) : extent));
  const free = shape.indexOf(-1);
  if (free >= 0) {
    const rest = elementCount(shape.filter((_, axis) => axis !== free));
    shape[free] = rest === 0 ? 0 : elementCount(input) / rest;
    if (!Number.isInteger(shape[free])) fail(context, `${describe(input)} does not fit ${describe(target)}`);
  }
  sameCount(context, input, shape);
  return shape;
}

function flattened(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const axis = intAttribute(context.node, 'axis', 1);
  const at = axis < 0 ? axis + input.length : axis;
  return [elementCount(input.slice(0, at)), elementCount(input.slice(at))];
}

function squeezed(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const given = listOf(context, 'axes', 1);
  const axes = given?.map(axis => axisOf(context, axis, input.length));
  return input.filter((extent, axis) => {
    const drop = axes ? axes.includes(axis) : extent === 1;
    if (drop && extent !== 1)
      fail(context, `axis ${axis} of ${describe(input)} has ${extent} elements, not 1`);
    return !drop;
  });
}

function unsqueezed(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const given = listOf(context, 'axes', 1) ?? fail(context, 'the axes are missing');
  const rank = input.length + given.length;
  const axes = new Set(given.map(axis => axisOf(context, axis, rank)));
  if (axes.size < given.length) fail(context, `axes ${describe(given)} repeat`);
  const rest = [...input];
  return Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (rest.shift() ?? 1)));
}

/** The order of axes: by default reversed. */
export const permutationOf = (context: InferContext, rank: number): readonly number[] =>
  intsAttribute(context.node, 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);

function transposed(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const order = permutationOf(context, input.length);
  const isPermutation = order.length === input.length && input.every((_, axis) => order.includes(axis));
  if (!isPermutation) fail(context, `perm ${describe(order)} does not fit ${describe(input)}`);
  return order.map(axis => input[axis] ?? 0);
}

/** Shapes that agree but for the node's axis, joined along it. */
export function joinedShape(context: InferContext, shapes: readonly Shape[]): Shape {
  const first = shapes[0] ?? fail(context, 'no inputs');
  const axis = axisOf(context, intAttribute(context.node, 'axis', 1), first.length);
  const result = [...first];
  result[axis] = 0;
  for (const shape of shapes) {
    const fits = shape.length === first.length && shape.every((e, i) => i === axis || e === first[i]);
    if (!fits) fail(context, `${describe(first)} and ${describe(shape)} do not join on axis ${axis}`);
    result[axis] = (result[axis] ?? 0) + (shape[axis] ?? 0);
  }
  return result;
}

/** Extents of the parts along the split axis: as given, else equal with a smaller last one. */
function splitExtents(context: InferContext, extent: number): readonly number[] {
  const given = listOf(context, 'split', 1);
  if (given !== undefined) return given;
  const { length } = context.node.outputs;
  const parts = intAttribute(context.node, 'num_outputs', length);
  if (parts !== length) fail(context, `num_outputs is ${parts}, there are ${length} outputs`);
  const size = Math.ceil(extent / parts);
  return Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(size, extent - i * size)));
}

function splitShapes(context: InferContext): Shape[] {
  const input = shapeOf(context, 0);
  const axis = axisOf(context, intAttribute(context.node, 'axis', 0), input.length);
  const extents = splitExtents(context, input[axis] ?? 0);
  if (extents.reduce((a, b) => a + b, 0) !== input[axis]) {
    fail(context, `parts ${describe(extents)} do not add up to the ${input[axis]} of axis ${axis}`);
  }
  return extents.map(extent => input.map((own, i) => (i === axis ? extent : own)));
}

/** Elements start, start + step, … of an axis, so many of them. */
export interface SliceRange {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** NumPy's slicing of every axis; axes that are not named keep all elements. */
export function sliceRanges(context: InferContext): SliceRange[] {
  const input = shapeOf(context, 0);
  const starts = listOf(context, 'starts', 1) ?? [];
  const ends = listOf(context, 'ends', 2) ?? [];
  const axes = listOf(context, 'axes', 3) ?? starts.map((_, i) => i);
  const steps = isPresent(context, 4) ? numbersOfInput(context, 4) : starts.map(() => 1);
  const ranges = input.map((count): SliceRange => ({ start: 0, step: 1, count }));
  for (const [i, given] of axes.entries()) {
    const axis = axisOf(context, given, input.length);
    const step = steps[i] ?? 1;
    if (step === 0) fail(context, 'a step is 0');
    ranges[axis] = sliceRange(input[axis] ?? 0, starts[i] ?? 0, ends[i] ?? 0, step);
  }
  return ranges;
}

function sliceRange(extent: number, start: number, end: number, step: number): SliceRange {
  const first = sliceStart(extent, start, step);
  const last = step > 0 ? clampIndex(extent, end, 0, extent) : clampIndex(extent, end, -1, extent - 1);
  return { start: first, step, count: Math.max(0, Math.ceil((last - first) / step)) };
}

/** The first element that a slice of an axis takes. */
export const sliceStart = (extent: number, start: number, step: number): number =>
  clampIndex(extent, start, 0, step > 0 ? extent : extent - 1);

/** An index that counts from the end when negative, held between two bounds. */
const clampIndex = (extent: number, index: number, low: number, high: number): number =>
  Math.min(Math.max(index < 0 ? index + extent : index, low), high);

/** Bounds that are computed cut off what they like: of the axes named, or of all. */
function sliceCapacity(context: InferContext): Capacity {
  const input = shapeOf(context, 0);
  const named = isPresent(context, 3) ? context.constant(3) && numbersOfInput(context, 3) : undefined;
  const cut = named?.map(axis => axisOf(context, axis, input.length));
  return { shape: input, bounded: input.map((_, axis) => cut?.includes(axis) ?? true) };
}

/** Each part is at most the whole. */
function splitCapacities(context: InferContext): Capacity[] {
  const input = shapeOf(context, 0);
  const axis = axisOf(context, intAttribute(context.node, 'axis', 0), input.length);
  return context.node.outputs.map(() => ({ shape: input, bounded: input.map((_, i) => i === axis) }));
}

function expanded(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const target = numbersOfInput(context, 1);
  return (
    broadcastShapes(input, target) ??
    fail(context, `${describe(input)} does not expand to ${describe(target)}`)
  );
}

function tiled(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const repeats = numbersOfInput(context, 1);
  if (repeats.length === input.length) return input.map((extent, axis) => extent * (repeats[axis] ?? 1));
  if (context.node.version >= 6) fail(context, `repeats ${describe(repeats)} for ${describe(input)}`);
  const axis = numbersOfInput(context, 2)[0] ?? 0;
  return input.map((extent, i) => (i === axis ? extent * (repeats[0] ?? 1) : extent));
}

/** Elements to add (or, negative, to remove) before and after every axis. */
export function padding(context: InferContext, rank: number): { begin: number[]; end: number[] } {
  const name = hasAttribute(context.node, 'paddings') ? 'paddings' : 'pads';
  const pads = listOf(context, name, 1) ?? fail(context, 'the pads are missing');
  const axes = isPresent(context, 3)
    ? numbersOfInput(context, 3).map(axis => axisOf(context, axis, rank))
    : Array.from({ length: rank }, (_, axis) => axis);
  if (pads.length !== 2 * axes.length) fail(context, `${pads.length} pads for ${axes.length} axes`);
  const begin = new Array<number>(rank).fill(0);
  const end = new Array<number>(rank).fill(0);
  for (const [i, axis] of axes.entries()) {
    begin[axis] = pads[i] ?? 0;
    end[axis] = pads[i + axes.length] ?? 0;
  }
  return { begin, end };
}

function padded(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const { begin, end } = padding(context, input.length);
  return input.map((extent, axis) => extent + (begin[axis] ?? 0) + (end[axis] ?? 0));
}

function depthToSpace(context: InferContext): Shape {
  const [n = 0, c = 0, h = 0, w = 0] = shapeOf(context, 0);
  const block = intAttribute(context.node, 'blocksize');
  return [n, c / block ** 2, h * block, w * block];
}

function spaceToDepth(context: InferContext): Shape {
  const [n = 0, c = 0, h = 0, w = 0] = shapeOf(context, 0);
  const block = intAttribute(context.node, 'blocksize');
  return [n, c * block ** 2, h / block, w / block];
}

/** First and end axis of Shape, both clamped. */
export function shapeRange(context: InferContext, rank: number): [number, number] {
  const clamp = (axis: number) => Math.min(Math.max(axis < 0 ? axis + rank : axis, 0), rank);
  return [clamp(intAttribute(context.node, 'start', 0)), clamp(intAttribute(context.node, 'end', rank))];
}

function shapeLength(context: InferContext): Shape {
  const [start, end] = shapeRange(context, shapeOf(context, 0).length);
  return [Math.max(0, end - start)];
}

function centered(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const target = numbersOfInput(context, 1);
  const axes = intsAttribute(context.node, 'axes')?.map(axis => axisOf(context, axis, input.length));
  const result = [...input];
  for (const [i, extent] of target.entries()) result[axes ? (axes[i] ?? 0) : i] = extent;
  return result;
}

const movement = (op: string, shape: (context: InferContext) => Shape) =>
  operator(op, { kind: 'movement', shapes: context => [shape(context)] });

/** 'DCR' or 'CRD'. */
export const depthToSpaceMode = (context: Pick<InferContext, 'node'>): string =>
  stringAttribute(context.node, 'mode', 'DCR');

/** Also of containers. */
const plainIdentity = operator('Identity', { kind: 'movement' });
const identity: OperatorDefinition = {
  ...plainIdentity,
  infer: context => (context.inputs[0]?.container ? [context.inputs[0]] : plainIdentity.infer(context)),
};

export const MOVEMENT = [
  movement('Reshape', reshaped),
  movement('Flatten', flattened),
  movement('Squeeze', squeezed),
  movement('Unsqueeze', unsqueezed),
  movement('Transpose', transposed),
  movement('Concat', context =>
    joinedShape(
      context,
      context.inputs.map((_, i) => shapeOf(context, i)),
    ),
  ),
  operator('Split', { kind: 'movement', shapes: splitShapes, capacities: splitCapacities }),
  operator('Slice', {
    kind: 'movement',
    shapes: context => [sliceRanges(context).map(range => range.count)],
    capacities: context => [sliceCapacity(context)],
  }),
  movement('Expand', expanded),
  movement('Tile', tiled),
  movement('Pad', padded),
  movement('DepthToSpace', depthToSpace),
  movement('SpaceToDepth', spaceToDepth),
  operator('Shape', {
    kind: 'movement',
    shapeOnly: true,
    dtypes: always('int64'),
    shapes: context => [shapeLength(context)],
  }),
  operator('Size', {
    kind: 'movement',
    shapeOnly: true,
    dtypes: always('int64'),
    shapes: context => {
      shapeOf(context, 0);
      return [[]];
    },
  }),
  movement('CenterCropPad', centered),
  identity,
  operator('ReverseSequence', { kind: 'movement' }),
  operator('Trilu', { kind: 'movement' }),
];
