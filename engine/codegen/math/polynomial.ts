// Polynomials by Horner's rule, one multiply-add per coefficient.

import type { Value, Vectors } from '../vector/vector.ts';

/** c0 + c1·x + c2·x² + …, in the type of x. */
export const polynomial = (v: Vectors, x: Value, coefficients: readonly number[]): Value => {
  const constant = (value: number): Value => v.constant(x.type, value, x.parts.length);
  return v.scoped(() => {
    const [highest = 0, ...rest] = coefficients.toReversed();
    return rest.reduce((sum, coefficient) => v.madd(sum, x, constant(coefficient)), constant(highest));
  });
};
