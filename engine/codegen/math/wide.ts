// Values of 64 bits in expressions: two lanes in a part, so twice the parts of the same elements in 32 bits.
// Conditions stay masks of 32-bit lanes outside of this file.

import { eachLaneOp } from '../vector/each-lane.ts';
import { type LaneType, lanesIn } from '../vector/lanewise.ts';
import type { Value, Vectors } from '../vector/vector.ts';
import type { Local } from '../wasm/function.ts';
import type { PlainOp } from '../wasm/opcodes.ts';

/** Types of 64 bits: two lanes to a part. */
export const isWide = (type: LaneType): boolean => lanesIn(type) === 2;

const uniform = ({ parts }: Value): boolean => parts.length > 1 && parts.every(part => part === parts[0]);

/** Two parts become one. Scalars: `scalar`. */
function narrowed(
  v: Vectors,
  result: LaneType,
  x: Value,
  scalar: PlainOp | undefined,
  join: (low: Local, high: Local) => void,
): Value {
  if (v.scalar) return v.map(result, [x], () => scalar && v.f.op(scalar));
  const count = Math.ceil(x.parts.length / 2);
  const out = v.fresh(result, result, uniform(x) ? 1 : count);
  out.parts.forEach((target, k) => {
    const low = v.part(x, 2 * k);
    join(low, x.parts[2 * k + 1] ?? low);
    v.f.set(target);
  });
  return uniform(x) ? v.everywhere(result, v.part(out, 0), count) : out;
}

/** One part becomes two. Scalars: `scalar`. */
function widened(
  v: Vectors,
  result: LaneType,
  x: Value,
  scalar: PlainOp | undefined,
  half: (part: Local, high: boolean) => void,
): Value {
  if (v.scalar) return v.map(result, [x], () => scalar && v.f.op(scalar));
  const count = 2 * x.parts.length;
  const out = v.fresh(result, result, uniform(x) ? 1 : count);
  out.parts.forEach((target, k) => {
    half(v.part(x, k >> 1), k % 2 === 1);
    v.f.set(target);
  });
  return uniform(x) ? v.everywhere(result, v.part(out, 0), count) : out;
}

/** A conversion of the two low lanes, done for the high ones too. */
const lowLanes =
  (v: Vectors, op: PlainOp) =>
  (part: Local, high: boolean): void => {
    v.f.get(part);
    if (high) {
      v.f.get(part);
      v.f.shuffle32([2, 3, 2, 3]);
    }
    v.f.op(op);
  };

/** A conversion into the two low lanes, done twice and joined. */
const intoLowLanes =
  (v: Vectors, op: PlainOp) =>
  (low: Local, high: Local): void => {
    for (const part of [low, high]) {
      v.f.get(part);
      v.f.op(op);
    }
    v.f.shuffle32([0, 1, 4, 5]);
  };

const lowWords =
  (v: Vectors) =>
  (low: Local, high: Local): void => {
    v.f.get(low);
    v.f.get(high);
    v.f.shuffle32([0, 2, 4, 6]);
  };

const extended =
  (v: Vectors) =>
  (part: Local, high: boolean): void => {
    v.f.get(part);
    v.f.op(high ? 'i64x2.extend_high_i32x4_s' : 'i64x2.extend_low_i32x4_s');
  };

/** f32 → f64, exact. */
export const singleToDouble = (v: Vectors, x: Value): Value =>
  widened(v, 'f64', x, 'f64.promote_f32', lowLanes(v, 'f64x2.promote_low_f32x4'));
/** i32 → f64, exact. */
export const integerToDouble = (v: Vectors, x: Value): Value =>
  widened(v, 'f64', x, 'f64.convert_i32_s', lowLanes(v, 'f64x2.convert_low_i32x4_s'));
/** i32 → i64, signed. */
export const integerToLong = (v: Vectors, x: Value): Value =>
  widened(v, 'i64', x, 'i64.extend_i32_s', extended(v));
/** f64 → f32, rounded to nearest. */
export const doubleToSingle = (v: Vectors, x: Value): Value =>
  narrowed(v, 'f32', x, 'f32.demote_f64', intoLowLanes(v, 'f32x4.demote_f64x2_zero'));
/** Beyond 32 bits the nearest there is; NaN is 0. */
export const doubleToInteger = (v: Vectors, x: Value): Value =>
  narrowed(v, 'i32', x, 'i32.trunc_sat_f64_s', intoLowLanes(v, 'i32x4.trunc_sat_f64x2_s_zero'));
/** The low 32 bits. */
export const longToInteger = (v: Vectors, x: Value): Value =>
  narrowed(v, 'i32', x, 'i32.wrap_i64', lowWords(v));
/** i64 → f32, rounded to nearest. */
export const longToSingle = (v: Vectors, x: Value): Value => eachLaneOp(v, 'f32', 'f32.convert_i64_s', x);
/** i64 → f64, rounded to nearest. */
export const longToDouble = (v: Vectors, x: Value): Value => eachLaneOp(v, 'f64', 'f64.convert_i64_s', x);
/** f32 → i64: toward zero, held inside the range, NaN 0. */
export const singleToLong = (v: Vectors, x: Value): Value => eachLaneOp(v, 'i64', 'i64.trunc_sat_f32_s', x);
/** f64 → i64: toward zero, held inside the range, NaN 0. */
export const doubleToLong = (v: Vectors, x: Value): Value => eachLaneOp(v, 'i64', 'i64.trunc_sat_f64_s', x);

/** The mask that a comparison of 64-bit lanes leaves, for as many lanes of 32 bits. */
const narrowMask = (v: Vectors, mask: Value): Value => narrowed(v, 'bool', mask, undefined, lowWords(v));
const widenMask = (v: Vectors, mask: Value): Value => widened(v, 'bool', mask, undefined, extended(v));

/** A comparison of 64-bit values. */
export const compareWide = (
  v: Vectors,
  op: 'i64.eq' | 'i64.ne' | 'i64.lt' | 'i64.le' | 'f64.eq' | 'f64.ne' | 'f64.lt' | 'f64.le',
  a: Value,
  b: Value,
): Value => v.scoped(() => narrowMask(v, v.op(op, a, b)));

/** Lanes of `yes` where the mask of 32-bit lanes is set, of `no` elsewhere. */
export const selectWide = (v: Vectors, mask: Value, yes: Value, no: Value): Value =>
  v.scoped(() => v.select(widenMask(v, mask), yes, no));

/** The smaller or the larger of two integers. */
export const longExtremum = (v: Vectors, which: 'min' | 'max', a: Value, b: Value): Value =>
  v.scoped(() => v.select(which === 'min' ? v.op('i64.lt', a, b) : v.op('i64.lt', b, a), a, b));
