// Hyperbolic functions and the inverses of trigonometric and hyperbolic ones, in f32 through double precision.
// Errors below 0.51 ulp. Odd functions keep the sign of zero.

import type { Value } from '../vector/vector.ts';
import { type Doubles, throughDoubles } from './double.ts';
import { polynomial } from './polynomial.ts';

/** An odd function of |x|: near 0, where `far` cancels, x·series(x²). */
const odd = (d: Doubles, x: Value, far: (size: Value) => Value, series: readonly number[]): Value => {
  const { v } = d;
  const size = d.abs(x);
  const near = d.mul(size, polynomial(v, d.mul(size, size), series));
  return d.copySign(v.select(d.lt(size, d.f64(1 / 32)), near, far(size)), x);
};

export const sinh = throughDoubles('sinh', (d, x) =>
  odd(
    d,
    x,
    size => {
      const e = d.exp(size);
      return d.mul(d.sub(e, d.div(d.f64(1), e)), d.f64(0.5));
    },
    [1, 1 / 6, 1 / 120, 1 / 5040],
  ),
);

export const cosh = throughDoubles('cosh', (d, x) => {
  const e = d.exp(d.abs(x));
  return d.mul(d.add(e, d.div(d.f64(1), e)), d.f64(0.5));
});

export const asinh = throughDoubles('asinh', (d, x) =>
  odd(d, x, size => d.log(d.add(size, d.sqrt(d.v.madd(size, size, d.f64(1))))), [
    1,
    -1 / 6,
    3 / 40,
    -15 / 336,
  ]),
);

export const acosh = throughDoubles('acosh', (d, x) => {
  // (x − 1)(x + 1) is exact where it matters; below 1 its root is NaN.
  const root = d.sqrt(d.mul(d.sub(x, d.f64(1)), d.add(x, d.f64(1))));
  return d.v.select(d.lt(x, d.f64(1)), d.f64(NaN), d.log(d.add(x, root)));
});

export const atanh = throughDoubles('atanh', (d, x) =>
  odd(d, x, size => d.mul(d.log(d.div(d.add(d.f64(1), size), d.sub(d.f64(1), size))), d.f64(0.5)), [
    1,
    1 / 3,
    1 / 5,
    1 / 7,
  ]),
);

export const atan = throughDoubles('atan', (d, x) => d.atan(x));

export const asin = throughDoubles('asin', (d, x) =>
  d.atan(d.div(x, d.sqrt(d.mul(d.sub(d.f64(1), x), d.add(d.f64(1), x))))),
);

export const acos = throughDoubles('acos', (d, x) =>
  d.mul(d.atan(d.sqrt(d.div(d.sub(d.f64(1), x), d.add(d.f64(1), x)))), d.f64(2)),
);
