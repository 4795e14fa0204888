// xʸ in f32 as 2^(y·log₂|x|), the logarithm and the product as sums of two floats; special cases as C and IEEE 754
// have them. Products of halves of 12 bits are exact, so nothing relies on multiply-adds that round once.
// Error below 1.5 ulp where the result lies between 10⁻⁴ and 10⁴, below 5 ulp everywhere.

import type { Value, Vectors } from '../vector/vector.ts';
import { polynomial } from './polynomial.ts';

/** 2/ln 2 in two, the first of 12 bits */
const SCALE_HIGH = 2.884765625;
const SCALE_LOW = 2 / Math.LN2 - SCALE_HIGH;
/** log₂ m = 2/ln 2·s + s³·P(s²), s = (m − 1)/(m + 1), relative error 6·10⁻¹² (own fit, Lawson's algorithm) */
const LOGARITHM = [0.96179668, 0.577083, 0.41169616, 0.3404231];
/** 2ʳ = 1 + r·Q(r) for |r| ≤ ½, relative error 2.3·10⁻⁹ (own fit, Lawson's algorithm) */
const POWER = [6.93147206e-1, 2.40226476e-1, 5.55032614e-2, 9.61846295e-3, 1.34014782e-3, 1.53512612e-4];
const SMALLEST_NORMAL = 2 ** -126;
/** bits of √½ */
const ROOT_HALF = 0x3f3504f3;
/** 1.5·2²³: adding it rounds to an integer, which then stands in the low bits */
const ROUND = 12582912;
const ROUND_BITS = 0x4b400000;
/** 2 to this is infinite, and to its negative 0 */
const BEYOND = 200;
/** x to this is that, or 1, for every x */
const LARGEST_POWER = 2 ** 32;
const HIGH_BITS = 0xfffff000 | 0;

/** A number as a sum; the first part has 12 bits where it came from `split`. */
interface Sum {
  readonly high: Value;
  readonly low: Value;
}

/** x as two numbers of 12 bits. */
const split = (v: Vectors, x: Value): Sum => {
  const high = v.bits(v.op('i32.and', v.bits(x, 'i32'), v.i32(HIGH_BITS)), 'f32');
  return { high, low: v.op('f32.sub', x, high) };
};

/** 1^y and x^0 are 1 even with NaN; below 0 only whole powers are numbers. `known`: y, where it is known now. */
export const pow = (v: Vectors, x: Value, y: Value, known?: number): Value =>
  v.scoped(() => {
    const size = v.op('f32.abs', x);
    const bounded = v.op('f32.pmax', v.op('f32.pmin', y, v.f32(LARGEST_POWER)), v.f32(-LARGEST_POWER));
    const finite = powerOfTwo(v, multiply(v, logarithm(v, size), bounded));
    const extreme = v.op('bool.or', v.op('f32.eq', size, v.f32(0)), v.op('f32.eq', size, v.f32(Infinity)));
    const positive = v.select(extreme, ofExtreme(v, size, bounded), finite);
    if (known === undefined) return signed(v, x, y, positive);
    if (known === 0) return v.f32(1);
    return isEven(known) ? positive : v.select(v.op('f32.eq', x, v.f32(1)), x, ofSign(v, x, positive, known));
  });

/** As ±∞ is, too: (−1)^∞ is 1. */
const isEven = (y: number): boolean => y % 2 === 0 || Math.abs(y) === Infinity;

/** log₂ x of a finite x > 0; NaN of NaN. */
const logarithm = (v: Vectors, x: Value): Sum => {
  const tiny = v.op('f32.lt', x, v.f32(SMALLEST_NORMAL));
  const normal = v.select(tiny, v.op('f32.mul', x, v.f32(2 ** 24)), x);
  const above = v.op('i32.sub', v.bits(normal, 'i32'), v.i32(ROOT_HALF));
  const binary = v.op('f32.fromI32', v.shift(above, 'shr_s', 23));
  const exponent = v.op('f32.sub', binary, v.select(tiny, v.f32(24), v.f32(0)));
  const e = v.op('f32.add', v.op('f32.mul', x, v.f32(0)), exponent);
  const bits = v.op('i32.add', v.op('i32.and', above, v.i32(0x7fffff)), v.i32(ROOT_HALF));
  const { s, high, low } = quotient(v, v.bits(bits, 'f32'));
  const square = v.op('f32.mul', s, s);
  const tail = v.op('f32.mul', v.op('f32.mul', s, square), polynomial(v, square, LOGARITHM));
  const rest = v.madd(low, v.f32(SCALE_HIGH), v.madd(s, v.f32(SCALE_LOW), tail));
  const first = v.op('f32.mul', high, v.f32(SCALE_HIGH));
  const sum = v.op('f32.add', e, first);
  const lost = v.op('f32.sub', first, v.op('f32.sub', sum, e));
  const parts = split(v, sum);
  return { high: parts.high, low: v.op('f32.add', parts.low, v.op('f32.add', lost, rest)) };
};

/** s = (m − 1)/(m + 1) of √½ ≤ m < √2, and as a sum. */
const quotient = (v: Vectors, m: Value): Sum & { readonly s: Value } => {
  const difference = v.op('f32.sub', m, v.f32(1));
  const sum = v.op('f32.add', m, v.f32(1));
  const lost = v.op('f32.sub', m, v.op('f32.sub', sum, v.f32(1)));
  const inverse = v.op('f32.div', v.f32(1), sum);
  const s = v.op('f32.mul', difference, inverse);
  const [a, b] = [split(v, s), split(v, sum)];
  // What s·(m + 1) lacks of m − 1: differences of exact products, the largest first.
  const product = (x: Value, y: Value): Value => v.op('f32.mul', x, y);
  const large = v.op('f32.sub', difference, product(a.high, b.high));
  const middle = v.op('f32.sub', large, product(a.high, b.low));
  const small = v.op('f32.add', product(a.low, sum), product(s, lost));
  const error = v.op('f32.mul', v.op('f32.sub', middle, small), inverse);
  return { s, high: a.high, low: v.op('f32.add', a.low, error) };
};

const multiply = (v: Vectors, { high, low }: Sum, y: Value): Sum => {
  const parts = split(v, y);
  return {
    high: v.op('f32.mul', parts.high, high),
    low: v.madd(y, low, v.op('f32.mul', parts.low, high)),
  };
};

const powerOfTwo = (v: Vectors, { high, low }: Sum): Value => {
  const clamp = (x: Value, most: number): Value =>
    v.op('f32.pmax', v.op('f32.pmin', x, v.f32(most)), v.f32(-most));
  const rounded = v.op('f32.add', clamp(v.op('f32.add', high, low), BEYOND), v.f32(ROUND));
  const n = v.op('f32.sub', rounded, v.f32(ROUND));
  const r = clamp(v.op('f32.add', v.op('f32.sub', high, n), low), 1);
  const mantissa = v.madd(r, polynomial(v, r, POWER), v.f32(1));
  // In two steps, for neither 2^200 nor what is smaller than the normal numbers is a float.
  const whole = v.op('i32.sub', v.bits(rounded, 'i32'), v.i32(ROUND_BITS));
  const half = v.shift(whole, 'shr_s', 1);
  const binary = (exponent: Value): Value =>
    v.bits(v.shift(v.op('i32.add', exponent, v.i32(127)), 'shl', 23), 'f32');
  return v.op('f32.mul', v.op('f32.mul', mantissa, binary(half)), binary(v.op('i32.sub', whole, half)));
};

/** 0ʸ and ∞ʸ; NaN where y is. */
const ofExtreme = (v: Vectors, size: Value, y: Value): Value => {
  const none = v.op('bool.xor', v.op('f32.eq', size, v.f32(0)), v.op('f32.lt', y, v.f32(0)));
  return v.op('f32.add', v.op('f32.mul', y, v.f32(0)), v.select(none, v.f32(0), v.f32(Infinity)));
};

/** With the sign of xʸ for a y that is not even. */
const ofSign = (v: Vectors, x: Value, positive: Value, y: number): Value => {
  if (Number.isInteger(y)) return withSign(v, positive, x);
  return v.select(finiteNegative(v, x), v.f32(NaN), positive);
};

const finiteNegative = (v: Vectors, x: Value): Value =>
  v.op('bool.and', v.op('f32.lt', x, v.f32(0)), v.op('f32.lt', v.f32(-Infinity), x));

/** A number that is not negative, with the sign of another. */
const withSign = (v: Vectors, size: Value, from: Value): Value =>
  v.bits(v.op('i32.or', v.bits(size, 'i32'), v.op('i32.and', v.bits(from, 'i32'), v.i32(1 << 31))), 'f32');

const signed = (v: Vectors, x: Value, y: Value, positive: Value): Value => {
  const whole = v.op('f32.eq', v.op('f32.trunc', y), y);
  const halved = v.op('f32.mul', y, v.f32(0.5));
  const even = v.op('f32.eq', v.op('f32.trunc', halved), halved);
  const odd = v.op('bool.and', whole, v.op('bool.not', even));
  const power = withSign(v, positive, v.select(odd, x, v.f32(0)));
  const undefinedPower = v.op('bool.and', finiteNegative(v, x), v.op('bool.not', whole));
  const real = v.select(undefinedPower, v.f32(NaN), power);
  const one = v.op('bool.or', v.op('f32.eq', y, v.f32(0)), v.op('f32.eq', x, v.f32(1)));
  return v.select(one, v.f32(1), real);
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
