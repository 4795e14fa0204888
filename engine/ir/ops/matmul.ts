// Matrix products.

import { boolAttribute, stringAttribute } from '../attributes.ts';
import { broadcastShapes } from '../tensor.ts';
import type { Shape } from '../types.ts';
import { always, describe, fail, type InferContext, operator, shapeOf } from './definition.ts';
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

const swapLast = (shape: Shape): Shape => {
  const swapped = [...shape];
  swapped.push(...swapped.splice(-2).reverse());
  return swapped;
};

function fusedMatmulShape(context: InferContext): Shape {
  const { node } = context;
  const a = shapeOf(context, 0);
  const b = shapeOf(context, 1);
  const transA = boolAttribute(node, 'transA', false) && a.length > 1;
  const transB = boolAttribute(node, 'transB', false) && b.length > 1;
  return matmulShape(context, transA ? swapLast(a) : a, transB ? swapLast(b) : b);
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
