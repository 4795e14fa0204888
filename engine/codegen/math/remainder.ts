// Floating remainders, exact: `remainder` has the sign of the dividend (C's fmod), `modulo` that of the divisor.
// Lane by lane in double precision: every quotient taken is below 2²⁹, so quotient · divisor is exact.

import { eachLane } from '../vector/each-lane.ts';
import type { Value, Vectors } from '../vector/vector.ts';
import type { FunctionBuilder, FunctionHandle, Local } from '../wasm/function.ts';

const STEP = 2 ** 28;

/** |x| rem |y| in f64, for finite x and finite y ≠ 0; NaN otherwise. */
const positiveRemainder = (v: Vectors): FunctionHandle =>
  v.module.helper('remainder.positive', { params: ['f64', 'f64'], results: ['f64'] }, f => {
    const [rest, y] = f.params;
    if (!rest || !y) throw new Error('remainder expects two parameters');
    const divisor = f.local('f64', 'divisor');
    f.assign(divisor, y);
    const multiplyBy = (factor: number): void => {
      f.get(divisor);
      f.f64(factor);
      f.op('f64.mul');
      f.set(divisor);
    };
    // divisor ← y·2^(28·k), so large that the first quotient is below 2²⁹
    f.loop(again => {
      f.get(divisor);
      f.f64(STEP);
      f.op('f64.mul');
      f.get(rest);
      f.op('f64.le');
      f.get(divisor);
      f.f64(Number.MAX_VALUE / STEP);
      f.op('f64.lt');
      f.op('i32.and');
      f.get(divisor);
      f.f64(0);
      f.op('f64.gt');
      f.op('i32.and');
      f.if(() => {
        multiplyBy(STEP);
        f.br(again);
      });
    });
    f.loop(again => {
      f.get(rest);
      f.get(rest);
      f.get(divisor);
      f.op('f64.div');
      f.op('f64.trunc');
      f.get(divisor);
      f.op('f64.mul');
      f.op('f64.sub');
      f.set(rest);
      f.get(divisor);
      f.get(y);
      f.op('f64.gt');
      f.if(() => {
        multiplyBy(1 / STEP);
        f.br(again);
      });
    });
    f.get(rest);
  });

const lanes = (
  v: Vectors,
  name: string,
  a: Value,
  b: Value,
  body: (f: FunctionBuilder, x: Local, y: Local) => void,
): Value => {
  const callee = v.module.helper(name, { params: ['f32', 'f32'], results: ['f32'] }, f => {
    const [x, y] = f.params;
    if (!x || !y) throw new Error(`${name} expects two parameters`);
    body(f, x, y);
  });
  return eachLane(v, 'f32', [a, b], () => v.f.call(callee));
};

const truncated = (v: Vectors): FunctionHandle => {
  const positive = positiveRemainder(v);
  return v.module.helper('remainder', { params: ['f32', 'f32'], results: ['f32'] }, f => {
    const [x, y] = f.params;
    if (!x || !y) throw new Error('remainder expects two parameters');
    // A finite x rem ±∞ is x itself.
    f.get(x);
    f.op('f32.abs');
    f.f32(Infinity);
    f.op('f32.lt');
    f.get(y);
    f.op('f32.abs');
    f.f32(Infinity);
    f.op('f32.eq');
    f.op('i32.and');
    f.if(
      () => f.get(x),
      () => {
        for (const value of [x, y]) {
          f.get(value);
          f.op('f32.abs');
          f.op('f64.promote_f32');
        }
        f.call(positive);
        f.op('f32.demote_f64');
        f.get(x);
        f.op('f32.copysign');
      },
      'f32',
    );
  });
};

/** a − b · trunc(a / b), with the sign of `a`: C's fmod, ONNX's Mod with `fmod` = 1. */
export const remainder = (v: Vectors, a: Value, b: Value): Value => {
  const callee = truncated(v);
  return eachLane(v, 'f32', [a, b], () => v.f.call(callee));
};

/** A zero result has the divisor's sign, as NumPy's mod. */
export const modulo = (v: Vectors, a: Value, b: Value): Value => {
  const callee = truncated(v);
  return lanes(v, 'modulo', a, b, (f, x, y) => {
    const rest = f.local('f32', 'rest');
    f.get(x);
    f.get(y);
    f.call(callee);
    f.tee(rest);
    f.f32(0);
    f.op('f32.eq');
    f.if(
      () => {
        f.f32(0);
        f.get(y);
        f.op('f32.copysign');
      },
      () => {
        f.get(rest);
        f.get(y);
        f.op('f32.add');
        f.get(rest);
        // Different signs: the product is negative (−0 when it underflows, hence by sign bit).
        f.get(rest);
        f.op('i32.reinterpret_f32');
        f.get(y);
        f.op('i32.reinterpret_f32');
        f.op('i32.xor');
        f.i32(0);
        f.op('i32.lt_s');
        f.select();
      },
      'f32',
    );
  });
};
