// Operations that act on every lane alike: one row each, with the scalar and the vector instruction.
// A row without a scalar instruction is written with others, in vector.ts.

import type { PlainOp } from '../wasm/opcodes.ts';

/** Types of vectors. 'bool' is a mask of all ones or all zeros per lane; a scalar bool is an i32, 0 or 1. */
export type LaneType = 'f32' | 'i32' | 'bool' | 'f64' | 'i64';

/** Lanes in a part of a vector. */
export const lanesIn = (type: LaneType): number => (type === 'i64' || type === 'f64' ? 2 : 4);

interface Lanewise {
  readonly scalar?: PlainOp;
  readonly simd: PlainOp;
  readonly result: LaneType;
}

const row = (result: LaneType, scalar: PlainOp | undefined, simd: PlainOp): Lanewise =>
  scalar ? { scalar, simd, result } : { simd, result };

/** By name: type of the operands, then what is done to them. */
export const LANEWISE = {
  'f32.add': row('f32', 'f32.add', 'f32x4.add'),
  'f32.sub': row('f32', 'f32.sub', 'f32x4.sub'),
  'f32.mul': row('f32', 'f32.mul', 'f32x4.mul'),
  'f32.div': row('f32', 'f32.div', 'f32x4.div'),
  'f32.min': row('f32', 'f32.min', 'f32x4.min'),
  'f32.max': row('f32', 'f32.max', 'f32x4.max'),
  /** b < a ? b : a, one instruction on x64; gives a where either is NaN */
  'f32.pmin': row('f32', undefined, 'f32x4.pmin'),
  /** a < b ? b : a; gives a where either is NaN */
  'f32.pmax': row('f32', undefined, 'f32x4.pmax'),
  'f32.neg': row('f32', 'f32.neg', 'f32x4.neg'),
  'f32.abs': row('f32', 'f32.abs', 'f32x4.abs'),
  'f32.sqrt': row('f32', 'f32.sqrt', 'f32x4.sqrt'),
  'f32.floor': row('f32', 'f32.floor', 'f32x4.floor'),
  'f32.ceil': row('f32', 'f32.ceil', 'f32x4.ceil'),
  'f32.trunc': row('f32', 'f32.trunc', 'f32x4.trunc'),
  'f32.nearest': row('f32', 'f32.nearest', 'f32x4.nearest'),
  'f32.eq': row('bool', 'f32.eq', 'f32x4.eq'),
  'f32.ne': row('bool', 'f32.ne', 'f32x4.ne'),
  'f32.lt': row('bool', 'f32.lt', 'f32x4.lt'),
  'f32.le': row('bool', 'f32.le', 'f32x4.le'),
  'i32.add': row('i32', 'i32.add', 'i32x4.add'),
  'i32.sub': row('i32', 'i32.sub', 'i32x4.sub'),
  'i32.mul': row('i32', 'i32.mul', 'i32x4.mul'),
  'i32.min': row('i32', undefined, 'i32x4.min_s'),
  'i32.max': row('i32', undefined, 'i32x4.max_s'),
  'i32.eq': row('bool', 'i32.eq', 'i32x4.eq'),
  'i32.ne': row('bool', 'i32.ne', 'i32x4.ne'),
  'i32.lt': row('bool', 'i32.lt_s', 'i32x4.lt_s'),
  'i32.le': row('bool', 'i32.le_s', 'i32x4.le_s'),
  'i32.and': row('i32', 'i32.and', 'v128.and'),
  'i32.or': row('i32', 'i32.or', 'v128.or'),
  'i32.xor': row('i32', 'i32.xor', 'v128.xor'),
  'bool.and': row('bool', 'i32.and', 'v128.and'),
  'bool.or': row('bool', 'i32.or', 'v128.or'),
  'bool.xor': row('bool', 'i32.xor', 'v128.xor'),
  'bool.not': row('bool', 'i32.eqz', 'v128.not'),
  'f32.fromI32': row('f32', 'f32.convert_i32_s', 'f32x4.convert_i32x4_s'),
  'i32.fromF32': row('i32', 'i32.trunc_sat_f32_s', 'i32x4.trunc_sat_f32x4_s'),
  'f64.add': row('f64', 'f64.add', 'f64x2.add'),
  'f64.sub': row('f64', 'f64.sub', 'f64x2.sub'),
  'f64.mul': row('f64', 'f64.mul', 'f64x2.mul'),
  'f64.div': row('f64', 'f64.div', 'f64x2.div'),
  'f64.min': row('f64', 'f64.min', 'f64x2.min'),
  'f64.max': row('f64', 'f64.max', 'f64x2.max'),
  'f64.abs': row('f64', 'f64.abs', 'f64x2.abs'),
  'f64.neg': row('f64', 'f64.neg', 'f64x2.neg'),
  'f64.sqrt': row('f64', 'f64.sqrt', 'f64x2.sqrt'),
  'f64.nearest': row('f64', 'f64.nearest', 'f64x2.nearest'),
  'f64.floor': row('f64', 'f64.floor', 'f64x2.floor'),
  'f64.trunc': row('f64', 'f64.trunc', 'f64x2.trunc'),
  'f64.eq': row('bool', 'f64.eq', 'f64x2.eq'),
  'f64.lt': row('bool', 'f64.lt', 'f64x2.lt'),
  'f64.le': row('bool', 'f64.le', 'f64x2.le'),
  'f64.ne': row('bool', 'f64.ne', 'f64x2.ne'),
  'f64.ceil': row('f64', 'f64.ceil', 'f64x2.ceil'),
  'i64.add': row('i64', 'i64.add', 'i64x2.add'),
  'i64.sub': row('i64', 'i64.sub', 'i64x2.sub'),
  'i64.mul': row('i64', 'i64.mul', 'i64x2.mul'),
  'i64.xor': row('i64', 'i64.xor', 'v128.xor'),
  'i64.eq': row('bool', 'i64.eq', 'i64x2.eq'),
  'i64.ne': row('bool', 'i64.ne', 'i64x2.ne'),
  'i64.lt': row('bool', 'i64.lt_s', 'i64x2.lt_s'),
  'i64.le': row('bool', 'i64.le_s', 'i64x2.le_s'),
  'i64.and': row('i64', 'i64.and', 'v128.and'),
  'i64.or': row('i64', 'i64.or', 'v128.or'),
} as const satisfies Record<string, Lanewise>;

/** Name of a row. */
export type LanewiseOp = keyof typeof LANEWISE;
