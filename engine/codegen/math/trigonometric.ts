// Sine, cosine and tangent in f32 through double precision. x = n·π/2 + r, |r| ≤ π/4: with π/2 in three parts for
// |x| < 2²⁰, beyond that by multiplying with the digits of 2/π that matter (Payne and Hanek 1983).
// Errors below 0.51 ulp for every finite x. NaN for ±∞.

import { eachLane } from '../vector/each-lane.ts';
import type { Value, Vectors } from '../vector/vector.ts';
import type { FunctionBuilder, FunctionHandle, Local } from '../wasm/function.ts';
import { type Doubles, throughDoubles } from './double.ts';
import { polynomial } from './polynomial.ts';

/** π/2 = HIGH + MIDDLE + LOW, the first two of 33 bits, so that n·HIGH and n·MIDDLE are exact for n < 2²⁰ */
const HIGH = 1.5707963267341256;
const MIDDLE = 6.077100506303966e-11;
const LOW = 2.0222662487959506e-21;
const LARGE = 2 ** 20;
/** 1/(2k + 1)! and 1/(2k)! with alternating signs; truncated below 10⁻¹² for |r| ≤ π/4 */
const SINE = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800, 1 / 6227020800];
const COSINE = [1, -1 / 2, 1 / 24, -1 / 720, 1 / 40320, -1 / 3628800, 1 / 479001600];
/** the first 256 fraction bits of 2/π, after eight zero bits */
const TWO_OVER_PI = [
  0x00a2f9836e4e4415n,
  0x29fc2757d1f534ddn,
  0xc0db6295993c4390n,
  0x41fe5163abdebbc5n,
] as const;

type Part = 'quadrant' | 'remainder';

/** Pushes 64 bits of 2/π from bit `shift` (0–63) of word `index + plus`; index is 0 or 1. */
const pushWindow = (f: FunctionBuilder, index: Local, shift: Local, plus: 0 | 1): void => {
  const word = (k: number): void => {
    f.i64(TWO_OVER_PI[k + 1] ?? 0n);
    f.i64(TWO_OVER_PI[k] ?? 0n);
    f.get(index);
    f.select();
  };
  word(plus);
  f.get(shift);
  f.op('i64.shl');
  word(plus + 1);
  // In two steps, because a shift by 64 is one by 0.
  f.i64(1n);
  f.op('i64.shr_u');
  f.i64(63n);
  f.get(shift);
  f.op('i64.sub');
  f.op('i64.shr_u');
  f.op('i64.or');
};

/** |x| ≥ 2²⁰ (an f32 held in f64) → n mod 4, or r. */
const largeReduction = (v: Vectors, part: Part): FunctionHandle =>
  v.module.helper(`reduce.${part}`, { params: ['f64'], results: ['f64'] }, f => {
    const [x] = f.params;
    if (!x) throw new Error('a reduction expects a parameter');
    const [bits, index] = f.locals(2, 'i32');
    const [mantissa, shift, turns] = f.locals(3, 'i64');
    const result = f.local('f64', 'result');
    if (!bits || !index || !mantissa || !shift || !turns) throw new Error('a reduction needs five locals');
    splitFloat(f, x, bits, mantissa);
    findWindow(f, bits, index, shift);
    pushTurns(f, { mantissa, index, shift });
    f.set(turns);
    pushQuarters(f, turns);
    if (part === 'remainder') {
      f.i64(62n);
      f.op('i64.shl');
      f.set(shift);
      f.get(turns);
      f.get(shift);
      f.op('i64.sub');
    }
    f.op('f64.convert_i64_s');
    if (part === 'remainder') {
      f.f64((Math.PI / 2) * 2 ** -62);
      f.op('f64.mul');
    }
    // Both are odd functions of x.
    f.set(result);
    f.get(result);
    f.op('f64.neg');
    f.get(result);
    f.get(x);
    f.f64(0);
    f.op('f64.lt');
    f.select();
  });

/** bits ← those of |x| as a float32; mantissa ← its 24 bits */
const splitFloat = (f: FunctionBuilder, x: Local, bits: Local, mantissa: Local): void => {
  f.get(x);
  f.op('f64.abs');
  f.op('f32.demote_f64');
  f.op('i32.reinterpret_f32');
  f.set(bits);
  f.get(bits);
  f.i32(0x7fffff);
  f.op('i32.and');
  f.i32(0x800000);
  f.op('i32.or');
  f.op('i64.extend_i32_u');
  f.set(mantissa);
};

/**
 * index, shift ← the word of 2/π, and the bit in it, from which on its bits count. |x| = mantissa · 2^(field − 150):
 * whole turns come from the bits of 2/π before number field − 151 (from 1).
 */
const findWindow = (f: FunctionBuilder, bits: Local, index: Local, shift: Local): void => {
  f.get(bits);
  f.i32(23);
  f.op('i32.shr_u');
  f.i32(152 - 8);
  f.op('i32.sub');
  f.tee(bits);
  f.i32(6);
  f.op('i32.shr_u');
  f.set(index);
  f.get(bits);
  f.i32(63);
  f.op('i32.and');
  f.op('i64.extend_i32_u');
  f.set(shift);
};

/** Pushes |x| · 2/π in units of 2⁻⁶² quarter turns, modulo 4 of them. */
const pushTurns = (
  f: FunctionBuilder,
  { mantissa, index, shift }: Readonly<Record<'mantissa' | 'index' | 'shift', Local>>,
): void => {
  f.get(mantissa);
  pushWindow(f, index, shift, 0);
  f.op('i64.mul');
  f.get(mantissa);
  pushWindow(f, index, shift, 1);
  f.i64(32n);
  f.op('i64.shr_u');
  f.op('i64.mul');
  f.i64(32n);
  f.op('i64.shr_u');
  f.op('i64.add');
};

/** Pushes the nearest whole number of quarter turns. */
const pushQuarters = (f: FunctionBuilder, turns: Local): void => {
  f.get(turns);
  f.i64(1n << 61n);
  f.op('i64.add');
  f.i64(62n);
  f.op('i64.shr_u');
};

/** n (any integer congruent mod 4) and r of every lane. */
const reduce = (d: Doubles, x: Value): { n: Value; r: Value } => {
  const { v } = d;
  const n = v.op('f64.nearest', d.mul(x, d.f64(2 / Math.PI)));
  const times = (part: number): Value => d.mul(n, d.f64(part));
  const r = d.sub(d.sub(d.sub(x, times(HIGH)), times(MIDDLE)), times(LOW));
  const quadrant = largeReduction(v, 'quadrant');
  const remainder = largeReduction(v, 'remainder');
  const large = v.op('f64.le', d.f64(LARGE), d.abs(x));
  v.ifAny(large, () => {
    v.assign(
      n,
      v.select(
        large,
        eachLane(v, 'f64', [x], () => v.f.call(quadrant)),
        n,
      ),
    );
    v.assign(
      r,
      v.select(
        large,
        eachLane(v, 'f64', [x], () => v.f.call(remainder)),
        r,
      ),
    );
  });
  // ∞ − ∞ is NaN: an infinite x has none.
  const finite = d.sub(x, x);
  return { n, r: d.add(r, finite) };
};

/** sin r or cos r by the quarter n: n even → first, odd → second. */
const quarters = (d: Doubles, n: Value, even: Value, odd: Value): Value => {
  const half = d.mul(n, d.f64(0.5));
  return d.v.select(d.eq(d.v.op('f64.trunc', half), half), even, odd);
};

const sinOf = (d: Doubles, r: Value): Value => d.mul(r, polynomial(d.v, d.mul(r, r), SINE));
const cosOf = (d: Doubles, r: Value): Value => polynomial(d.v, d.mul(r, r), COSINE);

/** sin(r + n·π/2) */
const sineAt = (d: Doubles, n: Value, r: Value): Value => {
  const { v } = d;
  const value = quarters(d, n, sinOf(d, r), cosOf(d, r));
  // Negative where n mod 4 is 2 or 3: where ⌊n/2⌋ is odd.
  const pairs = v.op('f64.floor', d.mul(n, d.f64(0.5)));
  return quarters(d, pairs, value, v.op('f64.neg', value));
};

/** f32, radians of any size; 0.51 ulp. */
export const sin = throughDoubles('sin', (d, x) => {
  const { n, r } = reduce(d, x);
  return d.v.select(d.eq(x, d.f64(0)), x, sineAt(d, n, r));
});

/** f32, radians of any size; 0.51 ulp. */
export const cos = throughDoubles('cos', (d, x) => {
  const { n, r } = reduce(d, x);
  return sineAt(d, d.add(n, d.f64(1)), r);
});

/** f32, radians of any size; 0.51 ulp. */
export const tan = throughDoubles('tan', (d, x) => {
  const { n, r } = reduce(d, x);
  const sine = sinOf(d, r);
  const cosine = cosOf(d, r);
  const value = quarters(d, n, d.div(sine, cosine), d.v.op('f64.neg', d.div(cosine, sine)));
  return d.v.select(d.eq(x, d.f64(0)), x, value);
});
