// What an expression means: its primitives on numbers, one element at a time. f32 rounds after every step, integers
// wrap.

import { roundTo } from '../ir/dtypes.ts';
import type { Expression, Primitive, ScalarType } from './types.ts';

/** Primitives that convert, by the type they convert to. */
export const CONVERSIONS: Partial<Record<Primitive, ScalarType>> = {
  toF32: 'f32',
  toI32: 'i32',
  toF64: 'f64',
  toI64: 'i64',
  toBool: 'bool',
};

/** Whether values of the type are integers. */
export const isWhole = (type: ScalarType): boolean => type === 'i32' || type === 'i64';

/** The item that a node of an expression refers to. Throws where there is none: our bug. */
export function itemAt<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`expression has nothing at ${index}`);
  return item;
}

/**
 * Results for one element: the meaning of an expression, for tests and constant folding. f32 rounds after every step.
 */
export function evaluate(expression: Expression, inputs: readonly number[]): number[] {
  const values: number[] = [];
  for (const node of expression.nodes) {
    if (node.kind === 'input') values.push(itemAt(inputs, node.index));
    else if (node.kind === 'constant') values.push(node.value);
    else {
      const type = itemAt(expression.nodes, node.args[0] ?? 0).type;
      const value = evaluatePrimitive(
        node.op,
        node.args.map(arg => itemAt(values, arg)),
        type,
      );
      values.push(value);
    }
  }
  return expression.results.map(result => itemAt(values, result));
}

const SCALAR: Readonly<Record<Primitive, (a: number, b: number, c: number) => number | boolean>> = {
  neg: a => -a,
  abs: Math.abs,
  sqrt: Math.sqrt,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  trunc: Math.trunc,
  sign: Math.sign,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erf,
  roundF16: a => roundTo('float16', a),
  roundBf16: a => roundTo('bfloat16', a),
  isnan: a => Number.isNaN(a),
  isinf: a => Math.abs(a) === Number.POSITIVE_INFINITY,
  not: a => a === 0,
  toF32: a => a,
  toI32: a => (Number.isNaN(a) ? 0 : Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), Math.trunc(a)))),
  toF64: a => a,
  toI64: a => (Number.isNaN(a) ? 0 : Math.trunc(a)),
  toBool: a => a !== 0,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  pow: (a, b) => a ** b,
  rem: (a, b) => a % b,
  mod: (a, b) => a - Math.floor(a / b) * b,
  eq: (a, b) => a === b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  and: (a, b) => a !== 0 && b !== 0,
  or: (a, b) => a !== 0 || b !== 0,
  xor: (a, b) => (a !== 0) !== (b !== 0),
  shl: (a, b) => a * 2 ** b,
  shr: (a, b) => Math.floor(a / 2 ** b),
  select: (a, b, c) => (a !== 0 ? b : c),
  madd: (a, b, c) => a * b + c,
};

const isShift = (by: bigint, bits: number): boolean => by >= 0n && by < BigInt(bits);

/** What integers do otherwise; those of 64 bits are given as numbers, so as far as these are exact. */
const WHOLE: Partial<Record<Primitive, (a: bigint, b: bigint, c: bigint, bits: number) => bigint>> = {
  not: a => ~a,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b, _, bits) => (isShift(b, bits) ? a << b : 0n),
  shr: (a, b, _, bits) => (isShift(b, bits) ? BigInt.asUintN(bits, a) >> b : 0n),
  mul: (a, b) => a * b,
  madd: (a, b, c) => a * b + c,
  div: (a, b) => (b === 0n ? 0n : a / b),
  rem: (a, b) => (b === 0n ? 0n : a % b),
  mod: (a, b) => (b === 0n ? 0n : ((a % b) + b) % b),
  pow: (a, b) => (b >= 0n ? a ** b : a * a === 1n ? a ** -b : 0n),
};

/** One primitive on numbers; `type` is that of its first operand. Booleans are 0 and 1. */
export function evaluatePrimitive(op: Primitive, args: readonly number[], type: ScalarType): number {
  const [a = 0, b = 0, c = 0] = args;
  const whole = isWhole(type) ? WHOLE[op] : undefined;
  const bits = type === 'i32' ? 32 : 64;
  const value = whole
    ? Number(BigInt.asIntN(bits, whole(BigInt(a), BigInt(b), BigInt(c), bits)))
    : SCALAR[op](a, b, c);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (op === 'toI32' && !isWhole(type)) return value;
  if (op === 'toI32' || (type === 'i32' && CONVERSIONS[op] === undefined)) {
    return Number(BigInt.asIntN(32, BigInt(value)));
  }
  const rounds = op === 'toF32' || (type === 'f32' && CONVERSIONS[op] === undefined);
  return rounds ? Math.fround(value) : value;
}

function roundHalfEven(x: number): number {
  const near = Math.round(x);
  return Math.abs(x % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
}

/** Abramowitz and Stegun 7.1.26 is too coarse for f32: the series near 0, the continued fraction further out. */
function erf(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * (size + fraction)));
}
