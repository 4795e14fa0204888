// Sums of products: what is beyond the extent of a summed axis counts nothing, on either side (NaN · 0 would).

import { intAttribute, stringAttribute } from '../../ir/attributes.ts';
import { einsumPlan } from '../../ir/ops/linear-algebra/einsum.ts';
import { broadcast, operandAt } from './elementwise-rules.ts';
import { type Extent, sameExtent } from './extent.ts';
import type { Mask, Rule } from './operands.ts';

const matmul: Rule = operands => {
  const [a, b] = [operands.shape(0), operands.shape(1)];
  if (a.length < 2 || b.length < 2) return undefined;
  const [left, right] = [operands.extents(0), operands.extents(1)];
  if (!sameExtent(left.at(-1), right.at(-2))) return undefined;
  const batches = broadcast([
    { shape: a.slice(0, -2), extents: left.slice(0, -2) },
    { shape: b.slice(0, -2), extents: right.slice(0, -2) },
  ]);
  const masks = left.at(-1) ? zeros([a.length - 1, b.length - 2]) : [];
  return batches && { outputs: [[...batches, left.at(-2), right.at(-1)]], masks };
};

/** 0 along one axis of every input. */
const zeros = (axes: readonly number[]): Mask[] => axes.map((axis, input) => ({ input, axis, fill: 0 }));

/** Zero points, one for all, are part of what is summed: then the summed axis has to be whole. */
const integerMatmul: Rule = operands => {
  const found = operands.othersFixed(0, 1) ? matmul(operands) : undefined;
  return found?.masks?.length === 0 ? found : undefined;
};

/** Weights, scales and zero points say nothing of extents. */
const quantisedMatmul: Rule = operands => {
  const labels = operands.extents(0);
  const whole = operands.othersFixed(0) && labels.length > 1 && !labels.at(-1);
  return whole ? { outputs: [[...labels.slice(0, -1), undefined]] } : undefined;
};

const gemm: Rule = operands => {
  const [transA, transB] = ['transA', 'transB'].map(name => intAttribute(operands.node, name, 0) !== 0);
  const side = (input: number, turned = false) =>
    turned ? operands.extents(input).toReversed() : operands.extents(input);
  const [m, k] = side(0, transA);
  const [l, n] = side(1, transB);
  if (!sameExtent(k, l)) return undefined;
  const product = { shape: operands.outputShape(), extents: [m, n] };
  const extents = operands.has(2) ? broadcast([product, operandAt(operands, 2)]) : product.extents;
  const masks = k ? zeros([transA ? 0 : 1, transB ? 1 : 0]) : [];
  return extents && { outputs: [extents], masks };
};

const einsum: Rule = operands => {
  const { node } = operands;
  const shapes = node.inputs.map((_, i) => operands.shape(i));
  const plan = einsumPlan(stringAttribute(node, 'equation', ''), shapes);
  if (typeof plan === 'string') return undefined;
  const labels = new Map<number, Extent | undefined>();
  const masks: Mask[] = [];
  for (const [input, own] of plan.operands.entries()) {
    const extents = operands.extents(input);
    for (const [axis, index] of own.entries()) {
      if (labels.has(index) && !sameExtent(labels.get(index), extents[axis])) return undefined;
      labels.set(index, extents[axis]);
      const summed = index >= plan.outputShape.length;
      if (summed && extents[axis]) masks.push({ input, axis, fill: 0 });
    }
  }
  return { outputs: [plan.outputShape.map((_, index) => labels.get(index))], masks };
};

export const PRODUCT_RULES: Readonly<Record<string, Rule>> = {
  MatMul: matmul,
  Gemm: gemm,
  Einsum: einsum,
  MatMulInteger: integerMatmul,
  QLinearMatMul: quantisedMatmul,
  'com.microsoft.DynamicQuantizeMatMul': quantisedMatmul,
  'com.microsoft.MatMulIntegerToFloat': quantisedMatmul,
  'com.microsoft.MatMulNBits': quantisedMatmul,
  'com.microsoft.FusedMatMul': operands =>
    ['transA', 'transB', 'transBatchA', 'transBatchB'].some(name => intAttribute(operands.node, name, 0))
      ? undefined
      : matmul(operands),
};
