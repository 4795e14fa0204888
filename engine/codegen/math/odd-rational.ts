// Odd functions that level off at ±1: x·P(x²)/Q(x²) on a bounded range, ±1 outside.

import type { Value, Vectors } from '../vector/vector.ts';
import { polynomial } from './polynomial.ts';

/** x·P(x²)/Q(x²) for |x| ≤ bound, the value at the bound beyond; never outside [−1, 1]; NaN stays NaN. */
export const oddRational = (
  v: Vectors,
  x: Value,
  bound: number,
  P: readonly number[],
  Q: readonly number[],
): Value =>
  v.scoped(() => {
    const clamp = (value: Value, limit: number): Value =>
      v.op('f32.pmin', v.op('f32.pmax', value, v.f32(-limit)), v.f32(limit));
    const bounded = clamp(x, bound);
    const square = v.op('f32.mul', bounded, bounded);
    const above = v.op('f32.mul', polynomial(v, square, P), bounded);
    return clamp(v.op('f32.div', above, polynomial(v, square, Q)), 1);
  });
