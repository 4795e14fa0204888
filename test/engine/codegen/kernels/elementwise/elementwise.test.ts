// Elementwise kernels against their meaning: odd sizes, tails, broadcasts, strides, layouts, types, splits.

import { describe, expect, it } from 'vitest';
import { kernelNeeds } from '../../../../../engine/codegen/emit.ts';
import type { Primitive, ScalarType } from '../../../../../engine/fusion/types.ts';
import type { Dtype } from '../../../../../engine/ir/types.ts';
import type { Access } from '../../../../../engine/select/spec/access.ts';
import type { ElementwiseSpec } from '../../../../../engine/select/spec/elementwise.ts';
import { access, ExpressionBuilder, expectKernel, identity, rowMajor } from '../../expect-kernel.ts';
import { arrayOf, type Elements, randomFrom } from '../../memory-kernel.ts';

const floats = (length: number, seed = 1): Float32Array => {
  const random = randomFrom(seed);
  return Float32Array.from({ length }, () => random() * 4 - 2);
};

const copy = (extents: readonly number[], read: Access, write: Access): ElementwiseSpec => ({
  kind: 'elementwise',
  extents,
  body: { expression: identity(), reads: [read], writes: [write] },
});

const count = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);

describe('sizes', () => {
  it.each([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 100, 1023, 1025, 20011])(
    'copies %i elements',
    n => {
      expectKernel(copy([n], access(0, [1]), access(1, [1])), [floats(n), new Float32Array(n)], 0);
    },
  );

  it('a single element, and none', () => {
    expectKernel(copy([], access(0, []), access(1, [])), [floats(1), new Float32Array(1)], 0);
    expectKernel(copy([3, 0], access(0, [0, 1]), access(1, [0, 1])), [floats(1), new Float32Array(1)], 0);
  });

  it('adds and activates with a row, a column and a scalar broadcast', () => {
    for (const extents of [
      [3, 5, 7],
      [2, 16, 33],
      [1, 3, 4099],
      [40, 1, 9],
      [17, 3, 1],
    ]) {
      const [a = 1, b = 1, c = 1] = extents;
      const e = new ExpressionBuilder();
      const sum = e.apply('add', [e.input(0), e.input(1)]);
      const scaled = e.apply('mul', [sum, e.apply('add', [e.input(2), e.input(3)])]);
      const spec: ElementwiseSpec = {
        kind: 'elementwise',
        extents,
        body: {
          expression: e.done(e.apply('max', [scaled, e.constant(0)]), sum),
          reads: [
            access(0, rowMajor(extents)),
            access(1, [0, 0, 1]),
            access(2, [0, 1, 0]),
            access(3, [0, 0, 0], 1),
          ],
          writes: [access(4, rowMajor(extents)), access(5, rowMajor(extents))],
        },
      };
      const n = count([a, b, c]);
      const buffers = [
        floats(n),
        floats(c, 2),
        floats(b, 3),
        floats(3, 4),
        new Float32Array(n),
        new Float32Array(n),
      ];
      expectKernel(spec, buffers, 1e-6, extents.join('×'));
    }
  });

  it('writes over its own input', () => {
    const e = new ExpressionBuilder();
    const spec: ElementwiseSpec = {
      kind: 'elementwise',
      extents: [101],
      body: {
        expression: e.done(e.apply('mul', [e.input(0), e.input(1)])),
        reads: [access(0, [1]), access(0, [1])],
        writes: [access(0, [1])],
      },
    };
    expectKernel(spec, [floats(101)], 0);
  });
});

describe('layouts', () => {
  it.each([
    [2, 3, 5, 7],
    [1, 16, 8, 8],
    [2, 19, 6, 11],
    [1, 4, 1, 33],
    [3, 1, 9, 9],
    [1, 64, 17, 3],
    [2, 32, 40, 40],
  ])('NCHW to NHWC and back: %i×%i×%i×%i', (n, c, h, w) => {
    const extents = [n, c, h, w];
    const nhwc = [c * h * w, 1, w * c, c];
    const data = floats(count(extents));
    const empty = new Float32Array(data.length);
    expectKernel(copy(extents, access(0, rowMajor(extents)), access(1, nhwc)), [data, empty], 0);
    expectKernel(copy(extents, access(0, nhwc), access(1, rowMajor(extents))), [data, empty], 0);
  });

  it('any permutation of axes, with a second operand in another layout', () => {
    const random = randomFrom(3);
    for (let round = 0; round < 30; round++) {
      const extents = Array.from(
        { length: 1 + Math.floor(random() * 4) },
        () => 1 + Math.floor(random() * 21),
      );
      const layout = (): number[] => {
        const order = extents.map((_, axis) => axis).sort(() => random() - 0.5);
        const strides = extents.map(() => 0);
        let stride = 1;
        for (const axis of order) {
          strides[axis] = stride;
          stride *= extents[axis] ?? 1;
        }
        return strides;
      };
      const e = new ExpressionBuilder();
      const spec: ElementwiseSpec = {
        kind: 'elementwise',
        extents,
        body: {
          expression: e.done(e.apply('sub', [e.input(0), e.input(1)])),
          reads: [access(0, layout()), access(1, layout())],
          writes: [access(2, layout())],
        },
      };
      const n = count(extents);
      expectKernel(spec, [floats(n, round), floats(n, 99), new Float32Array(n)], 0, `seed 3 round ${round}`);
    }
  });

  it('slices with steps, forwards and backwards', () => {
    const buffers = [floats(400), new Float32Array(400)];
    expectKernel(copy([7, 9], access(0, [40, 2], 3), access(1, [9, 1], 5)), buffers, 0);
    expectKernel(copy([7, 19], access(0, [40, -2], 39), access(1, [19, 1])), buffers, 0);
    expectKernel(copy([19, 7], access(0, [1, 20]), access(1, [-7, -1], 132)), buffers, 0);
    expectKernel(copy([5, 13], access(0, [13, 1]), access(1, [26, 2], 1)), buffers, 0);
  });
});

describe('types', () => {
  const SCALAR: Partial<Record<Dtype, ScalarType>> = { float32: 'f32', bool: 'bool' };
  const values: Partial<Record<Dtype, readonly number[]>> = {
    float32: [0, 1, -1, 2.5, -2.5, 100.9, -100.9, 3e9, -3e9, NaN, Infinity, -Infinity, 0.5],
    bool: [0, 1, 1, 0, 1],
  };
  const fillWith = (dtype: Dtype, n: number): Elements => {
    const data = arrayOf(dtype, n);
    const list = values[dtype] ?? [0, 1, -1, 127, -128, 200, 255, 1000, -1000, 65535, -32768, 70000];
    for (let k = 0; k < n; k++) data[k] = list[k % list.length] ?? 0;
    return data;
  };
  const TYPES = ['float32', 'int32', 'int16', 'uint16', 'int8', 'uint8', 'bool'] as const;
  const cases = TYPES.flatMap(from => TYPES.map(to => [from, to] as const));
  it.each(cases)('casts %s to %s', (from, to) => {
    const [source, target] = [SCALAR[from] ?? 'i32', SCALAR[to] ?? 'i32'];
    const cast: Record<ScalarType, Primitive> = {
      f32: 'toF32',
      f64: 'toF64',
      i32: 'toI32',
      i64: 'toI64',
      bool: 'toBool',
    };
    for (const strides of [
      [13, 1],
      [1, 3],
      [0, 1],
      [1, 0],
    ]) {
      const e = new ExpressionBuilder();
      const spec: ElementwiseSpec = {
        kind: 'elementwise',
        extents: [3, 13],
        body: {
          expression: e.done(e.apply(cast[target], [e.input(0, source)], target)),
          reads: [access(0, strides, 0, from)],
          writes: [access(1, [13, 1], 0, to)],
        },
      };
      expectKernel(spec, [fillWith(from, 39), arrayOf(to, 39)], 0);
    }
  });

  it.each(['int32', 'int8', 'uint8', 'int16'] as const)('integer arithmetic on %s', dtype => {
    const arithmetic = ['add', 'sub', 'mul', 'div', 'rem', 'mod', 'min', 'max', 'pow'] as const;
    const ops = ['and', 'or', 'xor', 'shl', 'shr', ...arithmetic] as const;
    const samples = [0, 1, -1, 2, -2, 7, -7, 100, -100, 2147483647, -2147483648];
    const pairs = samples.flatMap(a => samples.map(b => [a, b] as const));
    const n = pairs.length;
    const [left, right] = [arrayOf(dtype, n), arrayOf(dtype, n)];
    pairs.forEach(([a, b], k) => {
      left[k] = a;
      right[k] = b === 2147483647 ? 30 : b;
    });
    for (const op of ops) {
      const e = new ExpressionBuilder();
      const spec: ElementwiseSpec = {
        kind: 'elementwise',
        extents: [n],
        body: {
          expression: e.done(e.apply(op, [e.input(0, 'i32'), e.input(1, 'i32')], 'i32')),
          reads: [access(0, [1], 0, dtype), access(1, [1], 0, dtype)],
          writes: [access(2, [1], 0, dtype)],
        },
      };
      if (op === 'pow') for (let k = 0; k < n; k++) right[k] = Math.max(-5, Math.min(9, right[k] ?? 0));
      expectKernel(spec, [left, right, arrayOf(dtype, n)], 0, op);
    }
  });
});

describe('primitives', () => {
  const special = [
    0,
    -0,
    1,
    -1,
    0.5,
    1.5,
    2.5,
    -0.5,
    -1.5,
    -2.5,
    3.7,
    -3.7,
    1e10,
    -1e10,
    Infinity,
    -Infinity,
    NaN,
    8388609,
  ];
  const pairs = special.flatMap(a => special.map(b => [a, b] as const));
  const left = Float32Array.from(pairs, ([a]) => a);
  const right = Float32Array.from(pairs, ([, b]) => b);
  const run = (op: Primitive, arity: 1 | 2, result: ScalarType): void => {
    const e = new ExpressionBuilder();
    const inputs = Array.from({ length: arity }, (_, k) => e.input(k));
    const dtype: Dtype = result === 'bool' ? 'bool' : 'float32';
    const spec: ElementwiseSpec = {
      kind: 'elementwise',
      extents: [left.length],
      body: {
        expression: e.done(e.apply(op, inputs, result)),
        reads: inputs.map((_, k) => access(k, [1])),
        writes: [access(2, [1], 0, dtype)],
      },
    };
    expectKernel(spec, [left, right, arrayOf(dtype, left.length)], 0, op);
  };
  it.each(['neg', 'abs', 'sqrt', 'floor', 'ceil', 'round', 'trunc', 'sign'] as const)('%s', op =>
    run(op, 1, 'f32'),
  );
  it.each(['isnan', 'isinf', 'toBool'] as const)('%s', op => run(op, 1, 'bool'));
  it.each(['add', 'sub', 'mul', 'div', 'min', 'max'] as const)('%s', op => run(op, 2, 'f32'));
  it.each(['eq', 'lt', 'le'] as const)('%s', op => run(op, 2, 'bool'));

  it('minimum and maximum with a constant keep NaN', () => {
    for (const op of ['min', 'max'] as const)
      for (const swapped of [false, true]) {
        const e = new ExpressionBuilder();
        const [x, limit] = [e.input(0), e.constant(1.5)];
        const expression = e.done(e.apply(op, swapped ? [limit, x] : [x, limit]));
        const body = { expression, reads: [access(0, [1])], writes: [access(1, [1])] };
        const spec: ElementwiseSpec = { kind: 'elementwise', extents: [left.length], body };
        expectKernel(spec, [left, new Float32Array(left.length)], 0);
      }
  });

  it('logic and selection', () => {
    const e = new ExpressionBuilder();
    const [a, b] = [e.input(0), e.input(1)];
    const less = e.apply('lt', [a, b], 'bool');
    const equal = e.apply('eq', [a, b], 'bool');
    const either = e.apply('or', [less, equal], 'bool');
    const odd = e.apply('xor', [either, e.apply('not', [less], 'bool')], 'bool');
    const chosen = e.apply('select', [e.apply('and', [odd, either], 'bool'), a, b]);
    const same = e.apply('eq', [less, either], 'bool');
    const spec: ElementwiseSpec = {
      kind: 'elementwise',
      extents: [left.length],
      body: {
        expression: e.done(chosen, odd, same),
        reads: [access(0, [1]), access(1, [1])],
        writes: [access(2, [1]), access(3, [1], 0, 'bool'), access(4, [1], 0, 'bool')],
      },
    };
    const n = left.length;
    expectKernel(spec, [left, right, new Float32Array(n), new Uint8Array(n), new Uint8Array(n)], 0);
  });
});

describe('work units', () => {
  it('one for small problems, many for large ones', () => {
    const units = (extents: readonly number[]): number =>
      kernelNeeds(copy(extents, access(0, rowMajor(extents)), access(1, rowMajor(extents))), '128', 2).units;
    expect(units([10, 10])).toBe(1);
    expect(units([1 << 20])).toBeGreaterThan(16);
    expect(units([3, 1 << 18])).toBeGreaterThan(16);
  });

  it('any split covers every element once', () => {
    const extents = [3, 70001];
    const e = new ExpressionBuilder();
    const spec: ElementwiseSpec = {
      kind: 'elementwise',
      extents,
      body: {
        expression: e.done(e.apply('add', [e.input(0), e.input(1)])),
        reads: [access(0, rowMajor(extents)), access(1, [1, 0])],
        writes: [access(2, [70016, 1])],
      },
    };
    expectKernel(spec, [floats(3 * 70001), floats(3), new Float32Array(3 * 70016)], 0);
  });
});
