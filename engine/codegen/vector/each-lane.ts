// What has no vector instruction: scalar code for one lane after the other, lanes of 32 or 64 bits.

import type { LaneOp, PlainOp } from '../wasm/opcodes.ts';
import { type LaneType, lanesIn } from './lanewise.ts';
import type { Value, Vectors } from './vector.ts';

/** How lanes are named in instructions; a mask of 32-bit lanes is read as integers. */
const shapeOf = (type: LaneType): string =>
  ({ f32: 'f32x4', i32: 'i32x4', bool: 'i32x4', f64: 'f64x2', i64: 'i64x2' })[type];

/**
 * For every lane: pushes that lane of each argument, runs `instructions`, keeps what they leave. Lanes that an argument
 * lacks come out 0.
 */
export function eachLane(
  v: Vectors,
  result: LaneType,
  args: readonly Value[],
  instructions: () => void,
): Value {
  if (v.scalar) return v.map(result, args, instructions);
  const { f } = v;
  const count = Math.min(...args.map(({ type, parts }) => parts.length * lanesIn(type)));
  const width = lanesIn(result);
  const out = v.fresh(result, result, Math.ceil(count / width));
  out.parts.forEach((target, k) => {
    f.i32x4(0);
    for (let lane = 0; lane < Math.min(width, count - k * width); lane++) {
      for (const arg of args) {
        const at = k * width + lane;
        f.get(v.part(arg, Math.floor(at / lanesIn(arg.type))));
        f.lane(`${shapeOf(arg.type)}.extract_lane` as LaneOp, at % lanesIn(arg.type));
      }
      instructions();
      f.lane(`${shapeOf(result)}.replace_lane` as LaneOp, lane);
    }
    f.set(target);
  });
  return out;
}

/** One scalar instruction on every lane. */
export const eachLaneOp = (v: Vectors, result: LaneType, op: PlainOp, x: Value): Value =>
  eachLane(v, result, [x], () => v.f.op(op));
