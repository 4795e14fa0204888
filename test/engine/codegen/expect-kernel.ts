// Compares emitted kernels with the interpretation of their specification, in every SIMD class.

import { expect } from 'vitest';
import type { Expression, Primitive, ScalarType } from '../../../engine/fusion/types.ts';
import type { Dtype } from '../../../engine/ir/types.ts';
import type { Access } from '../../../engine/select/spec/access.ts';
import { type BoxSpec, interpretBox } from './interpret-box.ts';
import { type Elements, nameOf, runKernel, TARGETS } from './memory-kernel.ts';

/** Runs the kernel for all targets; at most `tolerance` relative (or absolute below 1) from the meaning. */
export const expectKernel = (
  spec: BoxSpec,
  buffers: readonly Elements[],
  tolerance: number,
  label = '',
): void => {
  const expected = interpretBox(spec, buffers);
  for (const target of TARGETS) {
    const got = runKernel(spec, buffers, target);
    expected.forEach((data, b) => {
      const actual = got[b];
      for (let k = 0; k < data.length; k++) {
        const [want, have] = [data[k] ?? NaN, actual?.[k] ?? NaN];
        const same =
          Object.is(want, have) || Math.abs(want - have) <= tolerance * Math.max(1, Math.abs(want));
        if (!same) expect.fail(`${label} ${nameOf(target)}: buffer ${b}[${k}] is ${have}, expected ${want}`);
      }
    });
  }
};

export const access = (
  id: number,
  strides: readonly number[],
  offset = 0,
  dtype: Dtype = 'float32',
): Access => ({ buffer: { space: 'arena', id }, dtype, offset, strides });

/** Strides of a row-major tensor. */
export const rowMajor = (extents: readonly number[]): number[] =>
  extents.map((_, axis) => extents.slice(axis + 1).reduce((a, b) => a * b, 1));

/** Builds expressions: `input(0)`, `constant(2)`, `apply('add', a, b)`; the results last. */
export class ExpressionBuilder {
  private readonly nodes: Expression['nodes'][number][] = [];

  input(index: number, type: ScalarType = 'f32'): number {
    return this.nodes.push({ kind: 'input', index, type }) - 1;
  }

  constant(value: number, type: ScalarType = 'f32'): number {
    return this.nodes.push({ kind: 'constant', value, type }) - 1;
  }

  apply(op: Primitive, args: readonly number[], type: ScalarType = 'f32'): number {
    return this.nodes.push({ kind: 'apply', op, args, type }) - 1;
  }

  done(...results: readonly number[]): Expression {
    return { nodes: this.nodes, results };
  }
}

/** The expression that is its input. */
export const identity = (type: ScalarType = 'f32'): Expression => ({
  nodes: [{ kind: 'input', index: 0, type }],
  results: [0],
});
