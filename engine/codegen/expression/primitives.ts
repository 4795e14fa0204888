// The primitives of expressions as vector code: one entry each, for every lane count and type.
// An operation is chosen by the type of its first argument; a missing combination is a bug of the caller and throws.

import type { Primitive } from '../../fusion/types.ts';
import { erf } from '../math/erf.ts';
import { exp } from '../math/exp.ts';
import {
  integerDivide,
  integerModulo,
  integerPower,
  integerRemainder,
  integerShift,
} from '../math/integer.ts';
import { acos, acosh, asin, asinh, atan, atanh, cosh, sinh } from '../math/inverse.ts';
import { log } from '../math/log.ts';
import { bfloat16Bits, bfloat16Number, float16Bits, float16Number } from '../math/narrow-float.ts';
import { hasRoots, pow, rootPower } from '../math/pow.ts';
import { modulo, remainder } from '../math/remainder.ts';
import { tanh } from '../math/tanh.ts';
import { cos, sin, tan } from '../math/trigonometric.ts';
import {
  compareWide,
  doubleToInteger,
  doubleToLong,
  doubleToSingle,
  integerToDouble,
  integerToLong,
  isWide,
  longExtremum,
  longToDouble,
  longToInteger,
  longToSingle,
  selectWide,
  singleToDouble,
  singleToLong,
} from '../math/wide.ts';
import type { LaneType, LanewiseOp } from '../vector/lanewise.ts';
import type { Value, Vectors } from '../vector/vector.ts';

type Constants = readonly (number | undefined)[];
type Emit = (v: Vectors, args: readonly Value[], constants: Constants) => Value;

const argument = (args: readonly Value[], k: number): Value => {
  const value = args[k];
  if (!value) throw new Error(`a primitive without argument ${k}`);
  return value;
};

const unary =
  (emit: (v: Vectors, x: Value) => Value): Emit =>
  (v, args) =>
    emit(v, argument(args, 0));

const binary =
  (emit: (v: Vectors, a: Value, b: Value) => Value): Emit =>
  (v, args) =>
    emit(v, argument(args, 0), argument(args, 1));

type ByType = Partial<Record<LaneType, Emit>>;

/** A function of f32 only. */
const real = (emit: (v: Vectors, x: Value) => Value): ByType => ({ f32: unary(emit) });

const lanewise =
  (op: LanewiseOp): Emit =>
  (v, args) =>
    v.op(op, ...args);

/** The instruction of that name for each of the types. */
const instruction = (name: string, ...types: readonly LaneType[]): ByType =>
  Object.fromEntries(types.map(type => [type, lanewise(`${type}.${name}` as LanewiseOp)]));

const comparison = (name: 'eq' | 'lt' | 'le'): ByType => ({
  ...instruction(name, 'f32', 'i32'),
  f64: binary((v, a, b) => compareWide(v, `f64.${name}`, a, b)),
  i64: binary((v, a, b) => compareWide(v, `i64.${name}`, a, b)),
});

/**
 * Minimum or maximum that is NaN where an argument is. Where one argument is a number known now, the
 * one-instruction form does: it gives its first operand when the comparison fails.
 */
const realExtremum =
  (which: 'min' | 'max'): Emit =>
  (v, args, constants) => {
    const [a, b] = [argument(args, 0), argument(args, 1)];
    const known = (k: number): boolean => constants[k] !== undefined && !Number.isNaN(constants[k]);
    if (known(1)) return v.op(`f32.p${which}`, a, b);
    if (known(0)) return v.op(`f32.p${which}`, b, a);
    return v.op(`f32.${which}`, a, b);
  };

const extremum = (which: 'min' | 'max'): ByType => ({
  ...instruction(which, 'i32', 'f64'),
  f32: realExtremum(which),
  i64: binary((v, a, b) => longExtremum(v, which, a, b)),
});

/** −1, 0, 1; NaN and the zeros stay. */
const realSign = (type: 'f32' | 'f64'): Emit =>
  unary((v, x) =>
    v.scoped(() => {
      const zero = v.constant(type, 0);
      const negative = v.select(v.op(`${type}.lt`, x, zero), v.constant(type, -1), x);
      return v.select(v.op(`${type}.lt`, zero, x), v.constant(type, 1), negative);
    }),
  );

const negated = (type: 'i32' | 'i64'): Emit => unary((v, x) => v.op(`${type}.sub`, v.constant(type, 0), x));

const same: Emit = (_, args) => argument(args, 0);

/** A mask as integers 0 and 1. */
const bit = (v: Vectors, mask: Value): Value =>
  v.scalar ? { ...mask, type: 'i32' } : v.op('i32.and', mask, v.i32(1));

const toF32: ByType = {
  f32: same,
  f64: unary(doubleToSingle),
  i32: unary((v, x) => v.op('f32.fromI32', x)),
  i64: unary(longToSingle),
  bool: unary((v, x) =>
    v.scalar ? v.op('f32.fromI32', x) : { ...v.op('i32.and', x, v.bits(v.f32(1), 'i32')), type: 'f32' },
  ),
};

const toF64: ByType = {
  f32: unary(singleToDouble),
  f64: same,
  i32: unary(integerToDouble),
  i64: unary(longToDouble),
  bool: unary((v, x) => integerToDouble(v, bit(v, x))),
};

const toI32: ByType = {
  f32: unary((v, x) => v.op('i32.fromF32', x)),
  f64: unary(doubleToInteger),
  i32: same,
  i64: unary(longToInteger),
  bool: unary(bit),
};

const toI64: ByType = {
  f32: unary(singleToLong),
  f64: unary(doubleToLong),
  i32: unary(integerToLong),
  i64: same,
  bool: unary((v, x) => integerToLong(v, bit(v, x))),
};

const toBool: ByType = {
  f32: unary((v, x) => v.op('f32.ne', x, v.f32(0))),
  f64: unary((v, x) => compareWide(v, 'f64.ne', x, v.constant('f64', 0))),
  i32: unary((v, x) => v.op('i32.ne', x, v.i32(0))),
  i64: unary((v, x) => compareWide(v, 'i64.ne', x, v.constant('i64', 0))),
  bool: same,
};

/** Powers that need no logarithm are roots; those that are products are written as such. */
const power: Emit = (v, args, constants) => {
  const [x, y] = [argument(args, 0), argument(args, 1)];
  const [, known] = constants;
  if (known !== undefined && hasRoots(known)) return rootPower(v, x, known);
  return pow(v, x, y, known);
};

const shifted = (by: 'shl' | 'shr_u'): ByType => {
  const emit: Emit = (v, args, constants) =>
    integerShift(v, by, argument(args, 0), argument(args, 1), constants[1]);
  return { i32: emit, i64: emit };
};

const multiplyAdd: Emit = (v, args) => v.madd(argument(args, 0), argument(args, 1), argument(args, 2));

/** By type of the first argument. */
const OPS: Readonly<Record<Primitive, ByType>> = {
  neg: { ...instruction('neg', 'f32', 'f64'), i32: negated('i32'), i64: negated('i64') },
  abs: {
    ...instruction('abs', 'f32', 'f64'),
    i32: unary((v, x) => v.scoped(() => v.op('i32.max', x, v.op('i32.sub', v.i32(0), x)))),
    i64: unary((v, x) => v.scoped(() => longExtremum(v, 'max', x, v.op('i64.sub', v.constant('i64', 0), x)))),
  },
  sqrt: instruction('sqrt', 'f32', 'f64'),
  floor: instruction('floor', 'f32', 'f64'),
  ceil: instruction('ceil', 'f32', 'f64'),
  round: instruction('nearest', 'f32', 'f64'),
  trunc: instruction('trunc', 'f32', 'f64'),
  sign: {
    f32: realSign('f32'),
    f64: realSign('f64'),
    i32: unary((v, x) => v.scoped(() => v.op('i32.max', v.op('i32.min', x, v.i32(1)), v.i32(-1)))),
    i64: unary((v, x) =>
      v.scoped(() =>
        longExtremum(v, 'max', longExtremum(v, 'min', x, v.constant('i64', 1)), v.constant('i64', -1)),
      ),
    ),
  },
  exp: real(exp),
  log: real(log),
  sin: real(sin),
  cos: real(cos),
  tan: real(tan),
  asin: real(asin),
  acos: real(acos),
  atan: real(atan),
  sinh: real(sinh),
  cosh: real(cosh),
  tanh: real(tanh),
  asinh: real(asinh),
  acosh: real(acosh),
  atanh: real(atanh),
  erf: real(erf),
  roundF16: real((v, x) => v.scoped(() => float16Number(v, float16Bits(v, x)))),
  roundBf16: real((v, x) => v.scoped(() => bfloat16Number(v, bfloat16Bits(v, x)))),
  isnan: {
    f32: unary((v, x) => v.op('f32.ne', x, x)),
    f64: unary((v, x) => compareWide(v, 'f64.ne', x, x)),
  },
  isinf: {
    f32: unary((v, x) => v.scoped(() => v.op('f32.eq', v.op('f32.abs', x), v.f32(Infinity)))),
    f64: unary((v, x) =>
      v.scoped(() => compareWide(v, 'f64.eq', v.op('f64.abs', x), v.constant('f64', Infinity))),
    ),
  },
  not: {
    bool: lanewise('bool.not'),
    i32: unary((v, x) => v.op('i32.xor', x, v.i32(-1))),
    i64: unary((v, x) => v.op('i64.xor', x, v.constant('i64', -1))),
  },
  toF32,
  toI32,
  toF64,
  toI64,
  toBool,
  add: instruction('add', 'f32', 'f64', 'i32', 'i64'),
  sub: instruction('sub', 'f32', 'f64', 'i32', 'i64'),
  mul: instruction('mul', 'f32', 'f64', 'i32', 'i64'),
  div: {
    ...instruction('div', 'f32', 'f64'),
    i32: binary(integerDivide),
    i64: binary(integerDivide),
  },
  min: extremum('min'),
  max: extremum('max'),
  pow: { f32: power, i32: binary(integerPower), i64: binary(integerPower) },
  rem: { f32: binary(remainder), i32: binary(integerRemainder), i64: binary(integerRemainder) },
  mod: { f32: binary(modulo), i32: binary(integerModulo), i64: binary(integerModulo) },
  eq: {
    ...comparison('eq'),
    bool: binary((v, a, b) => v.scoped(() => v.op('bool.not', v.op('bool.xor', a, b)))),
  },
  lt: comparison('lt'),
  le: comparison('le'),
  and: instruction('and', 'bool', 'i32', 'i64'),
  or: instruction('or', 'bool', 'i32', 'i64'),
  xor: instruction('xor', 'bool', 'i32', 'i64'),
  shl: shifted('shl'),
  shr: shifted('shr_u'),
  select: {
    bool: (v, args) => {
      const [mask, yes, no] = [argument(args, 0), argument(args, 1), argument(args, 2)];
      return isWide(yes.type) ? selectWide(v, mask, yes, no) : v.select(mask, yes, no);
    },
  },
  madd: { f32: multiplyAdd, f64: multiplyAdd, i32: multiplyAdd },
};

/** The value of a primitive. `constants` tells which arguments are numbers known now. */
export const emitPrimitive = (
  v: Vectors,
  op: Primitive,
  args: readonly Value[],
  constants: Constants,
): Value => {
  const { type } = argument(args, 0);
  const emit = OPS[op][type];
  if (!emit) throw new Error(`primitive ${op}: no operation for ${type}`);
  return emit(v, args, constants);
};

/** Whether code can be generated for a primitive whose first argument is of this type. */
export const hasPrimitive = (op: string, type: LaneType): op is Primitive =>
  Object.hasOwn(OPS, op) && OPS[op as Primitive][type] !== undefined;
