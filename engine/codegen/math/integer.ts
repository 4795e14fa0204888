// Integer division, power and shifts by numbers of their own on lanes of 32 and 64 bits. There are no such vector
// instructions, so lane by lane.
// They never trap: x / 0 and x rem 0 are 0, and the least number / −1 wraps around.

import { eachLane } from '../vector/each-lane.ts';
import type { Value, Vectors } from '../vector/vector.ts';
import type { FunctionBuilder, Local } from '../wasm/function.ts';
import type { PlainOp } from '../wasm/opcodes.ts';
import { compareWide, selectWide } from './wide.ts';

/** Code for integers of one width. */
class Width {
  readonly f: FunctionBuilder;
  readonly type: 'i32' | 'i64';
  constructor(f: FunctionBuilder, type: 'i32' | 'i64') {
    this.f = f;
    this.type = type;
  }

  number(value: number): void {
    if (this.type === 'i64') this.f.i64(BigInt(value));
    else this.f.i32(value);
  }

  /** Pushes what the instruction makes of locals and numbers. */
  op(name: string, ...operands: readonly (Local | number)[]): void {
    for (const operand of operands) {
      if (typeof operand === 'number') this.number(operand);
      else this.f.get(operand);
    }
    this.f.op(`${this.type}.${name}` as PlainOp);
  }

  /** Pushes what one of the two pushes. */
  choose(then: () => void, otherwise: () => void): void {
    this.f.if(then, otherwise, this.type);
  }
}

const laneFunction = (
  v: Vectors,
  name: string,
  a: Value,
  b: Value,
  body: (w: Width, x: Local, y: Local) => void,
): Value => {
  const type = a.type === 'i64' ? 'i64' : 'i32';
  const callee = v.module.helper(`${type}.${name}`, { params: [type, type], results: [type] }, f => {
    const [x, y] = f.params;
    if (!x || !y) throw new Error(`${name} expects two parameters`);
    body(new Width(f, type), x, y);
  });
  return eachLane(v, type, [a, b], () => v.f.call(callee));
};

/** Pushes 0 where y is 0, else what `otherwise` pushes. */
const guarded = (w: Width, y: Local, otherwise: () => void): void => {
  w.op('eqz', y);
  w.choose(() => w.number(0), otherwise);
};

/** a moved by b bits, zeros in; 0 where b is not one of the bits. `known`: b, where it is known now. */
export const integerShift = (
  v: Vectors,
  by: 'shl' | 'shr_u',
  a: Value,
  b: Value,
  known: number | undefined,
): Value => {
  const type = a.type === 'i64' ? 'i64' : 'i32';
  const bits = type === 'i64' ? 64 : 32;
  if (known !== undefined)
    return known >= 0 && known < bits ? v.shift(a, by, known) : v.constant(type, 0, a.parts.length);
  return v.scoped(() => {
    const shifted = eachLane(v, type, [a, b], () => v.f.op(`${type}.${by}`));
    const inside = v.op(`${type}.and`, b, v.constant(type, -bits));
    const zero = v.constant(type, 0);
    if (type === 'i32') return v.select(v.op('i32.eq', inside, zero), shifted, zero);
    return selectWide(v, compareWide(v, 'i64.eq', inside, zero), shifted, zero);
  });
};

/** Quotient rounded toward 0. */
export const integerDivide = (v: Vectors, a: Value, b: Value): Value =>
  laneFunction(v, 'divide', a, b, (w, x, y) =>
    guarded(w, y, () => {
      w.op('eq', y, -1);
      w.choose(
        () => w.op('sub', 0, x),
        () => w.op('div_s', x, y),
      );
    }),
  );

/** Remainder with the sign of the dividend. */
export const integerRemainder = (v: Vectors, a: Value, b: Value): Value =>
  laneFunction(v, 'remainder', a, b, (w, x, y) => guarded(w, y, () => w.op('rem_s', x, y)));

/** Remainder with the sign of the divisor. */
export const integerModulo = (v: Vectors, a: Value, b: Value): Value =>
  laneFunction(v, 'modulo', a, b, (w, x, y) =>
    guarded(w, y, () => {
      // The remainder, plus the divisor where it is not 0 and the signs differ.
      const { f } = w;
      const rest = f.local(w.type, 'rest');
      w.op('rem_s', x, y);
      f.set(rest);
      f.get(rest);
      f.get(y);
      w.number(0);
      w.op('xor', rest, y);
      w.number(0);
      w.op('lt_s');
      w.op('ne', rest, 0);
      f.op('i32.and');
      f.select();
      w.op('add');
    }),
  );

/** xʸ modulo 2^32 or 2^64 by squaring; a negative power is 0 but for x = ±1 (and 0 for x = 0). */
export const integerPower = (v: Vectors, a: Value, b: Value): Value =>
  laneFunction(v, 'power', a, b, (w, x, y) => {
    const { f } = w;
    const result = f.local(w.type, 'result');
    w.number(1);
    f.set(result);
    w.op('lt_s', y, 0);
    f.if(() => {
      // ±1 is its own inverse; anything else gives a fraction.
      w.op('ne', x, 1);
      w.op('ne', x, -1);
      f.op('i32.and');
      f.if(() => {
        w.number(0);
        f.return();
      });
    });
    f.loop(again => {
      w.op('and', y, 1);
      w.op('eqz');
      f.if(
        () => {},
        () => {
          w.op('mul', result, x);
          f.set(result);
        },
      );
      w.op('mul', x, x);
      f.set(x);
      w.op('shr_u', y, 1);
      f.set(y);
      w.op('ne', y, 0);
      f.brIf(again);
    });
    f.get(result);
  });
