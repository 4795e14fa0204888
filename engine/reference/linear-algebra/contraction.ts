// Sums of products over any labels, as Einsum writes them: in double precision, or of 32- and 64-bit integers as whole
// numbers, which wrap as their type does.

import { dtypeInfo } from '../../ir/dtypes.ts';
import { ShapeError } from '../../ir/ops/errors.ts';
import { einsumPlan } from '../../ir/ops/linear-algebra/einsum.ts';
import { elementCount, makeTensor, rowMajorStrides } from '../../ir/tensor.ts';
import type { Dtype, Shape, Tensor } from '../../ir/types.ts';
import { fromNumbers, isBigData, numbers, stridedIndices } from '../elements.ts';

/** Whether sums of products have to be whole: doubles hold no more than 53 bits of them. */
export function isWide(dtype: Dtype): boolean {
  const { kind, bits } = dtypeInfo(dtype);
  return (kind === 'int' || kind === 'uint') && bits >= 32;
}

/** Elements of an integer tensor: its own array where that has whole numbers. */
export function wholeNumbers({ data }: Tensor): ArrayLike<bigint> {
  if (isBigData(data)) return data;
  const whole: bigint[] = [];
  for (let i = 0; i < data.length; i++) whole.push(BigInt(data[i] as number));
  return whole;
}

/** A tensor of whole numbers, wrapped as the type does. */
export function fromWhole(dtype: Dtype, shape: Shape, values: readonly bigint[]): Tensor {
  const { kind, bits } = dtypeInfo(dtype);
  if (bits < 64) {
    const wrap = kind === 'int' ? BigInt.asIntN : BigInt.asUintN;
    const wrapped = values.map(x => Number(wrap(bits, x)));
    return fromNumbers(dtype, shape, wrapped);
  }
  // Arrays of 64 bits wrap what is stored.
  const data = kind === 'int' ? new BigInt64Array(values.length) : new BigUint64Array(values.length);
  for (let i = 0; i < data.length; i++) data[i] = values[i] ?? 0n;
  return makeTensor(dtype, shape, data);
}

/** Sums the product of all operands over every label that the output of an Einsum equation lacks. */
export function contract(dtype: Dtype, equation: string, operands: readonly Tensor[]): Tensor {
  const plan = einsumPlan(
    equation,
    operands.map(tensor => tensor.shape),
  );
  if (typeof plan === 'string') throw new ShapeError(plan);
  const { extents, outputShape: shape } = plan;
  const inner = elementCount(extents.slice(shape.length));
  const indices = operands.map((tensor, i) => {
    const own = rowMajorStrides(tensor.shape);
    const strides = extents.map(() => 0);
    for (const [axis, label] of (plan.operands[i] ?? []).entries()) {
      if (tensor.shape[axis] !== 1) strides[label] = (strides[label] ?? 0) + (own[axis] ?? 0);
    }
    return stridedIndices(extents, strides);
  });
  const at = (o: number, j: number): number => indices[o]?.[j] ?? 0;
  const sums = <T>(
    one: T,
    zero: T,
    multiply: (o: number, product: T, at: number) => T,
    add: (a: T, b: T) => T,
  ) =>
    Array.from({ length: elementCount(shape) }, (_, i) => {
      let sum = zero;
      for (let j = i * inner; j < (i + 1) * inner; j++) {
        let product = one;
        for (let o = 0; o < operands.length; o++) product = multiply(o, product, at(o, j));
        sum = add(sum, product);
      }
      return sum;
    });
  if (isWide(dtype)) {
    const data = operands.map(wholeNumbers);
    return fromWhole(
      dtype,
      shape,
      sums(
        1n,
        0n,
        (o, product, j) => product * (data[o]?.[j] ?? 0n),
        (a, b) => a + b,
      ),
    );
  }
  const data = operands.map(numbers);
  return fromNumbers(
    dtype,
    shape,
    sums(
      1,
      0,
      (o, product, j) => product * (data[o]?.[j] ?? 0),
      (a, b) => a + b,
    ),
  );
}
