// eˣ in f32. x = n·ln 2 + r with |r| ≤ ½ ln 2, eˣ = 2ⁿ·(1 + r + r²·P(r)); P is the minimax polynomial of
// relative error 3·10⁻⁹ (own fit, Lawson's algorithm).
// Error below 1.4 ulp. Below e⁻⁸⁷ (1.6·10⁻³⁸) the result is 0: no denormals. e^NaN is NaN.

import type { Value, Vectors } from '../vector/vector.ts';
import { polynomial } from './polynomial.ts';

const P = [
  0.4999999403953552, 0.1666652113199234, 0.04166838899254799, 0.00836874544620514, 0.001381453825160861,
];
/** 1.5·2²³: adding it rounds to an integer, which then stands in the low bits */
const ROUND = 12582912;
const LN2_HIGH = 0.693359375;
const LN2_LOW = -0.00021219444005469057;

/** f32; 1.4 ulp, 0 where the result would be denormal. */
export const exp = (v: Vectors, x: Value): Value =>
  v.scoped(() => {
    const bounded = v.op('f32.pmin', x, v.f32(89));
    const rounded = v.madd(bounded, v.f32(Math.LOG2E), v.f32(ROUND));
    const n = v.op('f32.sub', rounded, v.f32(ROUND));
    const high = v.madd(n, v.f32(-LN2_HIGH), bounded);
    const r = v.madd(n, v.f32(-LN2_LOW), high);
    const tail = v.madd(polynomial(v, r, P), v.op('f32.mul', r, r), r);
    const mantissa = v.op('f32.add', tail, v.f32(1));
    // 2ⁿ⁻¹·2, so that n = 128 overflows to infinity only where eˣ does.
    const exponent = v.op('i32.add', v.shift(v.bits(rounded, 'i32'), 'shl', 23), v.i32(126 << 23));
    const half = v.op('f32.mul', mantissa, v.bits(exponent, 'f32'));
    const result = v.op('f32.mul', half, v.f32(2));
    return v.zeroWhere(v.op('f32.lt', x, v.f32(-87)), result);
  });
