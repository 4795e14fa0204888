// Matrix products, summed in double precision; of 32- and 64-bit integers as whole numbers, which wrap.

import { boolAttribute, floatAttribute, stringAttribute } from '../../ir/attributes.ts';
import { fusedMatmulOrder } from '../../ir/ops/linear-algebra/matmul.ts';
import { broadcastShapes, elementCount, rowMajorStrides } from '../../ir/tensor.ts';
import type { Dtype, Shape, Tensor } from '../../ir/types.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import {
  broadcastIndices,
  fromNumbers,
  type NumberArray,
  numbers,
  stridedIndices,
  takeElements,
} from '../elements.ts';
import { contract, fromWhole, isWide, wholeNumbers } from './contraction.ts';

/** A row-major matrix somewhere in an array. */
export interface Matrix {
  readonly data: NumberArray;
  readonly base: number;
}

/** One m×k by k×n product, added into `to` row by row; four rows of b at a time. */
export function multiply(
  to: Float64Array,
  toBase: number,
  a: Matrix,
  b: Matrix,
  [m, k, n]: readonly [number, number, number],
): void {
  const [left, right] = [a.data, b.data];
  for (let i = 0; i < m; i++) {
    const row = toBase + i * n;
    const from = a.base + i * k;
    let l = 0;
    for (; l + 4 <= k; l += 4) {
      const f0 = left[from + l] as number;
      const f1 = left[from + l + 1] as number;
      const f2 = left[from + l + 2] as number;
      const f3 = left[from + l + 3] as number;
      const r0 = b.base + l * n;
      const [r1, r2, r3] = [r0 + n, r0 + 2 * n, r0 + 3 * n];
      for (let j = 0; j < n; j++) {
        to[row + j] =
          (to[row + j] as number) +
          f0 * (right[r0 + j] as number) +
          f1 * (right[r1 + j] as number) +
          f2 * (right[r2 + j] as number) +
          f3 * (right[r3 + j] as number);
      }
    }
    for (; l < k; l++) {
      const factor = left[from + l] as number;
      const at = b.base + l * n;
      for (let j = 0; j < n; j++) to[row + j] = (to[row + j] as number) + factor * (right[at + j] as number);
    }
  }
}

/** The same with b given as n×k. */
function multiplyTransposed(
  to: Float64Array,
  a: NumberArray,
  b: NumberArray,
  [m, k, n]: readonly [number, number, number],
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += (a[i * k + l] as number) * (b[j * k + l] as number);
      to[i * n + j] = sum;
    }
  }
}

/** NumPy's matmul on numbers; leading axes broadcast. The caller knows the result's shape. */
function matmulNumbers(a: NumberArray, shapeA: Shape, b: NumberArray, shapeB: Shape): Float64Array {
  const rows = shapeA.length === 1 ? [1, ...shapeA] : shapeA;
  const columns = shapeB.length === 1 ? [...shapeB, 1] : shapeB;
  const [m, k, n] = [rows.at(-2) ?? 0, rows.at(-1) ?? 0, columns.at(-1) ?? 0];
  const batch = broadcastShapes(rows.slice(0, -2), columns.slice(0, -2)) ?? [];
  const mapA = broadcastIndices(rows.slice(0, -2), batch);
  const mapB = broadcastIndices(columns.slice(0, -2), batch);
  const count = elementCount(batch);
  const result = new Float64Array(count * m * n);
  for (let i = 0; i < count; i++) {
    const at = (map: Int32Array | undefined) => (map ? (map[i] ?? 0) : i);
    const left = { data: a, base: at(mapA) * m * k };
    multiply(result, i * m * n, left, { data: b, base: at(mapB) * k * n }, [m, k, n]);
  }
  return result;
}

/** Swaps the last two axes. */
function transposeLast(tensor: Tensor): Tensor {
  const strides = rowMajorStrides(tensor.shape);
  const swap = <T>(list: readonly T[]): T[] => [...list.slice(0, -2), ...list.slice(-2).reverse()];
  const shape = swap(tensor.shape);
  return takeElements(tensor, shape, stridedIndices(shape, swap(strides)));
}

/** The largest magnitude. */
function largest(data: NumberArray): number {
  let most = 0;
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i] as number));
  return most;
}

const matmul: Reference = call => {
  const [a, b] = [inputOf(call, 0), inputOf(call, 1)];
  const dtype = outputDtype(call);
  const [left, right] = [numbers(a), numbers(b)];
  const terms = a.shape.at(-1) ?? 1;
  if (isWide(dtype) && largest(left) * largest(right) * terms > Number.MAX_SAFE_INTEGER)
    return [contract(dtype, matmulEquation(a.shape.length, b.shape.length), [a, b])];
  const result = matmulNumbers(left, a.shape, right, b.shape);
  return [fromNumbers(dtype, outputShape(call), result)];
};

/** alpha · A · B with the axes of either side in another order. */
const fusedMatmul: Reference = call => {
  const side = (index: number, name: 'A' | 'B'): Tensor => {
    const tensor = inputOf(call, index);
    const strides = rowMajorStrides(tensor.shape);
    const order = fusedMatmulOrder(call.node, name, tensor.shape.length);
    const inOrder = (list: readonly number[]) => order.map(axis => list[axis] ?? 1);
    const shape = inOrder(tensor.shape);
    return takeElements(tensor, shape, stridedIndices(shape, inOrder(strides)));
  };
  const [a, b] = [side(0, 'A'), side(1, 'B')];
  const alpha = floatAttribute(call.node, 'alpha', 1);
  const result = matmulNumbers(numbers(a), a.shape, numbers(b), b.shape).map(x => alpha * x);
  return [fromNumbers(outputDtype(call), outputShape(call), result)];
};

/** alpha · A' · B' + beta · C. */
const gemm: Reference = call => {
  const { node } = call;
  const a = boolAttribute(node, 'transA', false) ? transposeLast(inputOf(call, 0)) : inputOf(call, 0);
  const b = inputOf(call, 1);
  const [alpha, beta] = [floatAttribute(node, 'alpha', 1), floatAttribute(node, 'beta', 1)];
  const shape = outputShape(call);
  const dtype = outputDtype(call);
  if (isWide(dtype) && alpha === 1 && beta === 1) return [wholeGemm(call, dtype)];
  const [m = 0, n = 0] = shape;
  const extents = [m, a.shape[1] ?? 0, n] as const;
  const product = new Float64Array(m * n);
  if (boolAttribute(node, 'transB', false)) multiplyTransposed(product, numbers(a), numbers(b), extents);
  else multiply(product, 0, { data: numbers(a), base: 0 }, { data: numbers(b), base: 0 }, extents);
  const c = call.inputs[2];
  const map = c && broadcastIndices(c.shape, shape);
  const added = c && numbers(c);
  const result = product.map(
    (x, i) => alpha * x + (added ? beta * (added[map ? (map[i] ?? 0) : i] ?? 0) : 0),
  );
  return [fromNumbers(dtype, shape, result)];
};

/** A' · B' + C of whole numbers. */
function wholeGemm(call: Call, dtype: Dtype): Tensor {
  const [left, right] = [
    boolAttribute(call.node, 'transA', false) ? 'ji' : 'ij',
    boolAttribute(call.node, 'transB', false) ? 'kj' : 'jk',
  ];
  const product = contract(dtype, `${left},${right}->ik`, [inputOf(call, 0), inputOf(call, 1)]);
  const c = call.inputs[2];
  if (!c) return product;
  const map = broadcastIndices(c.shape, product.shape);
  const added = wholeNumbers(c);
  return fromWhole(
    dtype,
    product.shape,
    Array.from(wholeNumbers(product), (x, i) => x + (added[map ? (map[i] ?? 0) : i] ?? 0n)),
  );
}

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

/** NumPy's matmul as an equation. */
function matmulEquation(rankA: number, rankB: number): string {
  const [rows, columns] = [rankA > 1 ? 'i' : '', rankB > 1 ? 'k' : ''];
  return `...${rows}j,...j${columns}->...${rows}${columns}`;
}

const einsum: Reference = call => [
  contract(
    outputDtype(call),
    stringAttribute(call.node, 'equation'),
    call.inputs.map((_, i) => inputOf(call, i)),
  ),
];

export const MATMUL: References = {
  MatMul: matmul,
  'com.microsoft.FusedMatMul': fusedMatmul,
  Gemm: gemm,
  MatMulInteger: matmulInteger,
  Einsum: einsum,
};
