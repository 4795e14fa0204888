// The primitives of expressions as vector code: one entry each, for every lane count and type.
// An operation is chosen by the type of its arguments; a missing combination is a bug of the caller and throws.

import type { Primitive } from '../fusion/types.ts';
import type { LanewiseOp } from './lanewise.ts';
import { erf } from './math/erf.ts';
import { exp } from './math/exp.ts';
import { integerDivide, integerModulo, integerPower, integerRemainder } from './math/integer.ts';
import { acos, acosh, asin, asinh, atan, atanh, cosh, sinh } from './math/inverse.ts';
import { log } from './math/log.ts';
import { pow } from './math/pow.ts';
import { modulo, remainder } from './math/remainder.ts';
import { tanh } from './math/tanh.ts';
import { cos, sin, tan } from './math/trigonometric.ts';
import type { Value, Vectors } from './vector.ts';

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

/** A function of f32 only. */
const real = (emit: (v: Vectors, x: Value) => Value): Emit =>
  unary((v, x) => {
    if (x.type !== 'f32') throw new Error(`expected f32, got ${x.type}`);
    return emit(v, x);
  });

/** One lane-wise operation per type of the first argument. */
const lanewise =
  (ops: Partial<Record<Value['type'], LanewiseOp>>): Emit =>
  (v, args) => {
    const { type } = argument(args, 0);
    const op = ops[type];
    if (!op) throw new Error(`no operation for ${type}`);
    return v.op(op, ...args);
  };

const byType =
  (emits: Partial<Record<Value['type'], Emit>>): Emit =>
  (v, args, constants) => {
    const { type } = argument(args, 0);
    const emit = emits[type];
    if (!emit) throw new Error(`no operation for ${type}`);
    return emit(v, args, constants);
  };

/**
 * Minimum or maximum that is NaN where an argument is. Where one argument is a number known now, the
 * one-instruction form does: it gives its first operand when the comparison fails.
 */
const extremum =
  (which: 'min' | 'max'): Emit =>
  (v, args, constants) => {
    const [a, b] = [argument(args, 0), argument(args, 1)];
    if (a.type !== 'f32') return v.op(`i32.${which}`, a, b);
    const known = (k: number): boolean => constants[k] !== undefined && !Number.isNaN(constants[k]);
    if (known(1)) return v.op(`f32.p${which}`, a, b);
    if (known(0)) return v.op(`f32.p${which}`, b, a);
    return v.op(`f32.${which}`, a, b);
  };

const sign = byType({
  f32: unary((v, x) =>
    v.scoped(() => {
      const zero = v.f32(0);
      const negative = v.select(v.op('f32.lt', x, zero), v.f32(-1), x);
      return v.select(v.op('f32.lt', zero, x), v.f32(1), negative);
    }),
  ),
  i32: unary((v, x) => v.scoped(() => v.op('i32.max', v.op('i32.min', x, v.i32(1)), v.i32(-1)))),
});

const toF32 = byType({
  f32: unary((_, x) => x),
  i32: unary((v, x) => v.op('f32.fromI32', x)),
  bool: unary((v, x) =>
    v.scalar ? v.op('f32.fromI32', x) : { ...v.op('i32.and', x, v.bits(v.f32(1), 'i32')), type: 'f32' },
  ),
});

const toI32 = byType({
  f32: unary((v, x) => v.op('i32.fromF32', x)),
  i32: unary((_, x) => x),
  bool: unary((v, x) => (v.scalar ? { ...x, type: 'i32' } : v.op('i32.and', x, v.i32(1)))),
});

const toBool = byType({
  f32: unary((v, x) => v.op('f32.ne', x, v.f32(0))),
  i32: unary((v, x) => v.op('i32.ne', x, v.i32(0))),
  bool: unary((_, x) => x),
});

/** Powers that need no logarithm; the others go through pow. */
const power: Emit = (v, args, constants) => {
  const [x, y] = [argument(args, 0), argument(args, 1)];
  if (constants[1] === 1) return x;
  if (constants[1] === 2) return v.op('f32.mul', x, x);
  if (constants[1] === 3) return v.scoped(() => v.op('f32.mul', v.op('f32.mul', x, x), x));
  if (constants[1] === -1) return v.op('f32.div', v.f32(1), x);
  if (constants[1] === 0.5)
    return v.scoped(() => {
      // (−0)^½ is +0 and (−∞)^½ is +∞, unlike the square roots.
      const root = v.op('f32.sqrt', v.op('f32.add', x, v.f32(0)));
      return v.select(v.op('f32.eq', x, v.f32(-Infinity)), v.f32(Infinity), root);
    });
  return pow(v, x, y);
};

const OPS: Readonly<Record<Primitive, Emit>> = {
  neg: byType({
    f32: unary((v, x) => v.op('f32.neg', x)),
    i32: unary((v, x) => v.op('i32.sub', v.i32(0), x)),
  }),
  abs: byType({
    f32: unary((v, x) => v.op('f32.abs', x)),
    i32: unary((v, x) => v.scoped(() => v.op('i32.max', x, v.op('i32.sub', v.i32(0), x)))),
  }),
  sqrt: lanewise({ f32: 'f32.sqrt' }),
  floor: lanewise({ f32: 'f32.floor' }),
  ceil: lanewise({ f32: 'f32.ceil' }),
  round: lanewise({ f32: 'f32.nearest' }),
  trunc: lanewise({ f32: 'f32.trunc' }),
  sign,
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
  isnan: real((v, x) => v.op('f32.ne', x, x)),
  isinf: real((v, x) => v.scoped(() => v.op('f32.eq', v.op('f32.abs', x), v.f32(Infinity)))),
  not: lanewise({ bool: 'bool.not' }),
  toF32,
  toI32,
  toBool,
  add: lanewise({ f32: 'f32.add', i32: 'i32.add' }),
  sub: lanewise({ f32: 'f32.sub', i32: 'i32.sub' }),
  mul: lanewise({ f32: 'f32.mul', i32: 'i32.mul' }),
  div: byType({ f32: binary((v, a, b) => v.op('f32.div', a, b)), i32: binary(integerDivide) }),
  min: extremum('min'),
  max: extremum('max'),
  pow: byType({ f32: power, i32: binary(integerPower) }),
  rem: byType({ f32: binary(remainder), i32: binary(integerRemainder) }),
  mod: byType({ f32: binary(modulo), i32: binary(integerModulo) }),
  eq: byType({
    f32: lanewise({ f32: 'f32.eq' }),
    i32: lanewise({ i32: 'i32.eq' }),
    bool: binary((v, a, b) => v.scoped(() => v.op('bool.not', v.op('bool.xor', a, b)))),
  }),
  lt: lanewise({ f32: 'f32.lt', i32: 'i32.lt' }),
  le: lanewise({ f32: 'f32.le', i32: 'i32.le' }),
  and: lanewise({ bool: 'bool.and', i32: 'i32.and' }),
  or: lanewise({ bool: 'bool.or', i32: 'i32.or' }),
  xor: lanewise({ bool: 'bool.xor', i32: 'i32.xor' }),
  select: (v, args) => v.select(argument(args, 0), argument(args, 1), argument(args, 2)),
  madd: (v, args) => v.madd(argument(args, 0), argument(args, 1), argument(args, 2)),
};

/** The value of a primitive. `constants` tells which arguments are numbers known now. */
export const emitPrimitive = (
  v: Vectors,
  op: Primitive,
  args: readonly Value[],
  constants: Constants,
): Value => {
  try {
    return OPS[op](v, args, constants);
  } catch (error) {
    throw new Error(`primitive ${op}: ${error instanceof Error ? error.message : error}`);
  }
};

/** Whether code can be generated for a primitive. */
export const hasPrimitive = (op: string): op is Primitive => Object.hasOwn(OPS, op);
