// Which results may lie over which operands, and how far apart: only where each element is read before it is written.

import { describe, expect, test } from 'vitest';
import { inPlaceOf } from '../../../engine/codegen/in-place.ts';
import type { Expression } from '../../../engine/fusion/types.ts';
import type { Dtype } from '../../../engine/ir/types.ts';
import type { Access } from '../../../engine/select/spec/access.ts';
import type { SoftmaxSpec } from '../../../engine/select/spec/axis.ts';
import type { ElementwiseSpec } from '../../../engine/select/spec/elementwise.ts';
import type { MatmulSpec } from '../../../engine/select/spec/product.ts';

/** What is computed does not matter here. */
const ANY: Expression = { nodes: [], results: [] };

const at = (id: number, strides: readonly number[], offset = 0, dtype: Dtype = 'float32'): Access => ({
  ...{ buffer: { space: 'arena', id }, dtype, offset, strides },
});

const elementwise = (
  extents: readonly number[],
  reads: readonly Access[],
  writes: readonly Access[],
): ElementwiseSpec => ({ kind: 'elementwise', extents, body: { expression: ANY, reads, writes } });

const over = (result: number, operand: number, distance = 0) => ({ result, operand, distance });

describe('elementwise kernels', () => {
  test('a result over each operand of its shape, not over one that is broadcast', () => {
    const spec = elementwise([4, 8], [at(1, [8, 1]), at(2, [8, 1]), at(3, [0, 1])], [at(9, [8, 1])]);
    expect(inPlaceOf(spec)).toEqual([over(9, 1), over(9, 2)]);
  });

  test('not over an operand in another order, or of another element size', () => {
    const write = at(9, [8, 1]);
    expect(inPlaceOf(elementwise([4, 8], [at(1, [1, 4])], [write]))).toEqual([]);
    expect(inPlaceOf(elementwise([4, 8], [at(1, [8, 1], 0, 'uint8')], [write]))).toEqual([]);
    expect(inPlaceOf(elementwise([4, 8], [at(1, [8, 1], 0, 'int32')], [write]))).toEqual([over(9, 1)]);
  });

  test('strides of axes with one element say nothing', () => {
    expect(inPlaceOf(elementwise([1, 8], [at(1, [0, 1])], [at(9, [8, 1])]))).toEqual([over(9, 1)]);
  });

  test('not where another read of the operand comes after the write', () => {
    const twice = [at(1, [8, 1]), at(1, [0, 1])];
    expect(inPlaceOf(elementwise([4, 8], twice, [at(9, [8, 1])]))).toEqual([]);
  });

  test('one half of an operand while the other is only read', () => {
    const halves = [at(1, [8, 1]), at(1, [8, 1], 32)];
    expect(inPlaceOf(elementwise([4, 8], halves, [at(9, [8, 1])]))).toEqual([over(9, 1), over(9, 1, -128)]);
  });

  test('not where a read that lies otherwise reaches a byte of what is written, before or behind it', () => {
    const write = at(9, [1], 0);
    const beside = (offset: number, stride = 2) =>
      elementwise([8], [at(1, [1]), at(1, [stride], offset)], [write]);
    expect(inPlaceOf(beside(7))).toEqual([]);
    expect(inPlaceOf(beside(8))).toEqual([over(9, 1)]);
    expect(inPlaceOf(beside(22, -2))).toEqual([over(9, 1)]);
    expect(inPlaceOf(beside(21, -2))).toEqual([]);
    expect(inPlaceOf(beside(-15))).toEqual([over(9, 1)]);
    expect(inPlaceOf(beside(-14))).toEqual([]);
  });

  test('not over what is also written', () => {
    expect(inPlaceOf(elementwise([8], [at(1, [1])], [at(1, [1]), at(9, [1])]))).toEqual([]);
  });

  test('parts of larger buffers lie over each other where their elements do', () => {
    expect(inPlaceOf(elementwise([8], [at(1, [1], 4)], [at(9, [1], 16)]))).toEqual([over(9, 1, 48)]);
  });

  test('constants are no operands', () => {
    const weights: Access = { ...at(1, [1]), buffer: { space: 'weights', id: 1 } };
    expect(inPlaceOf(elementwise([8], [weights], [at(9, [1])]))).toEqual([]);
  });
});

describe('other kernels', () => {
  const matmul = (a: number, residual: number): MatmulSpec => ({
    ...{ kind: 'matmul', batch: [], m: 4, n: 8, k: 8, tile: [4, 8] },
    a: { expression: ANY, reads: [at(a, [8, 1])] },
    b: { packed: { space: 'weights', id: 1 } },
    epilogue: { expression: ANY, reads: [at(residual, [8, 1])], writes: [at(9, [8, 1])] },
  });

  test('a product over what is added to it, not over what it multiplies', () => {
    expect(inPlaceOf(matmul(1, 2))).toEqual([over(9, 2)]);
    expect(inPlaceOf(matmul(1, 1))).toEqual([]);
  });

  test('not over a bias that is computed, or packed operands', () => {
    const product = matmul(1, 2);
    expect(inPlaceOf({ ...product, bias: { space: 'arena', id: 2 } })).toEqual([]);
    expect(inPlaceOf({ ...product, b: { packed: { space: 'arena', id: 2 } } })).toEqual([]);
    expect(inPlaceOf({ ...product, b: { expression: ANY, reads: [at(2, [8, 1])] } })).toEqual([]);
  });

  test('a softmax over its input, line by line, and over what is read beside its results', () => {
    const spec: SoftmaxSpec = {
      ...{ kind: 'softmax', log: false, outer: [4], line: [8] },
      input: { expression: ANY, reads: [at(1, [8, 1])] },
      epilogue: { expression: ANY, reads: [at(2, [8, 1])], writes: [at(9, [8, 1])] },
    };
    expect(inPlaceOf(spec)).toEqual([over(9, 1), over(9, 2)]);
  });
});
