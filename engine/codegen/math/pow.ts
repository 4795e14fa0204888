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
