// Softmax against its meaning: contiguous and strided axes, tails, masks, extreme values, splits.

import { describe, expect, it } from 'vitest';
import type { Access } from '../../../../../engine/select/spec/access.ts';
import type { SoftmaxSpec } from '../../../../../engine/select/spec/axis.ts';
import { access, ExpressionBuilder, expectKernel, identity, rowMajor } from '../../expect-kernel.ts';
import { randomFrom, runKernel, TARGETS } from '../../memory-kernel.ts';

const count = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);
const floats = (length: number, seed = 1): Float32Array => {
  const random = randomFrom(seed);
  return Float32Array.from({ length }, () => random() * 20 - 10);
};

const plain = (
  outer: readonly number[],
  axis: number,
  log: boolean,
  read: Access,
  write: Access,
): SoftmaxSpec => ({
  kind: 'softmax',
  log,
  outer,
  line: [axis],
  input: { expression: identity(), reads: [read] },
  epilogue: { expression: identity(), reads: [], writes: [write] },
});

const OUTER = [[], [1], [5], [2, 3], [17], [2, 40]];
const AXES = [1, 2, 3, 4, 7, 8, 16, 31, 100, 197];

describe.each([false, true])('log %s', log => {
  it.each(OUTER)('contiguous axis, outer %j', (...outer) => {
    for (const axis of AXES) {
      const strides = rowMajor([...outer, axis]);
      const n = count(outer) * axis;
      expectKernel(
        plain(outer, axis, log, access(0, strides), access(1, strides)),
        [floats(n), new Float32Array(n)],
        3e-6,
      );
    }
  });

  it.each([3, 8, 21, 64])('axis across %i neighbouring lines', inner => {
    for (const axis of [1, 5, 21]) {
      const across = [axis * inner, 1, inner];
      const along = rowMajor([2, inner, axis]);
      const n = 2 * axis * inner;
      const sides = [
        [across, across],
        [along, across],
        [across, along],
      ] as const;
      for (const [read, write] of sides) {
        const spec = plain([2, inner], axis, log, access(0, read), access(1, write));
        expectKernel(spec, [floats(n), new Float32Array(n)], 3e-6);
      }
    }
  });
});

it('computes before and after: scale, mask, per-row and per-column operands', () => {
  for (const axis of [5, 32, 50]) {
    const outer = [2, 3, 7];
    const e = new ExpressionBuilder();
    const masked = e.apply('add', [e.apply('mul', [e.input(0), e.constant(0.125)]), e.input(1)]);
    const p = new ExpressionBuilder();
    const scaled = p.apply('mul', [p.input(0), p.apply('add', [p.input(1), p.input(2)])]);
    const spec: SoftmaxSpec = {
      kind: 'softmax',
      log: false,
      outer,
      line: [axis],
      input: {
        expression: e.done(masked),
        reads: [access(0, rowMajor([...outer, axis])), access(1, [axis, 0, 0, 1])],
      },
      epilogue: {
        expression: p.done(scaled, p.input(0)),
        reads: [access(2, [0, 7, 1, 0]), access(3, [0, 0, 0, 1])],
        writes: [access(4, rowMajor([...outer, axis])), access(5, [21 * axis, 7 * axis, 1, 7])],
      },
    };
    const n = 42 * axis;
    const buffers = [floats(n), floats(2 * axis, 2), floats(21, 3), floats(axis, 4)];
    expectKernel(spec, [...buffers, new Float32Array(n), new Float32Array(n)], 5e-6);
  }
});

it('large values do not overflow, masked ones vanish, a NaN spoils its row only', () => {
  const rows = [
    [1e30, 1e30, -1e30, 0, 3],
    [-Infinity, 1, 2, -Infinity, 3],
    [-1e4, -1e4, -1e4, -1e4, -1e4],
    [NaN, 1, 2, 3, 4],
    [1, 2, 3, 4, 5],
  ];
  const spec = plain([5], 5, false, access(0, [5, 1]), access(1, [5, 1]));
  expectKernel(spec, [Float32Array.from(rows.flat()), new Float32Array(25)], 2e-6);
  for (const target of TARGETS) {
    const [, result] = runKernel(spec, [Float32Array.from(rows.flat()), new Float32Array(25)], target);
    expect([...(result ?? [])].slice(10, 15)).toEqual(Array.from({ length: 5 }, () => Math.fround(0.2)));
  }
});
