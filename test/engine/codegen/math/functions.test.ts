// Every mathematical primitive against double precision, over dense and special inputs, in every SIMD class.
// Also: without multiply-add contraction, scalar and vector code agree bit for bit.

import { describe, expect, it } from 'vitest';
import type { Target } from '../../../../engine/codegen/vector/vector.ts';
import type { Expression, Primitive } from '../../../../engine/fusion/types.ts';
import type { ElementwiseSpec } from '../../../../engine/select/spec/elementwise.ts';
import { nameOf, randomFrom, runKernel, TARGETS } from '../memory-kernel.ts';
import { erf, modulo, power } from './reference.ts';

const SPECIAL = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  -2,
  3,
  -3,
  Infinity,
  -Infinity,
  NaN,
  1e-45,
  -1e-45,
  1e-40,
  -1e-40,
  2 ** -126,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  88,
  88.72283,
  88.8,
  -87,
  -87.1,
  -103,
  -104,
  1e10,
  -1e10,
  1e20,
  1e30,
  2 ** 24,
  2 ** 24 + 2,
  0.99999994,
  1.0000001,
  -0.99999994,
  Math.PI,
  Math.PI / 2,
  1e-8,
  -1e-8,
  9.02,
  3.95,
];

const fromBits = new Float32Array(1);
const bits = new Int32Array(fromBits.buffer);
/** every 65,521st bit pattern: all exponents, both signs */
const PATTERNS = Float32Array.from({ length: 65547 }, (_, k) => {
  bits[0] = (k * 65521) | 0;
  return fromBits[0] ?? 0;
});
const random = randomFrom(7);
const DENSE = Float32Array.from({ length: 40000 }, (_, k) =>
  k < 20000 ? (random() - 0.5) * 20 : k < 30000 ? (random() - 0.5) * 220 : (random() - 0.5) * 2.2,
);
const INPUTS = Float32Array.from([...SPECIAL, ...PATTERNS, ...DENSE]);

/** Distance between two neighbouring f32 at this magnitude. */
const ulp = (x: number): number => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(x)))) - 23);

const spec = (op: Primitive, arity: number, length: number): ElementwiseSpec => {
  const inputs = Array.from(
    { length: arity },
    (_, index) => ({ kind: 'input', index, type: 'f32' }) as const,
  );
  const expression: Expression = {
    nodes: [...inputs, { kind: 'apply', op, args: inputs.map((_, k) => k), type: 'f32' }],
    results: [arity],
  };
  const access = (id: number) =>
    ({ buffer: { space: 'arena', id }, dtype: 'float32', offset: 0, strides: [1] }) as const;
  const reads = inputs.map((_, k) => access(k));
  return { kind: 'elementwise', extents: [length], body: { expression, reads, writes: [access(arity)] } };
};

const apply = (op: Primitive, inputs: readonly Float32Array[], target: Target): Float32Array => {
  const length = inputs[0]?.length ?? 0;
  const result = runKernel(spec(op, inputs.length, length), [...inputs, new Float32Array(length)], target);
  return result.at(-1) as Float32Array;
};

/** The largest error in ulp of the true value; fails where the kind (NaN, ∞) or the sign of 0 differs. */
const largestError = (
  got: Float32Array,
  inputs: readonly Float32Array[],
  reference: (...x: number[]) => number,
  flushBelow: number,
): number => {
  let largest = 0;
  got.forEach((actual, k) => {
    const args = inputs.map(data => data[k] ?? Number.NaN);
    const exact = reference(...args);
    const rounded = Math.fround(exact);
    if (Object.is(actual, rounded)) return;
    if (Math.abs(exact) < flushBelow && Math.abs(actual) <= flushBelow) return;
    const beyond = Math.abs(exact) > 3.402823e38 && Math.abs(actual) > 3.402823e38 && actual * exact > 0;
    if (beyond) return;
    if (!Number.isFinite(actual) || !Number.isFinite(rounded) || (exact === 0 && actual === 0))
      throw new Error(`f(${args.join(', ')}): expected ${rounded}, got ${actual}`);
    const error = Math.abs(actual - exact) / ulp(exact);
    if (error > 1000) throw new Error(`f(${args.join(', ')}): expected ${rounded}, got ${actual}`);
    largest = Math.max(largest, error);
  });
  return largest;
};

interface Bound {
  readonly reference: (x: number) => number;
  /** ulp */
  readonly bound: number;
  /** results smaller than this may be 0 */
  readonly flushBelow?: number;
}

/** The bounds that the files in codegen/math state. */
const UNARY: Partial<Record<Primitive, Bound>> = {
  exp: { reference: Math.exp, bound: 1.4, flushBelow: 1.7e-38 },
  log: { reference: Math.log, bound: 1.2 },
  tanh: { reference: Math.tanh, bound: 5.5 },
  erf: { reference: erf, bound: 5.5 },
  sin: { reference: Math.sin, bound: 0.51 },
  cos: { reference: Math.cos, bound: 0.51 },
  tan: { reference: Math.tan, bound: 0.51 },
  asin: { reference: Math.asin, bound: 0.51 },
  acos: { reference: Math.acos, bound: 0.51 },
  atan: { reference: Math.atan, bound: 0.51 },
  sinh: { reference: Math.sinh, bound: 0.51 },
  cosh: { reference: Math.cosh, bound: 0.51 },
  asinh: { reference: Math.asinh, bound: 0.51 },
  acosh: { reference: Math.acosh, bound: 0.51 },
  atanh: { reference: Math.atanh, bound: 0.51 },
};

describe.each(Object.entries(UNARY) as [Primitive, Bound][])(
  '%s',
  (op, { reference, bound, flushBelow = 0 }) => {
    it.each(TARGETS.map(target => [nameOf(target), target] as const))('keeps its bound: %s', (_, target) => {
      const error = largestError(apply(op, [INPUTS], target), [INPUTS], reference, flushBelow);
      expect(error).toBeLessThanOrEqual(bound);
      if (process.env.SHOW_ERRORS) console.log(op, nameOf(target), error);
    });

    it('is the same in every SIMD class', () => {
      const [first, ...others] = (['scalar', '128', '256'] as const).map(
        simd => new Int32Array(apply(op, [INPUTS], { simd, fma: false, threads: 1 }).buffer),
      );
      for (const other of others) expect(other).toEqual(first);
    });
  },
);

describe('sigmoid, which is composed', () => {
  // 1 / (1 + e^−x), as the table of operators has it; its bound is in the README beside those of the primitives.
  const nodes = [
    { kind: 'input', index: 0, type: 'f32' },
    { kind: 'constant', value: 1, type: 'f32' },
    { kind: 'apply', op: 'neg', args: [0], type: 'f32' },
    { kind: 'apply', op: 'exp', args: [2], type: 'f32' },
    { kind: 'apply', op: 'add', args: [1, 3], type: 'f32' },
    { kind: 'apply', op: 'div', args: [1, 4], type: 'f32' },
  ] as const;

  it.each(TARGETS.map(target => [nameOf(target), target] as const))('keeps its bound: %s', (_, target) => {
    const plain = spec('neg', 1, INPUTS.length);
    const body = { ...plain.body, expression: { nodes, results: [5] } };
    const buffers = [INPUTS, new Float32Array(INPUTS.length)];
    const got = runKernel({ ...plain, body }, buffers, target).at(-1) as Float32Array;
    const exact = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
    const error = largestError(got, [INPUTS], exact, 3e-39);
    expect(error).toBeLessThanOrEqual(2.6);
    if (process.env.SHOW_ERRORS) console.log('sigmoid', nameOf(target), error);
  });
});

const PAIRS = {
  x: Float32Array.from([
    ...SPECIAL.flatMap(x => SPECIAL.map(() => x)),
    ...DENSE.slice(0, 20000).map(Math.abs),
    ...DENSE.slice(0, 5000).map(Math.round),
    ...PATTERNS.slice(0, 30000),
  ]),
  y: Float32Array.from([
    ...SPECIAL.flatMap(() => SPECIAL),
    ...DENSE.slice(20000),
    ...DENSE.slice(5000, 10000).map(Math.round),
    ...PATTERNS.slice(30000, 60000).reverse(),
  ]),
};

const BINARY: Partial<Record<Primitive, { reference: (x: number, y: number) => number; bound: number }>> = {
  pow: { reference: power, bound: 5 },
  rem: { reference: (x, y) => x % y, bound: 0 },
  mod: { reference: modulo, bound: 0.5 },
};

describe.each(Object.entries(BINARY))('%s', (op, { reference, bound }) => {
  it.each(TARGETS.map(target => [nameOf(target), target] as const))('keeps its bound: %s', (_, target) => {
    const inputs = [PAIRS.x, PAIRS.y];
    const reach = (x = 0, y = 0): number => reference(x, y);
    const error = largestError(
      apply(op as Primitive, inputs, target),
      inputs,
      reach,
      op === 'pow' ? 1e-44 : 0,
    );
    expect(error).toBeLessThanOrEqual(bound);
    if (process.env.SHOW_ERRORS) console.log(op, nameOf(target), error);
  });
});

/** Powers made of roots, and others: whole, even, odd, neither, and those that need no x. */
const POWERS = [
  ...[0.25, 0.5, 0.75].flatMap(y => [
    [y, 2.5],
    [-y, 4],
  ]),
  ...[1 / 3, 2.2, 1.5, 9, 10, 31, 200].flatMap(y => [
    [Math.fround(y), 5],
    [-Math.fround(y), 5],
  ]),
  ...[0, NaN, Infinity, -Infinity].map(y => [y, 0]),
] as [number, number][];

describe.each(POWERS)('x to the power of %d, known when code is emitted', (y, bound) => {
  it.each(TARGETS.map(target => [nameOf(target), target] as const))('keeps its bound: %s', (_, target) => {
    const access = (id: number) =>
      ({ buffer: { space: 'arena', id }, dtype: 'float32', offset: 0, strides: [1] }) as const;
    const kernel: ElementwiseSpec = {
      kind: 'elementwise',
      extents: [INPUTS.length],
      body: {
        expression: {
          nodes: [
            { kind: 'input', index: 0, type: 'f32' },
            { kind: 'constant', value: y, type: 'f32' },
            { kind: 'apply', op: 'pow', args: [0, 1], type: 'f32' },
          ],
          results: [2],
        },
        reads: [access(0)],
        writes: [access(1)],
      },
    };
    const [, got] = runKernel(kernel, [INPUTS, new Float32Array(INPUTS.length)], target);
    const error = largestError(got as Float32Array, [INPUTS], (x = 0) => power(x, y), 0);
    expect(error).toBeLessThanOrEqual(bound);
    if (process.env.SHOW_ERRORS) console.log('pow', y, nameOf(target), error);
  });
});
