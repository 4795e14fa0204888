// Double-precision building blocks of the rarer functions: f32 in, f64 inside, f32 out. Their relative errors are
// below 10⁻¹¹, so a composed function is within 0.51 ulp of f32 wherever it does not cancel.
// A v128 of f32 becomes two of f64.

import type { Value, Vectors } from '../vector/vector.ts';
import { outOfLine } from './function.ts';
import { polynomial } from './polynomial.ts';
import { doubleToSingle, singleToDouble } from './wide.ts';

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
/** 1.5·2⁵²: adding it rounds to an integer, which then stands in the low bits */
const ROUND = 6755399441055744;
/** 1/k! */
const EXPONENTIAL = [
  1,
  1,
  1 / 2,
  1 / 6,
  1 / 24,
  1 / 120,
  1 / 720,
  1 / 5040,
  1 / 40320,
  1 / 362880,
  1 / 3628800,
];
/** 2/(2k + 1), k from 1: log((1 + s)/(1 − s)) = 2s + s·z·(…), z = s² */
const LOGARITHM = [2 / 3, 2 / 5, 2 / 7, 2 / 9, 2 / 11, 2 / 13, 2 / 15, 2 / 17];
/** atan t = t·P(t²) for t ≤ tan(π/8), relative error 7·10⁻¹³ (own fit, Lawson's algorithm) */
const ARCTANGENT = [
  0.9999999999992791, -0.3333333327879285, 0.1999999322534165, -0.14285392508149083, 0.1110355545496793,
  -0.08993391387534744, 0.06977738744088481, -0.03771389553319298,
];
const MANTISSA = 0xfffffffffffffn;
const ONE = 0x3ff0000000000000n;
const SIGN = -0x8000000000000000n;

/** A function of the module, f32 to f32, whose `body` computes with doubles. */
export const throughDoubles =
  (name: string, body: (d: Doubles, x: Value) => Value) =>
  (v: Vectors, x: Value): Value =>
    outOfLine(v, name, 'f32', [x], (inner, single) => {
      if (!single) throw new Error(`${name} expects an argument`);
      const d = new Doubles(inner);
      return d.toSingle(body(d, d.fromSingle(single)));
    });

/** Operations on vectors of f64, by the same emitter. */
export class Doubles {
  readonly v: Vectors;

  constructor(v: Vectors) {
    this.v = v;
  }

  f64(value: number): Value {
    return this.v.constant('f64', value);
  }

  private i64(value: bigint): Value {
    return this.v.constant('i64', value);
  }

  fromSingle = (x: Value): Value => singleToDouble(this.v, x);
  toSingle = (x: Value): Value => doubleToSingle(this.v, x);
  add = (a: Value, b: Value): Value => this.v.op('f64.add', a, b);
  sub = (a: Value, b: Value): Value => this.v.op('f64.sub', a, b);
  mul = (a: Value, b: Value): Value => this.v.op('f64.mul', a, b);
  div = (a: Value, b: Value): Value => this.v.op('f64.div', a, b);
  abs = (x: Value): Value => this.v.op('f64.abs', x);
  sqrt = (x: Value): Value => this.v.op('f64.sqrt', x);
  lt = (a: Value, b: Value): Value => this.v.op('f64.lt', a, b);
  eq = (a: Value, b: Value): Value => this.v.op('f64.eq', a, b);

  /** |magnitude| with the sign of `from`. */
  copySign(magnitude: Value, from: Value): Value {
    const { v } = this;
    const sign = v.op('i64.and', v.bits(from, 'i64'), this.i64(SIGN));
    return v.bits(v.op('i64.or', v.bits(this.abs(magnitude), 'i64'), sign), 'f64');
  }

  /** eˣ; e^±700 beyond ±700. */
  exp(x: Value): Value {
    const { v } = this;
    const bounded = v.op('f64.min', v.op('f64.max', x, this.f64(-700)), this.f64(700));
    const rounded = v.madd(bounded, this.f64(Math.LOG2E), this.f64(ROUND));
    const n = this.sub(rounded, this.f64(ROUND));
    const r = v.madd(n, this.f64(-LN2_LOW), v.madd(n, this.f64(-LN2_HIGH), bounded));
    const exponent = v.shift(v.op('i64.add', v.bits(rounded, 'i64'), this.i64(1023n)), 'shl', 52);
    return this.mul(polynomial(v, r, EXPONENTIAL), v.bits(exponent, 'f64'));
  }

  /** log x of a normal x > 0; −∞ for 0, +∞ for +∞, NaN below 0. */
  log(x: Value): Value {
    const { v } = this;
    const bits = v.bits(x, 'i64');
    const whole = v.bits(v.op('i64.or', v.op('i64.and', bits, this.i64(MANTISSA)), this.i64(ONE)), 'f64');
    const large = this.lt(this.f64(Math.SQRT2), whole);
    const mantissa = v.select(large, this.mul(whole, this.f64(0.5)), whole);
    // The exponent as a double: its bits below those of 2⁵², minus 2⁵².
    const raw = v.op('i64.or', v.shift(bits, 'shr_u', 52), this.i64(0x4330000000000000n));
    const biased = this.sub(v.bits(raw, 'f64'), this.f64(2 ** 52));
    const e = this.sub(biased, v.select(large, this.f64(1022), this.f64(1023)));
    const s = this.div(this.sub(mantissa, this.f64(1)), this.add(mantissa, this.f64(1)));
    const z = this.mul(s, s);
    const series = this.mul(s, v.madd(z, polynomial(v, z, LOGARITHM), this.f64(2)));
    const finite = v.madd(e, this.f64(LN2_HIGH), v.madd(e, this.f64(LN2_LOW), series));
    const nonzero = v.select(this.eq(x, this.f64(0)), this.f64(-Infinity), finite);
    const ordinary = v.select(this.lt(x, this.f64(Infinity)), nonzero, x);
    return v.select(this.lt(x, this.f64(0)), this.f64(NaN), ordinary);
  }

  /** Arc tangent, −π/2 … π/2. */
  atan(x: Value): Value {
    const { v } = this;
    const size = this.abs(x);
    const inverted = this.lt(this.f64(1), size);
    const t = v.select(inverted, this.div(this.f64(1), size), size);
    const turned = this.lt(this.f64(Math.tan(Math.PI / 8)), t);
    const rotated = this.div(this.sub(t, this.f64(1)), this.add(t, this.f64(1)));
    const u = v.select(turned, rotated, t);
    const near = this.mul(u, polynomial(v, this.mul(u, u), ARCTANGENT));
    const angle = this.add(near, v.select(turned, this.f64(Math.PI / 4), this.f64(0)));
    const result = v.select(inverted, this.sub(this.f64(Math.PI / 2), angle), angle);
    return this.copySign(result, x);
  }
}
