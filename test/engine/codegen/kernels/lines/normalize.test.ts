// Normalisation against its meaning: mean and variance or mean square, contiguous and strided axes, scale and bias.

import { describe, it } from 'vitest';
import type { NormalizeSpec } from '../../../../../engine/select/spec/axis.ts';
import { access, ExpressionBuilder, expectKernel, identity, rowMajor } from '../../expect-kernel.ts';
import { randomFrom } from '../../memory-kernel.ts';

const count = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);
const floats = (length: number, seed = 1, shift = 0): Float32Array => {
  const random = randomFrom(seed);
  return Float32Array.from({ length }, () => random() * 4 - 2 + shift);
};

describe.each([false, true])('rms %s', rms => {
  it.each([
    [[5], 1],
    [[5], 3],
    [[2, 3], 64],
    [[7], 385],
    [[3, 5], 50],
  ] as const)('outer %j, axis %i, with scale and bias', (outer, axis) => {
    const strides = rowMajor([...outer, axis]);
    const perElement = [...outer.map(() => 0), 1];
    const e = new ExpressionBuilder();
    const spec: NormalizeSpec = {
      kind: 'normalize',
      rms,
      epsilon: 1e-5,
      outer,
      line: [axis],
      input: { expression: identity(), reads: [access(0, strides)] },
      epilogue: {
        expression: e.done(e.apply('add', [e.apply('mul', [e.input(0), e.input(1)]), e.input(2)])),
        reads: [access(1, perElement), access(2, perElement)],
        writes: [access(3, strides)],
      },
    };
    const n = count(outer) * axis;
    expectKernel(spec, [floats(n), floats(axis, 2), floats(axis, 3), new Float32Array(n)], 1e-5);
  });

  it.each([3, 8, 45])('across %i neighbouring lines', inner => {
    const strides = [9 * inner, 1, inner];
    const spec: NormalizeSpec = {
      kind: 'normalize',
      rms,
      epsilon: 1e-3,
      outer: [2, inner],
      line: [9],
      input: { expression: identity(), reads: [access(0, strides)] },
      epilogue: { expression: identity(), reads: [], writes: [access(1, strides)] },
    };
    expectKernel(spec, [floats(18 * inner), new Float32Array(18 * inner)], 1e-5);
  });
});

describe('lines over several axes', () => {
  /** Images of two channels per group: [n, g, c, h·w] in memory in this order of axes. */
  it.each([
    ['channels first', [0, 1, 2, 3], [2, 3, 2, 35]],
    ['channels last', [0, 3, 1, 2], [2, 3, 2, 35]],
    ['channels last, as wide as a vector', [0, 3, 1, 2], [1, 2, 8, 9]],
    ['channels last, wider than vectors', [0, 3, 1, 2], [1, 2, 21, 6]],
    ['channels last, many', [0, 3, 1, 2], [1, 1, 77, 3]],
    ['groups innermost', [0, 3, 2, 1], [1, 11, 2, 5]],
  ] as const)('%s', (_, order, extents) => {
    const strides = [0, 0, 0, 0];
    let stride = 1;
    for (const axis of order.toReversed()) {
      strides[axis] = stride;
      stride *= extents[axis] ?? 1;
    }
    const [batch, groups, channels, pixels] = extents;
    const perChannel = [0, channels, 1, 0];
    const n = count(extents);
    for (const rms of [false, true]) {
      const e = new ExpressionBuilder();
      const spec: NormalizeSpec = {
        ...{ kind: 'normalize', rms, epsilon: 1e-5, outer: [batch, groups], line: [channels, pixels] },
        input: { expression: identity(), reads: [access(0, strides)] },
        epilogue: {
          expression: e.done(e.apply('add', [e.apply('mul', [e.input(0), e.input(1)]), e.input(2)])),
          reads: [access(1, perChannel), access(2, strides)],
          writes: [access(3, strides)],
        },
      };
      expectKernel(spec, [floats(n), floats(groups * channels, 2), floats(n, 3), new Float32Array(n)], 1e-5);
    }
  });

  it('a scale along one of three', () => {
    const strides = rowMajor([2, 3, 4, 5]);
    const e = new ExpressionBuilder();
    const spec: NormalizeSpec = {
      ...{ kind: 'normalize', rms: false, epsilon: 1e-5, outer: [2], line: [3, 4, 5] },
      input: { expression: identity(), reads: [access(0, strides)] },
      epilogue: {
        expression: e.done(e.apply('mul', [e.input(0), e.input(1)])),
        reads: [access(1, [0, 0, 1, 0])],
        writes: [access(2, strides)],
      },
    };
    expectKernel(spec, [floats(120), floats(4, 2), new Float32Array(120)], 1e-5);
  });
});

it('a large mean does not swamp the variance', () => {
  const spec: NormalizeSpec = {
    kind: 'normalize',
    rms: false,
    epsilon: 1e-6,
    outer: [4],
    line: [100],
    input: { expression: identity(), reads: [access(0, [100, 1])] },
    epilogue: { expression: identity(), reads: [], writes: [access(1, [100, 1])] },
  };
  expectKernel(spec, [floats(400, 5, 1000), new Float32Array(400)], 1e-3);
});
