// Elementwise operators on every type of element: kernels of all SIMD classes against the interpreter, with numbers at
// the ends of the types, odd sizes, broadcasts, and chains that stay in registers.

import { describe, it } from 'vitest';
import { dtypeInfo, integerRange } from '../../../engine/ir/dtypes.ts';
import { attr, GraphBuilder } from '../../../engine/ir/graph.ts';
import { elementCount, tensorOf } from '../../../engine/ir/tensor.ts';
import type { Attribute, Dtype, Shape, Tensor } from '../../../engine/ir/types.ts';
import { seededRandom } from '../../../engine/random.ts';
import { inferred } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';

const WHOLE: readonly Dtype[] = ['int64', 'int32', 'uint32', 'int16', 'uint16', 'int8', 'uint8'];
const UNSIGNED: readonly Dtype[] = WHOLE.filter(dtype => dtypeInfo(dtype).kind === 'uint');
const REAL: readonly Dtype[] = ['float32', 'float64'];
const NUMBERS: readonly Dtype[] = [...WHOLE, ...REAL];
const ALL: readonly Dtype[] = [...NUMBERS, 'bool'];
const SHAPES: readonly (readonly [Shape, Shape])[] = [
  [
    [3, 5, 7],
    [5, 1],
  ],
  [[19], [19]],
  [[2, 3], []],
  [
    [33, 4],
    [33, 4],
  ],
];

const SPECIAL = [0, -0, 1, -1, Infinity, -Infinity, NaN, 0.5, -2.5, 1e30];

function values(dtype: Dtype, shape: Shape, seed: number): Tensor {
  const random = seededRandom(seed);
  const pick = (list: readonly number[]): number => list[Math.floor(random() * list.length)] ?? 0;
  const number = (): number => {
    if (dtype === 'bool') return random() < 0.5 ? 1 : 0;
    if (dtypeInfo(dtype).kind === 'float') return random() < 0.3 ? pick(SPECIAL) : random() * 20 - 10;
    const [low, high] = integerRange(dtype);
    // The largest number of 64 bits is none that a double has.
    const ends = dtype === 'int64' ? [low, 2 ** 62, -(2 ** 40)] : [low, high];
    if (random() < 0.2) return pick(ends);
    const near = Math.floor(random() * 25) - 12;
    return low < 0 ? near : Math.abs(near);
  };
  return tensorOf(dtype, shape, Array.from({ length: elementCount(shape) }, number));
}

interface Case {
  readonly op: string;
  readonly operands: number;
  readonly types: readonly Dtype[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** operands' values, where not any will do */
  readonly least?: number;
}

const CASES: readonly Case[] = [
  ...['Add', 'Sub', 'Mul', 'Max', 'Min'].map(op => ({ op, operands: 2, types: NUMBERS })),
  ...['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'].map(op => ({
    op,
    operands: 2,
    types: NUMBERS,
  })),
  { op: 'Equal', operands: 2, types: ['bool'] },
  { op: 'Div', operands: 2, types: NUMBERS },
  { op: 'Mod', operands: 2, types: WHOLE },
  { op: 'Mod', operands: 2, types: WHOLE, attributes: { fmod: attr.int(1) } },
  ...['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'].map(op => ({ op, operands: 2, types: WHOLE })),
  { op: 'BitwiseNot', operands: 1, types: WHOLE },
  ...['LEFT', 'RIGHT'].map(direction => ({
    op: 'BitShift',
    operands: 2,
    types: UNSIGNED,
    attributes: { direction: attr.string(direction) },
  })),
  ...['Neg', 'Abs', 'Sign'].map(op => ({
    op,
    operands: 1,
    types: NUMBERS.filter(dtype => !UNSIGNED.includes(dtype)),
  })),
  { op: 'Relu', operands: 1, types: ['int64', 'int32', 'int16', 'int8', 'float64'] },
  { op: 'Clip', operands: 3, types: NUMBERS },
  ...['Sqrt', 'Floor', 'Ceil', 'Round', 'Reciprocal'].map(op => ({ op, operands: 1, types: REAL })),
  ...['IsNaN', 'IsInf'].map(op => ({ op, operands: 1, types: REAL })),
  { op: 'Not', operands: 1, types: ['bool'] },
];

/** 64-bit quotients and roots are computed as doubles are, so they are the same; reals of 32 bits are within an ulp. */
const exact = (_: Tensor, wanted: number): number => Math.abs(wanted) * 2 ** -22;

function check({ op, operands, attributes = {} }: Case, dtype: Dtype): void {
  for (const [k, [first, second]] of SHAPES.entries()) {
    const shapes = [first, ...Array.from({ length: operands - 1 }, () => (op === 'Clip' ? [] : second))];
    const inputs = shapes.map((shape, i) => values(dtype, shape, 97 * k + i + 1));
    const builder = new GraphBuilder('types', { version: 21 });
    const ids = inputs.map((tensor, i) => builder.input(`x${i}`, tensor.dtype, tensor.shape));
    builder.output(builder.node(op, ids, { attributes }));
    expectCompiled(inferred(builder), inputs, `${op} ${dtype} [${first}] [${second}]`, exact);
  }
}

describe.each(CASES)('$op', one => {
  it.each(one.types)('%s', dtype => check(one, dtype));
});

describe('Cast', () => {
  const to = (dtype: Dtype) => ({ attributes: { to: attr.int(dtypeInfo(dtype).code) } });

  it.each(ALL)('from %s to all others', from => {
    for (const dtype of ALL.filter(other => other !== from)) {
      // What lies outside of the other type is nobody's where real numbers are cut.
      const cut = REAL.includes(from) && WHOLE.includes(dtype);
      const low = dtype.startsWith('u') ? 0 : -100;
      const input = cut
        ? tensorOf(
            from,
            [21],
            Array.from({ length: 21 }, (_, i) => low + 5.4 * i),
          )
        : values(from, [3, 7], 5);
      const builder = new GraphBuilder('cast', { version: 21 });
      const x = builder.input('x', input.dtype, input.shape);
      builder.output(builder.node('Cast', [x], to(dtype)));
      expectCompiled(inferred(builder), [input], `${from} → ${dtype}`, exact);
    }
  });

  it('wraps to its own width in the middle of a chain', () => {
    for (const dtype of WHOLE) {
      const input = values(dtype, [5, 9], 11);
      const builder = new GraphBuilder('chain', { version: 21 });
      const x = builder.input('x', input.dtype, input.shape);
      const sum = builder.node('Add', [builder.node('Mul', [x, x]), x]);
      const real = builder.node('Cast', [sum], to('float32'));
      builder.output(builder.node('Mul', [real, builder.constant('half', tensorOf('float32', [], [0.5]))]));
      expectCompiled(inferred(builder), [input], `chain in ${dtype}`, exact);
    }
  });
});

it.each(ALL)('Where on %s, its condition from a comparison of others', dtype => {
  const builder = new GraphBuilder('where', { version: 21 });
  const [index, limit, yes, no] = [
    values('int64', [3, 5, 7], 1),
    values('int64', [7], 2),
    values(dtype, [5, 1], 3),
    values(dtype, [3, 5, 7], 4),
  ];
  const inputs = [index, limit, yes, no];
  const [a, b, c, d] = inputs.map((tensor, i) => builder.input(`x${i}`, tensor.dtype, tensor.shape));
  builder.output(builder.node('Where', [builder.node('Less', [a, b]), c, d]));
  expectCompiled(inferred(builder), inputs, `Where ${dtype}`, exact);
});

it('a 64-bit number that no double says is kept', () => {
  const builder = new GraphBuilder('large', { version: 21 });
  const x = builder.input('x', 'int64', [3]);
  const large: Tensor = { dtype: 'int64', shape: [], data: BigInt64Array.of(2n ** 62n + 1n) };
  builder.output(builder.node('BitwiseAnd', [x, builder.constant('large', large)]));
  const ones: Tensor = { dtype: 'int64', shape: [3], data: BigInt64Array.of(1n, 3n, 2n ** 62n) };
  expectCompiled(inferred(builder), [ones], 'large', () => 0);
});

describe('moved', () => {
  it.each([...ALL, 'uint64' as const])('%s', dtype => {
    const input =
      dtype === 'uint64'
        ? tensorOf(
            dtype,
            [3, 5, 4],
            Array.from({ length: 60 }, (_, i) => i),
          )
        : values(dtype, [3, 5, 4], 8);
    const builder = new GraphBuilder('moved', { version: 21 });
    const x = builder.input('x', input.dtype, input.shape);
    const ints = (name: string, ...list: number[]) =>
      builder.constant(name, tensorOf('int64', [list.length], list));
    const turned = builder.node('Transpose', [x], { attributes: { perm: attr.ints([2, 0, 1]) } });
    const cut = builder.node('Slice', [turned, ints('from', 1, 1), ints('to', 3, 5), ints('axes', 1, 2)]);
    const wide = builder.node('Expand', [
      builder.node('Unsqueeze', [cut, ints('at', 0)]),
      ints('shape', 3, 4, 2, 4),
    ]);
    builder.output(builder.node('Concat', [wide, wide], { attributes: { axis: attr.int(1) } }));
    builder.output(
      builder.node('Gather', [x, builder.constant('i', tensorOf('int64', [2], [2, -3]))], {
        attributes: { axis: attr.int(1) },
      }),
    );
    expectCompiled(inferred(builder), [input], `moved ${dtype}`, () => 0);
  });
});

describe('turned', () => {
  const TYPES: readonly Dtype[] = [...ALL, 'float16'];
  it.each(TYPES)('%s', dtype => {
    for (const [shape, perm] of [
      [
        [19, 21],
        [1, 0],
      ],
      [
        [2, 33, 5, 4],
        [0, 2, 3, 1],
      ],
      [
        [3, 7, 3],
        [2, 0, 1],
      ],
    ] as const) {
      const builder = new GraphBuilder('turned', { version: 21 });
      const x = builder.input('x', dtype, shape);
      const [y] = builder.nodes('Transpose', [x], {
        attributes: { perm: attr.ints(perm) },
        outputs: ['y'],
      });
      if (y !== undefined) builder.output(y);
      const given = values(dtype, shape, 11);
      expectCompiled(inferred(builder), [given], `${dtype} [${shape}] by [${perm}]`, () => 0);
    }
  });
});
