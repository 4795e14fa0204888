// xʸ in f32 as e^(y·log|x|) in double precision; special cases as C and IEEE 754 have them.
// Error below 0.51 ulp.

import type { Value, Vectors } from '../vector.ts';
import { type Doubles, throughDoubles } from './double.ts';

/** 1^y and x^0 are 1 even with NaN; below 0 only whole powers are numbers. */
export const pow = (v: Vectors, x: Value, y: Value): Value =>
  throughDoubles(v, 'pow', [x, y], (d, a, b) => {
    if (!a || !b) throw new Error('pow expects two arguments');
    return signed(d, a, b, d.exp(d.mul(b, d.log(d.abs(a)))));
  });

const signed = (d: Doubles, x: Value, y: Value, magnitude: Value): Value => {
  const { v } = d;
  const whole = d.eq(v.op('f64.trunc', y), y);
  const halved = d.mul(y, d.f64(0.5));
  const even = d.eq(v.op('f64.trunc', halved), halved);
  const odd = v.op('bool.and', whole, v.op('bool.not', even));
  const power = v.select(odd, d.copySign(magnitude, x), magnitude);
  const finiteNegative = v.op('bool.and', d.lt(x, d.f64(0)), d.lt(d.f64(-Infinity), x));
  const undefinedPower = v.op('bool.and', finiteNegative, v.op('bool.not', whole));
  const real = v.select(undefinedPower, d.f64(NaN), power);
  const infiniteY = d.eq(d.abs(y), d.f64(Infinity));
  const unit = v.op('bool.and', d.eq(d.abs(x), d.f64(1)), infiniteY);
  const one = v.op('bool.or', v.op('bool.or', d.eq(y, d.f64(0)), d.eq(x, d.f64(1))), unit);
  return v.select(one, d.f64(1), real);
};

/** Whether a power is made of square roots: a half or quarters. */
export const hasRoots = (y: number): boolean => Math.abs(y) < 1 && Number.isInteger(4 * y) && y !== 0;

/** xʸ for a y that has roots, in f32. Error below 2.5 ulp, 4 for negative y; special cases as those of pow. */
export const rootPower = (v: Vectors, x: Value, y: number): Value =>
  v.scoped(() => {
    // (−0)ʸ and (−∞)ʸ are those of 0 and ∞, unlike with the square roots.
    const half = v.op('f32.sqrt', v.op('f32.add', x, v.f32(0)));
    const quarter = Math.abs(y) === 0.5 ? half : v.op('f32.sqrt', half);
    const root = Math.abs(y) === 0.75 ? v.op('f32.mul', half, quarter) : quarter;
    const power = y < 0 ? v.op('f32.div', v.f32(1), root) : root;
    return v.select(v.op('f32.eq', x, v.f32(-Infinity)), v.f32(y < 0 ? 0 : Infinity), power);
  });
