// Matrix products.

import { boolAttribute, stringAttribute } from '../../attributes.ts';
import { broadcastShapes } from '../../tensor.ts';
import type { Node, Shape } from '../../types.ts';
import { always, describe, fail, type InferContext, operator, shapeOf } from '../definition.ts';
import { einsumPlan } from './einsum.ts';

/** NumPy's matmul: vectors are rows on the left, columns on the right, and lose that axis in the result. */
export function matmulShape(context: InferContext, a: Shape, b: Shape): Shape {
  if (a.length === 0 || b.length === 0) fail(context, 'a scalar has no matrix product');
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2));
  if (batch === undefined || left.at(-1) !== right.at(-2)) {
    fail(context, `${describe(a)} and ${describe(b)} have no matrix product`);
  }
  const rows = a.length === 1 ? [] : [left.at(-2) ?? 0];
  const columns = b.length === 1 ? [] : [right.at(-1) ?? 0];
  return [...batch, ...rows, ...columns];
}

/**
 * The axes of a side ('A' or 'B') of FusedMatMul in the order of the matrices multiplied: transBatch makes the first
 * axis the rows, behind the batch axes, then trans swaps rows and columns.
 */
export function fusedMatmulOrder(node: Node, side: 'A' | 'B', rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  if (rank > 2 && boolAttribute(node, `transBatch${side}`, false)) {
    axes.splice(rank - 2, 0, ...axes.splice(0, 1));
  }
  if (rank > 1 && boolAttribute(node, `trans${side}`, false)) axes.push(...axes.splice(-2).reverse());
  return axes;
}

function fusedMatmulShape(context: InferContext): Shape {
  const side = (index: number, name: 'A' | 'B'): Shape => {
    const shape = shapeOf(context, index);
    return fusedMatmulOrder(context.node, name, shape.length).map(axis => shape[axis] ?? 0);
  };
  return matmulShape(context, side(0, 'A'), side(1, 'B'));
}

function gemmShape(context: InferContext): Shape {
  const a = shapeOf(context, 0);
  const b = shapeOf(context, 1);
  if (a.length !== 2 || b.length !== 2) {
    fail(context, `operands should be matrices, found ${describe(a)} and ${describe(b)}`);
  }
  const [m, k] = boolAttribute(context.node, 'transA', false) ? [a[1], a[0]] : a;
  const [k2, n] = boolAttribute(context.node, 'transB', false) ? [b[1], b[0]] : b;
  if (k !== k2) fail(context, `${describe(a)} and ${describe(b)} have no matrix product`);
  return [m ?? 0, n ?? 0];
}

function einsumShape(context: InferContext): Shape {
  const shapes = context.inputs.map((_, i) => shapeOf(context, i));
  const plan = einsumPlan(stringAttribute(context.node, 'equation'), shapes);
  return typeof plan === 'string' ? fail(context, plan) : plan.outputShape;
}

export const MATMUL = [
  operator('MatMul', {
    kind: 'matmul',
    shapes: context => [matmulShape(context, shapeOf(context, 0), shapeOf(context, 1))],
  }),
  operator('com.microsoft.FusedMatMul', { kind: 'matmul', shapes: context => [fusedMatmulShape(context)] }),
  operator('MatMulInteger', {
    kind: 'matmul',
    dtypes: always('int32'),
    shapes: context => [matmulShape(context, shapeOf(context, 0), shapeOf(context, 1))],
  }),
  operator('Gemm', { kind: 'matmul', shapes: context => [gemmShape(context)] }),
  operator('Einsum', { kind: 'matmul', shapes: context => [einsumShape(context)] }),
];
