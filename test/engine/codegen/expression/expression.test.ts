// Contraction of products and sums, and what the compiler may ask about code generation.

import { describe, expect, it } from 'vitest';
import { contract, expressionCost } from '../../../../engine/codegen/expression/expression.ts';
import { dtypeSupported, primitiveSupported } from '../../../../engine/codegen/supports.ts';
import { PRIMITIVES } from '../../../../engine/fusion/types.ts';
import type { ElementwiseSpec } from '../../../../engine/select/spec/elementwise.ts';
import { access, ExpressionBuilder } from '../expect-kernel.ts';
import { runKernel, TARGETS } from '../memory-kernel.ts';

describe('contraction', () => {
  it('joins a product with the sum that alone uses it, on either side', () => {
    for (const swapped of [false, true]) {
      const e = new ExpressionBuilder();
      const [a, b, c] = [e.input(0), e.input(1), e.input(2)];
      const product = e.apply('mul', [a, b]);
      const sum = e.apply('add', swapped ? [c, product] : [product, c]);
      const result = contract(e.done(sum));
      expect(result.nodes[sum]).toEqual({ kind: 'apply', op: 'madd', args: [a, b, c], type: 'f32' });
    }
  });

  it('leaves products alone that are used twice or are results, and integers', () => {
    const twice = new ExpressionBuilder();
    const square = twice.apply('mul', [twice.input(0), twice.input(0)]);
    const both = twice.done(twice.apply('add', [square, square]));
    expect(contract(both)).toEqual(both);
    const kept = new ExpressionBuilder();
    const product = kept.apply('mul', [kept.input(0), kept.input(1)]);
    const results = kept.done(kept.apply('add', [product, kept.input(0)]), product);
    expect(contract(results)).toEqual(results);
    const whole = new ExpressionBuilder();
    const times = whole.apply('mul', [whole.input(0, 'i32'), whole.input(1, 'i32')], 'i32');
    const integers = whole.done(whole.apply('add', [times, whole.input(0, 'i32')], 'i32'));
    expect(contract(integers)).toEqual(integers);
  });

  it('leaves dequantised numbers alone: what the model rounds to steps is rounded as it says', () => {
    const e = new ExpressionBuilder();
    const sum = e.apply('toF32', [e.input(0, 'i32')]);
    const product = e.apply('mul', [e.apply('mul', [sum, e.input(1)]), e.input(2)]);
    const expression = e.done(e.apply('add', [product, e.input(3)]));
    expect(contract(expression)).toEqual(expression);
  });

  it('rounds twice without it, in every class', () => {
    const e = new ExpressionBuilder();
    const product = e.apply('mul', [e.input(0), e.input(0)]);
    const spec: ElementwiseSpec = {
      kind: 'elementwise',
      extents: [9],
      body: {
        expression: e.done(e.apply('add', [product, e.input(1)])),
        reads: [access(0, [1]), access(1, [1])],
        writes: [access(2, [1])],
      },
    };
    // (1 + 2⁻¹²)² = 1 + 2⁻¹¹ + 2⁻²⁴, whose last term a rounded product loses.
    const x = new Float32Array(9).fill(1 + 2 ** -12);
    const y = new Float32Array(9).fill(-(1 + 2 ** -11));
    for (const target of TARGETS) {
      const [, , z] = runKernel(spec, [x, y, new Float32Array(9)], { ...target, fma: false });
      expect([...(z ?? [])]).toEqual(new Array(9).fill(0));
    }
  });
});

it('expensive operations cost more', () => {
  const e = new ExpressionBuilder();
  const cheap = e.done(e.apply('add', [e.input(0), e.input(1)]));
  const f = new ExpressionBuilder();
  const dear = f.done(f.apply('exp', [f.input(0)]));
  expect(expressionCost(dear)).toBeGreaterThan(expressionCost(cheap));
});

it('every primitive is supported on some type, and element types of whole bytes are', () => {
  const types = ['f32', 'i32', 'bool', 'f64', 'i64'] as const;
  for (const op of Object.keys(PRIMITIVES))
    expect(types.some(type => primitiveSupported(op, type))).toBe(true);
  expect(primitiveSupported('conv', 'f32')).toBe(false);
  expect(primitiveSupported('exp', 'f64')).toBe(false);
  for (const dtype of [
    'float32',
    'int32',
    'uint8',
    'int16',
    'bool',
    'float16',
    'int64',
    'uint32',
    'float64',
  ] as const)
    expect(dtypeSupported(dtype)).toBe(true);
  for (const dtype of ['string', 'int4', 'complex64'] as const) expect(dtypeSupported(dtype)).toBe(false);
});
