// Expressions: what the builder rewrites, what it must not, and the table of elementwise operators against the
// interpreter.

import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../engine/fusion/evaluate.ts';
import { ExpressionBuilder } from '../../../engine/fusion/expression.ts';
import { printExpression } from '../../../engine/fusion/print-expression.ts';
import { applyScalarOp, hasScalarOp } from '../../../engine/fusion/scalar-ops.ts';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Attribute, Node, NodeId } from '../../../engine/ir/types.ts';
import { evaluateNode } from '../../../engine/reference/interpreter.ts';
import { noFiles } from '../../support/build-graph.ts';

describe('the builder', () => {
  test('shares equal subexpressions and folds constants', () => {
    const build = new ExpressionBuilder();
    const x = build.input(0, 'f32');
    const twice = build.apply('add', build.apply('exp', x), build.apply('exp', x));
    const scaled = build.apply('mul', twice, build.apply('add', build.constant(1), build.constant(2)));
    expect(printExpression(build.build([scaled]), ['x'], ['y'])).toBe('t1 = exp(x)\ny = (t1 + t1) · 3');
  });

  test('leaves out what no result needs', () => {
    const build = new ExpressionBuilder();
    const x = build.input(0, 'f32');
    build.apply('log', x);
    expect(build.build([build.apply('neg', x)]).nodes).toHaveLength(2);
  });

  test('keeps the sign of zero: x + 0 stays, x − 0 goes', () => {
    const build = new ExpressionBuilder();
    const x = build.input(0, 'f32');
    expect(build.apply('add', x, build.constant(0))).not.toBe(x);
    expect(build.apply('sub', x, build.constant(0))).toBe(x);
    const negative = evaluate(build.build([build.apply('add', x, build.constant(0))]), [-0]);
    expect(Object.is(negative[0], 0)).toBe(true);
  });

  test('wraps whole numbers around where a float would round', () => {
    const build = new ExpressionBuilder();
    const whole = (op: 'mul' | 'pow', a: number, b: number) =>
      build.nodes[build.apply(op, build.constant(a, 'i32'), build.constant(b, 'i32'))];
    expect(whole('mul', 0x7fffffff, 0x7fffffff)).toMatchObject({ kind: 'constant', value: 1 });
    expect(whole('pow', 3, 40)).toMatchObject({ value: Number(BigInt.asIntN(32, 3n ** 40n)) });
  });

  test('divides by powers of two by multiplying, by nothing else', () => {
    const build = new ExpressionBuilder();
    const x = build.input(0, 'f32');
    const ops = [4, 3].map(divisor => build.nodes[build.apply('div', x, build.constant(divisor))]);
    expect(ops.map(node => node?.kind === 'apply' && node.op)).toEqual(['mul', 'div']);
  });
});

const SAMPLES = [-3.5, -1, -0.5, -0, 0, 0.3, 0.5, 1, 1.5, 2.5, 4, 7];
const FLOATS: readonly (readonly [op: string, attributes?: Record<string, Attribute>])[] = [
  ...[
    'Abs',
    'Ceil',
    'Celu',
    'Cos',
    'Elu',
    'Erf',
    'Exp',
    'Floor',
    'HardSigmoid',
    'HardSwish',
    'LeakyRelu',
    'Mish',
  ].map(op => [op] as const),
  ...[
    'Neg',
    'Reciprocal',
    'Relu',
    'Round',
    'Selu',
    'Sigmoid',
    'Sign',
    'Sin',
    'Softplus',
    'Softsign',
    'Tan',
    'Tanh',
  ].map(op => [op] as const),
  ['Gelu'],
  ['Gelu', { approximate: attr.string('tanh') }],
  ['ThresholdedRelu', { alpha: attr.float(0.7) }],
  ['Shrink', { lambd: attr.float(1), bias: attr.float(0.25) }],
  ['LeakyRelu', { alpha: attr.float(-0.5) }],
];
const BINARY = [
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Max',
  'Min',
  'PRelu',
  'Pow',
  'Less',
  'Greater',
  'LessOrEqual',
  'Equal',
];

const nodeOf = (op: string, inputs: number, attributes: Record<string, Attribute> = {}): Node => ({
  id: 0 as NodeId,
  name: op,
  op,
  version: 21,
  inputs: Array.from({ length: inputs }, (_, i) => i as never),
  outputs: [9 as never],
  attributes,
  origin: [],
});

/** The operator's expression and the interpreter's result, element by element. */
function bothWays(node: Node, inputs: readonly number[][]): (readonly [actual: number, wanted: number])[] {
  const build = new ExpressionBuilder();
  const args = inputs.map((_, i) => build.input(i, 'f32'));
  const expression = build.build([applyScalarOp({ node, build, args, type: 'f32' })]);
  const tensors = inputs.map(values => tensorOf('float32', [values.length], values));
  const [wanted] = evaluateNode(node, tensors, { read: noFiles });
  return (inputs[0] ?? []).map((_, e) => [
    evaluate(
      expression,
      inputs.map(values => Math.fround(values[e] ?? 0)),
    )[0] ?? Number.NaN,
    Number(wanted?.data[e]),
  ]);
}

/** Within a few units in the last place; NaN is like NaN. */
function expectClose(pairs: readonly (readonly [actual: number, wanted: number])[]): void {
  const wrong = pairs.filter(([actual, wanted]) => {
    if (Object.is(actual, wanted) || actual === wanted) return false;
    return !(Math.abs(actual - wanted) <= 2e-6 * Math.max(1, Math.abs(wanted)));
  });
  expect(wrong).toEqual([]);
}

describe('the table of operators', () => {
  for (const [op, attributes] of FLOATS) {
    test(`${op} ${JSON.stringify(attributes ?? {})}`, () => {
      const node = nodeOf(op, 1, attributes);
      expect(hasScalarOp(node, 'f32')).toBe(true);
      expectClose(bothWays(node, [[...SAMPLES, Number.NaN]]));
    });
  }

  for (const op of BINARY) {
    test(op, () => {
      const left = SAMPLES.flatMap(x => SAMPLES.map(() => (op === 'Pow' ? Math.abs(x) : x)));
      const right = SAMPLES.flatMap(() => SAMPLES);
      expectClose(bothWays(nodeOf(op, 2), [left, right]));
    });
  }

  test('knows what it has no expression for', () => {
    expect(hasScalarOp(nodeOf('Mod', 2), 'f32')).toBe(false);
    expect(hasScalarOp(nodeOf('Erf', 1), 'i32')).toBe(false);
    expect(hasScalarOp(nodeOf('LSTM', 3), 'f32')).toBe(false);
    expect(hasScalarOp(nodeOf('constructor', 1), 'f32')).toBe(false);
  });
});

test('a clamped whole number that is stored and read again stays a float, NaN is 0', () => {
  const build = new ExpressionBuilder();
  const rounded = build.apply('round', build.input(0, 'f32'));
  const held = build.apply('min', build.apply('max', rounded, build.constant(-128)), build.constant(127));
  const expression = build.build([build.apply('toF32', build.apply('toI32', held))]);
  expect(expression.nodes.filter(node => node.kind === 'apply' && node.op === 'toI32')).toEqual([]);
  for (const [given, wanted] of [
    [2.5, 2],
    [-300, -128],
    [300, 127],
    [Number.NaN, 0],
  ] as const)
    expect(evaluate(expression, [given])).toEqual([wanted]);
});
