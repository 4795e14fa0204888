// Natural logarithm in f32. x = 2ᵉ·(1 + f) with √½ ≤ 1 + f < √2, log x = e·ln 2 + f − f²/2 + f³·P(f); P is the
// minimax polynomial of relative error 6·10⁻⁹ (own fit, Lawson's algorithm).
// Error below 1.2 ulp, denormals included. log 0 = −∞, NaN below 0.

import type { Value, Vectors } from '../vector/vector.ts';
import { polynomial } from './polynomial.ts';

const P = [
  0.3333333134651184, -0.250008225440979, 0.20001226663589478, -0.16623356938362122, 0.14201761782169342,
  -0.131601944565773, 0.12761549651622772, -0.07634429633617401,
];
const SMALLEST_NORMAL = 2 ** -126;
/** bits of √½ */
const ROOT_HALF = 0x3f3504f3;
const LN2_HIGH = 0.693359375;
const LN2_LOW = -0.00021219444005469057;

/** f32; 1.2 ulp. NaN below 0, −∞ at 0. */
export const log = (v: Vectors, x: Value): Value =>
  v.scoped(() => {
    const tiny = v.op('f32.lt', x, v.f32(SMALLEST_NORMAL));
    const normal = v.select(tiny, v.op('f32.mul', x, v.f32(2 ** 23)), x);
    const above = v.op('i32.sub', v.bits(normal, 'i32'), v.i32(ROOT_HALF));
    const exponent = v.op('f32.fromI32', v.shift(above, 'shr_s', 23));
    const e = v.op('f32.sub', exponent, v.select(tiny, v.f32(23), v.f32(0)));
    const mantissa = v.op('i32.add', v.op('i32.and', above, v.i32(0x7fffff)), v.i32(ROOT_HALF));
    const f = v.op('f32.sub', v.bits(mantissa, 'f32'), v.f32(1));
    const square = v.op('f32.mul', f, f);
    const cubic = v.op('f32.mul', v.op('f32.mul', square, f), polynomial(v, f, P));
    const low = v.madd(e, v.f32(LN2_LOW), v.madd(square, v.f32(-0.5), cubic));
    const sum = v.madd(e, v.f32(LN2_HIGH), v.op('f32.add', f, low));
    return specials(v, x, sum);
  });

const specials = (v: Vectors, x: Value, result: Value): Value => {
  const zero = v.op('f32.eq', x, v.f32(0));
  const finite = v.select(zero, v.f32(-Infinity), result);
  // +∞ and NaN are their own logarithms.
  const ordinary = v.op('f32.lt', x, v.f32(Infinity));
  const positive = v.select(ordinary, finite, x);
  return v.select(v.op('f32.lt', x, v.f32(0)), v.f32(NaN), positive);
};
