// Products of wide integers: every bit counts, and what is too large wraps as its type does.

import { describe, expect, test } from 'vitest';
import { makeTensor } from '../../../../engine/ir/tensor.ts';
import type { Dtype, Tensor } from '../../../../engine/ir/types.ts';
import { attr, run } from '../run-op.ts';

const whole = (dtype: Dtype, shape: readonly number[], values: readonly bigint[]): Tensor => {
  if (dtype === 'int64') return makeTensor(dtype, shape, BigInt64Array.from(values));
  if (dtype === 'uint64') return makeTensor(dtype, shape, BigUint64Array.from(values));
  return makeTensor(dtype, shape, Int32Array.from(values, Number));
};
const found = (tensor: Tensor | undefined): bigint[] => Array.from(tensor?.data as BigInt64Array, BigInt);

const [A, B] = [
  [3037000499n, -7n, 123456789n, 2147483647n],
  [3037000499n, 11n, -987654321n, 2147483629n],
];
const products = ([a, b, c, d]: readonly bigint[], [e, f, g, h]: readonly bigint[]): bigint[] => [
  (a ?? 0n) * (e ?? 0n) + (b ?? 0n) * (g ?? 0n),
  (a ?? 0n) * (f ?? 0n) + (b ?? 0n) * (h ?? 0n),
  (c ?? 0n) * (e ?? 0n) + (d ?? 0n) * (g ?? 0n),
  (c ?? 0n) * (f ?? 0n) + (d ?? 0n) * (h ?? 0n),
];

describe('products of whole numbers', () => {
  test.each(['int64', 'uint64', 'int32'] as const)('%s', dtype => {
    const wrap = (x: bigint): bigint =>
      dtype === 'int64'
        ? BigInt.asIntN(64, x)
        : dtype === 'uint64'
          ? BigInt.asUintN(64, x)
          : BigInt.asIntN(32, x);
    const inputs = [whole(dtype, [2, 2], A.map(wrap)), whole(dtype, [2, 2], B.map(wrap))];
    const expected = products(A, B).map(wrap);
    expect(found(run('MatMul', inputs))).toEqual(expected);
    expect(found(run('Gemm', inputs))).toEqual(expected);
    expect(found(run('Einsum', inputs, { attributes: { equation: attr.string('ij,jk->ik') } }))).toEqual(
      expected,
    );
  });

  test('vectors and broadcast batches', () => {
    const row = whole('int64', [2], [2n ** 53n + 1n, 1n]);
    expect(found(run('MatMul', [row, whole('int64', [2], [1n, 1n])]))).toEqual([2n ** 53n + 2n]);
    const batch = whole('int64', [2, 2, 1], [1n, 1n, 3n, 5n]);
    expect(found(run('MatMul', [row, batch]))).toEqual([2n ** 53n + 2n, 3n * (2n ** 53n + 1n) + 5n]);
  });

  test('Gemm adds C, with either side transposed', () => {
    const [a, b] = [whole('int64', [2, 2], A), whole('int64', [2, 2], B)];
    const [a0 = 0n, a1 = 0n, a2 = 0n, a3 = 0n] = A;
    const [b0 = 0n, b1 = 0n, b2 = 0n, b3 = 0n] = B;
    const added = whole('int64', [2], [1n, 2n]);
    const attributes = { transA: attr.int(1), transB: attr.int(1) };
    const expected = products([a0, a2, a1, a3], [b0, b2, b1, b3]).map((x, i) =>
      BigInt.asIntN(64, x + (i % 2 === 0 ? 1n : 2n)),
    );
    expect(found(run('Gemm', [a, b, added], { attributes }))).toEqual(expected);
  });
});
