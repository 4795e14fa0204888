// Which part of its inputs a part of an operator's output needs: windows of convolutions and pools, element by
// element otherwise. Parts are boxes over the two spatial axes of values shaped (N, C, H, W).

import { intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { operandShape, valueOf } from '../../ir/graph.ts';
import { findOperator } from '../../ir/ops/index.ts';
import { slidingWindow } from '../../ir/ops/layers/window.ts';
import { normalizeAxis, sameShape } from '../../ir/tensor.ts';
import type { Graph, Node, Shape, ValueId } from '../../ir/types.ts';

/** Half-open along one axis. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Rows and columns. */
export type Box = readonly [Range, Range];

/** The box of each input with a plane that a box of the output needs; inputs without (weights) are left out. */
export type Receptive = (output: Box) => readonly { readonly value: ValueId; readonly box: Box }[];

/** Height and width of an NCHW shape; 1 where it has none. */
export const planeOf = (shape: Shape): readonly [number, number] => [shape[2] ?? 1, shape[3] ?? 1];

/** The box of all rows and columns. */
export const wholeOf = (shape: Shape): Box => {
  const [height, width] = planeOf(shape);
  return [
    { from: 0, to: height },
    { from: 0, to: width },
  ];
};

/** The smallest box that holds both. */
export function joined(a: Box, b: Box): Box {
  const join = (x: Range, y: Range): Range => ({ from: Math.min(x.from, y.from), to: Math.max(x.to, y.to) });
  return [join(a[0], b[0]), join(a[1], b[1])];
}

/** Elements of a box in one plane. */
export const areaOf = ([rows, columns]: Box): number => (rows.to - rows.from) * (columns.to - columns.from);

/** Undefined for operators that need all of an input for any part of their output, or are not known here. */
export function receptiveOf(graph: Graph, node: Node): Receptive | undefined {
  const shapeOf = (id: ValueId | undefined): Shape => operandShape(graph, id);
  const [input] = node.inputs;
  const [output, ...others] = node.outputs;
  const shape = shapeOf(output);
  if (input === undefined || output === undefined || shape.length !== 4) return undefined;
  if (others.some(id => id !== undefined && shapeOf(id).length > 0)) return undefined;
  const moving = node.inputs.filter(id => id !== undefined && !valueOf(graph, id).constant);
  switch (node.op) {
    case 'Conv':
    case 'MaxPool':
    case 'AveragePool': {
      const kernel =
        node.op === 'Conv' ? shapeOf(node.inputs[1]).slice(2) : intsAttribute(node, 'kernel_shape');
      return kernel && moving.length === 1 ? windowed(node, input, shapeOf(input), kernel) : undefined;
    }
    case 'Concat': {
      const axis = normalizeAxis(intAttribute(node, 'axis'), 4);
      return axis < 2
        ? box => moving.flatMap(value => (value === undefined ? [] : [{ value, box }]))
        : undefined;
    }
    case 'BatchNormalization':
    case 'LRN':
      return box => [{ value: input, box }];
    default: {
      const isPointwise = findOperator(node.op, node.version)?.kind === 'elementwise';
      const alike = moving.every(id => sameShape(planeOf(shapeOf(id)), planeOf(shape)));
      if (!isPointwise || !alike) return undefined;
      return box => moving.flatMap(value => (value === undefined ? [] : [{ value, box }]));
    }
  }
}

function windowed(node: Node, value: ValueId, input: Shape, kernel: readonly number[]): Receptive {
  const window = slidingWindow(node, input.slice(2), kernel);
  const along = (axis: number, { from, to }: Range): Range => {
    const extent = input[2 + axis] ?? 1;
    const stride = window.strides[axis] ?? 1;
    const begin = window.padsBegin[axis] ?? 0;
    const reach = ((kernel[axis] ?? 1) - 1) * (window.dilations[axis] ?? 1) + 1;
    const clip = (at: number): number => Math.min(extent, Math.max(0, at));
    return { from: clip(from * stride - begin), to: clip((to - 1) * stride - begin + reach) };
  };
  return ([rows, columns]) => [{ value, box: [along(0, rows), along(1, columns)] }];
}
