// Matrix products, summed in double precision.

import { boolAttribute, floatAttribute, stringAttribute } from '../ir/attributes.ts';
import { einsumPlan } from '../ir/ops/einsum.ts';
import { broadcastShapes, elementCount, rowMajorStrides } from '../ir/tensor.ts';
import type { Shape, Tensor } from '../ir/types.ts';
import { inputOf, outputDtype, outputShape, type Reference, type References } from './call.ts';
import {
  broadcastIndices,
  fromNumbers,
  type NumberArray,
  numbers,
  stridedIndices,
  takeElements,
} from './elements.ts';

/** One m×k by k×n product, added into `to` row by row. */
function multiply(
  to: Float64Array,
  toBase: number,
  a: NumberArray,
  aBase: number,
  b: NumberArray,
  bBase: number,
  [m, k, n]: readonly [number, number, number],
): void {
  for (let i = 0; i < m; i++) {
    const row = toBase + i * n;
    for (let l = 0; l < k; l++) {
      const factor = a[aBase + i * k + l] as number;
      const from = bBase + l * n;
      for (let j = 0; j < n; j++) to[row + j] = (to[row + j] as number) + factor * (b[from + j] as number);
    }
  }
}

/** NumPy's matmul on numbers; leading axes broadcast. The caller knows the result's shape. */
export function matmulNumbers(a: NumberArray, shapeA: Shape, b: NumberArray, shapeB: Shape): Float64Array {
  const left = shapeA.length === 1 ? [1, ...shapeA] : shapeA;
  const right = shapeB.length === 1 ? [...shapeB, 1] : shapeB;
  const [m, k, n] = [left.at(-2) ?? 0, left.at(-1) ?? 0, right.at(-1) ?? 0];
  const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2)) ?? [];
  const mapA = broadcastIndices(left.slice(0, -2), batch);
  const mapB = broadcastIndices(right.slice(0, -2), batch);
  const count = elementCount(batch);
  const result = new Float64Array(count * m * n);
  for (let i = 0; i < count; i++) {
    const at = (map: Int32Array | undefined) => (map ? (map[i] ?? 0) : i);
    multiply(result, i * m * n, a, at(mapA) * m * k, b, at(mapB) * k * n, [m, k, n]);
  }
  return result;
}

/** Swaps the last two axes. */
export function transposeLast(tensor: Tensor): Tensor {
  const strides = rowMajorStrides(tensor.shape);
  const swap = <T>(list: readonly T[]): T[] => [...list.slice(0, -2), ...list.slice(-2).reverse()];
  const shape = swap(tensor.shape);
  return takeElements(tensor, shape, stridedIndices(shape, swap(strides)));
}

const matmul: Reference = call => {
  const [a, b] = [inputOf(call, 0), inputOf(call, 1)];
  const result = matmulNumbers(numbers(a), a.shape, numbers(b), b.shape);
  return [fromNumbers(outputDtype(call), outputShape(call), result)];
};

/** alpha · A · B with either side transposed. */
const fusedMatmul: Reference = call => {
  const side = (index: number, name: string): Tensor => {
    const tensor = inputOf(call, index);
    return boolAttribute(call.node, name, false) && tensor.shape.length > 1 ? transposeLast(tensor) : tensor;
  };
  const [a, b] = [side(0, 'transA'), side(1, 'transB')];
  const alpha = floatAttribute(call.node, 'alpha', 1);
  const result = matmulNumbers(numbers(a), a.shape, numbers(b), b.shape).map(x => alpha * x);
  return [fromNumbers(outputDtype(call), outputShape(call), result)];
};

/** alpha · A' · B' + beta · C. */
const gemm: Reference = call => {
  const { node } = call;
  const a = boolAttribute(node, 'transA', false) ? transposeLast(inputOf(call, 0)) : inputOf(call, 0);
  const b = boolAttribute(node, 'transB', false) ? transposeLast(inputOf(call, 1)) : inputOf(call, 1);
  const [alpha, beta] = [floatAttribute(node, 'alpha', 1), floatAttribute(node, 'beta', 1)];
  const product = matmulNumbers(numbers(a), a.shape, numbers(b), b.shape);
  const shape = outputShape(call);
  const c = call.inputs[2];
  const map = c && broadcastIndices(c.shape, shape);
  const added = c && numbers(c);
  const result = product.map(
    (x, i) => alpha * x + (added ? beta * (added[map ? (map[i] ?? 0) : i] ?? 0) : 0),
  );
  return [fromNumbers(outputDtype(call), shape, result)];
};

/** Products of integers less their zero points: A's per tensor or row, B's per tensor or column. */
export function matmulIntegers(a: Tensor, b: Tensor, aZero?: Tensor, bZero?: Tensor): Float64Array {
  const rowsZero = aZero ? numbers(aZero) : [0];
  const columnsZero = bZero ? numbers(bZero) : [0];
  const k = a.shape.at(-1) ?? 1;
  const n = b.shape.at(-1) ?? 1;
  const left = Float64Array.from(
    numbers(a),
    (x, i) => x - (rowsZero[rowsZero.length === 1 ? 0 : Math.floor(i / k) % rowsZero.length] ?? 0),
  );
  const right = Float64Array.from(
    numbers(b),
    (x, i) => x - (columnsZero[columnsZero.length === 1 ? 0 : i % n] ?? 0),
  );
  return matmulNumbers(left, a.shape, right, b.shape);
}

const matmulInteger: Reference = call => {
  const result = matmulIntegers(inputOf(call, 0), inputOf(call, 1), call.inputs[2], call.inputs[3]);
  return [fromNumbers('int32', outputShape(call), result)];
};

/** Sums the product of all operands over every label the output lacks. */
const einsum: Reference = call => {
  const operands = call.inputs.map((_, i) => inputOf(call, i));
  const plan = einsumPlan(
    stringAttribute(call.node, 'equation'),
    operands.map(tensor => tensor.shape),
  );
  if (typeof plan === 'string') throw new Error(plan);
  const { extents, outputShape: shape } = plan;
  const inner = elementCount(extents.slice(shape.length));
  const data = operands.map(numbers);
  const indices = operands.map((tensor, i) => {
    const own = rowMajorStrides(tensor.shape);
    const strides = extents.map(() => 0);
    for (const [axis, label] of (plan.operands[i] ?? []).entries()) {
      if (tensor.shape[axis] !== 1) strides[label] = (strides[label] ?? 0) + (own[axis] ?? 0);
    }
    return stridedIndices(extents, strides);
  });
  const result = new Float64Array(elementCount(shape));
  for (let i = 0; i < result.length; i++) {
    let sum = 0;
    for (let j = i * inner; j < (i + 1) * inner; j++) {
      let product = 1;
      for (let o = 0; o < data.length; o++) product *= data[o]?.[indices[o]?.[j] ?? 0] ?? 0;
      sum += product;
    }
    result[i] = sum;
  }
  return [fromNumbers(outputDtype(call), shape, result)];
};

export const MATMUL: References = {
  MatMul: matmul,
  'com.microsoft.FusedMatMul': fusedMatmul,
  Gemm: gemm,
  MatMulInteger: matmulInteger,
  Einsum: einsum,
};
