// Integer division and power on i32 lanes. There are no such vector instructions, so lane by lane.
// They never trap: x / 0 and x rem 0 are 0, and −2^31 / −1 wraps around.

import type { Value, Vectors } from '../vector.ts';
import type { FunctionBuilder, Local } from '../wasm/function.ts';

const laneFunction = (
  v: Vectors,
  name: string,
  a: Value,
  b: Value,
  body: (f: FunctionBuilder, x: Local, y: Local) => void,
): Value => {
  const callee = v.module.helper(name, { params: ['i32', 'i32'], results: ['i32'] }, f => {
    const [x, y] = f.params;
    if (!x || !y) throw new Error(`${name} expects two parameters`);
    body(f, x, y);
  });
  return v.eachLane('i32', callee, [a, b]);
};

/** Pushes 0 where y is 0, else what `otherwise` pushes. */
const guarded = (f: FunctionBuilder, y: Local, otherwise: () => void): void => {
  f.get(y);
  f.op('i32.eqz');
  f.if(() => f.i32(0), otherwise, 'i32');
};

/** Quotient rounded toward 0. */
export const integerDivide = (v: Vectors, a: Value, b: Value): Value =>
  laneFunction(v, 'integer.divide', a, b, (f, x, y) =>
    guarded(f, y, () => {
      f.get(y);
      f.i32(-1);
      f.op('i32.eq');
      f.if(
        () => {
          f.i32(0);
          f.get(x);
          f.op('i32.sub');
        },
        () => {
          f.get(x);
          f.get(y);
          f.op('i32.div_s');
        },
        'i32',
      );
    }),
  );

/** Remainder with the sign of the dividend. */
export const integerRemainder = (v: Vectors, a: Value, b: Value): Value =>
  laneFunction(v, 'integer.remainder', a, b, (f, x, y) =>
    guarded(f, y, () => {
      f.get(x);
      f.get(y);
      f.op('i32.rem_s');
    }),
  );

/** Remainder with the sign of the divisor. */
export const integerModulo = (v: Vectors, a: Value, b: Value): Value =>
  laneFunction(v, 'integer.modulo', a, b, (f, x, y) =>
    guarded(f, y, () => {
      // The remainder, plus the divisor where it is not 0 and the signs differ.
      const rest = f.local('i32', 'rest');
      f.get(x);
      f.get(y);
      f.op('i32.rem_s');
      f.tee(rest);
      f.get(y);
      f.i32(0);
      f.get(rest);
      f.get(y);
      f.op('i32.xor');
      f.i32(0);
      f.op('i32.lt_s');
      f.i32(0);
      f.get(rest);
      f.op('i32.ne');
      f.op('i32.and');
      f.select();
      f.op('i32.add');
    }),
  );

/** xʸ modulo 2^32 by squaring; a negative power is 0 but for x = ±1 (and 0 for x = 0). */
export const integerPower = (v: Vectors, a: Value, b: Value): Value =>
  laneFunction(v, 'integer.power', a, b, (f, x, y) => {
    const result = f.local('i32', 'result');
    f.i32(1);
    f.set(result);
    f.get(y);
    f.i32(0);
    f.op('i32.lt_s');
    f.if(() => {
      // ±1 is its own inverse; anything else gives a fraction.
      f.get(x);
      f.i32(1);
      f.op('i32.ne');
      f.get(x);
      f.i32(-1);
      f.op('i32.ne');
      f.op('i32.and');
      f.if(() => {
        f.i32(0);
        f.return();
      });
    });
    f.loop(again => {
      f.get(y);
      f.i32(1);
      f.op('i32.and');
      f.if(() => {
        f.get(result);
        f.get(x);
        f.op('i32.mul');
        f.set(result);
      });
      f.get(x);
      f.get(x);
      f.op('i32.mul');
      f.set(x);
      f.get(y);
      f.i32(1);
      f.op('i32.shr_u');
      f.tee(y);
      f.brIf(again);
    });
    f.get(result);
  });
