// Small whole numbers from float to integer in one addition: V8's saturating conversion takes six instructions on x64.

import type { Value, Vectors } from '../vector/vector.ts';

/** The low bits of a whole number below 2^22, added to this, are the integer's own in two's complement; of NaN, 0. */
const INTEGER_BITS = 1.5 * 2 ** 23;

/** An i32 whose low 16 bits are those of a whole number of at most 16 bits and a sign; 0 for NaN. */
export const integerBits = (v: Vectors, value: Value): Value =>
  v.bits(v.op('f32.add', value, v.f32(INTEGER_BITS)), 'i32');
