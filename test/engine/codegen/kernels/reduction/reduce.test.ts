// Reductions against their meaning: reduced axes inside and outside, tails, fused expressions, splits.

import { describe, it } from 'vitest';
import type { ReduceSpec } from '../../../../../engine/select/spec/axis.ts';
import { access, ExpressionBuilder, expectKernel, identity, rowMajor } from '../../expect-kernel.ts';
import { randomFrom } from '../../memory-kernel.ts';

const count = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);
const floats = (length: number, seed: number, from = -2, to = 2): Float32Array => {
  const random = randomFrom(seed);
  return Float32Array.from({ length }, () => from + random() * (to - from));
};

/** Reduces a row-major tensor over the axes named; `order` is that of the tensor's axes. */
const plain = (op: ReduceSpec['op'], shape: readonly number[], reduced: readonly number[]): ReduceSpec => {
  const strides = rowMajor(shape);
  const outerAxes = shape.map((_, axis) => axis).filter(axis => !reduced.includes(axis));
  const pick = (list: readonly number[], axes: readonly number[]): number[] =>
    axes.map(axis => list[axis] ?? 1);
  const outer = pick(shape, outerAxes);
  return {
    kind: 'reduce',
    op,
    outer,
    reduced: pick(shape, reduced),
    input: {
      expression: identity(),
      reads: [access(0, [...pick(strides, outerAxes), ...pick(strides, reduced)])],
    },
    epilogue: { expression: identity(), reads: [], writes: [access(1, rowMajor(outer))] },
  };
};

const OPS = ['sum', 'mean', 'max', 'min', 'prod', 'sumSquare'] as const;
const SHAPES: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[5], [0]],
  [[1], [0]],
  [[3, 100], [1]],
  [[3, 100], [0]],
  [[100, 3], [0]],
  [
    [2, 7, 9, 33],
    [1, 2],
  ],
  [
    [2, 7, 9, 40],
    [1, 2],
  ],
  [
    [2, 64, 7, 7],
    [2, 3],
  ],
  [
    [2, 5, 6],
    [0, 2],
  ],
  [
    [2, 5, 6],
    [0, 1, 2],
  ],
  [[4, 1, 8], [1]],
  [[3, 17, 70], [0]],
  [[1, 49, 1280], [1]],
  [[300, 300], [1]],
  [[512, 9], [0]],
  [[2101, 21], [0]],
  [
    [3, 70, 90],
    [1, 2],
  ],
];

describe.each(OPS)('%s', op => {
  it.each(SHAPES)('of %j over %j', (shape, reduced) => {
    const spec = plain(op, shape, reduced);
    const close = op === 'prod' ? [0.97, 1.03] : [-2, 2];
    expectKernel(
      spec,
      [floats(count(shape), 5, ...(close as [number, number])), new Float32Array(count(spec.outer))],
      2e-5,
    );
  });
});

it.each([
  [[512, 40], [0]],
  [[3000, 12], [0]],
  [[3, 120_000], [1]],
  [
    [40, 300, 9],
    [0, 1],
  ],
] as const)(
  'long sums of one sign are good to a few units in the last place (%j over %j)',
  (shape, reduced) => {
    // One chain of n additions is off by up to n / 2 of them.
    const spec = plain('sum', shape, reduced);
    const outputs = new Float32Array(count(spec.outer));
    expectKernel(spec, [floats(count(shape), 3, 0.5, 1.5), outputs], 4e-7);
  },
);

it('a NaN spoils minimum and maximum, infinities do not', () => {
  for (const op of ['max', 'min'] as const)
    for (const position of [0, 3, 11, 12]) {
      const data = floats(26, 8);
      data[position] = NaN;
      data[15] = Infinity;
      data[16] = -Infinity;
      expectKernel(plain(op, [2, 13], [1]), [data, new Float32Array(2)], 0);
      expectKernel(plain(op, [2, 13], [0]), [data, new Float32Array(13)], 0);
    }
});

it('computes before and after, also where 0 would not stay 0', () => {
  for (const [rows, columns] of [
    [3, 7],
    [9, 21],
    [2, 130],
  ] as const)
    for (const transposed of [false, true]) {
      const e = new ExpressionBuilder();
      const shifted = e.apply('add', [e.apply('mul', [e.input(0), e.input(1)]), e.constant(1)]);
      const p = new ExpressionBuilder();
      const result = p.apply('max', [p.apply('sub', [p.input(0), p.input(1)]), p.constant(-3)]);
      const spec: ReduceSpec = {
        kind: 'reduce',
        op: 'sum',
        outer: [rows],
        reduced: [columns],
        input: {
          expression: e.done(shifted),
          reads: [access(0, transposed ? [1, rows] : [columns, 1]), access(1, [0, 1])],
        },
        epilogue: {
          expression: p.done(result, p.input(0)),
          reads: [access(2, [1])],
          writes: [access(3, [1]), access(4, [2])],
        },
      };
      const buffers = [floats(rows * columns, 1), floats(columns, 2), floats(rows, 3)];
      expectKernel(spec, [...buffers, new Float32Array(rows), new Float32Array(2 * rows)], 2e-5);
    }
});
