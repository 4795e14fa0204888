// float16 and bfloat16 in the low halves of i32 lanes to f32 and back: exact on the way in, rounded to nearest, ties
// to even, on the way out. Subnormals, infinities and NaN included.

import type { Value, Vectors } from '../vector/vector.ts';

const f32Bits = (bits: number, v: Vectors): Value => v.bits(v.i32(bits), 'f32');

/** The sign of the half, where f32 has it. */
const signUp = (v: Vectors, half: Value): Value => v.shift(v.op('i32.and', half, v.i32(0x8000)), 'shl', 16);

/** Exponent and mantissa moved into place are the number times 2^-112, which one product puts right. */
export const float16Number = (v: Vectors, half: Value): Value =>
  v.scoped(() => {
    const magnitude = v.shift(v.op('i32.and', half, v.i32(0x7fff)), 'shl', 13);
    const number = v.bits(v.op('f32.mul', v.bits(magnitude, 'f32'), v.f32(2 ** 112)), 'i32');
    // Exponent 31 stands for infinity and NaN.
    const special = v.op('i32.or', magnitude, v.i32(0x7f800000));
    const finite = v.op('i32.lt', magnitude, v.i32(0x0f800000));
    const unsigned = v.select(finite, number, special);
    return v.bits(v.op('i32.or', unsigned, signUp(v, half)), 'f32');
  });

/** After F. Giesen's float-to-half conversions: the adder rounds subnormals, integer carries round the others. */
export const float16Bits = (v: Vectors, value: Value): Value =>
  v.scoped(() => {
    const bits = v.bits(value, 'i32');
    const magnitude = v.op('i32.and', bits, v.i32(0x7fffffff));
    const sign = v.op('i32.and', v.shift(bits, 'shr_u', 16), v.i32(0x8000));
    // 0.5 has its last mantissa bit at 2^-24, as subnormal halves do.
    const summed = v.op('f32.add', v.bits(magnitude, 'f32'), f32Bits(0x3f000000, v));
    const subnormal = v.op('i32.sub', v.bits(summed, 'i32'), v.i32(0x3f000000));
    const odd = v.op('i32.and', v.shift(magnitude, 'shr_u', 13), v.i32(1));
    const biased = v.op('i32.add', magnitude, v.i32(0xfff - (112 << 23)));
    const normal = v.shift(v.op('i32.add', biased, odd), 'shr_u', 13);
    const isNumber = v.op('i32.le', magnitude, v.i32(0x7f800000));
    const special = v.select(isNumber, v.i32(0x7c00), v.i32(0x7e00));
    const small = v.op('i32.lt', magnitude, v.i32(0x38800000));
    const finite = v.select(small, subnormal, normal);
    const inRange = v.op('i32.lt', magnitude, v.i32(0x47800000));
    return v.op('i32.or', v.select(inRange, finite, special), sign);
  });

/** Of i32 lanes with a bfloat16 in their lower half: the float32 with the same bits above. */
export const bfloat16Number = (v: Vectors, half: Value): Value => v.bits(v.shift(half, 'shl', 16), 'f32');

/** The nearest bfloat16 of float32 lanes, ties to even, in the lower half of i32 lanes; NaN stays NaN. */
export const bfloat16Bits = (v: Vectors, value: Value): Value =>
  v.scoped(() => {
    const bits = v.bits(value, 'i32');
    const upper = v.shift(bits, 'shr_u', 16);
    const odd = v.op('i32.and', upper, v.i32(1));
    const rounded = v.op('i32.add', v.op('i32.add', bits, v.i32(0x7fff)), odd);
    // Rounding must not carry a NaN into infinity.
    const isNaN = v.op('f32.ne', value, value);
    return v.select(isNaN, v.op('i32.or', upper, v.i32(0x40)), v.shift(rounded, 'shr_u', 16));
  });
