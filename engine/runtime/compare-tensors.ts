// Is a result the expected one? One rule and one table of tolerances for verify, checks, bench and conformance.

import { isBig, isFloat } from '../ir/dtypes.ts';
import { elementCount, sameShape } from '../ir/tensor.ts';
import type { Dtype, Tensor } from '../ir/types.ts';

/** An element may be off by atol + rtol · |expected|. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/**
 * What rounding in another order may change. Everything that is not listed must be equal. A sum's error grows with
 * its terms, not with its result, so `atol` is for tensors of magnitude 1: it is scaled by the root mean square of
 * the expected elements, or by half the largest one (columns may differ in scale), where that is larger. A given
 * `atol` is taken as it is.
 */
const TOLERANCES: Partial<Record<Dtype, Tolerance>> = {
  float32: { rtol: 1e-3, atol: 1e-4 },
  float64: { rtol: 1e-3, atol: 1e-4 },
  float16: { rtol: 1e-2, atol: 1e-2 },
  bfloat16: { rtol: 5e-2, atol: 5e-2 },
  complex64: { rtol: 1e-3, atol: 1e-4 },
  complex128: { rtol: 1e-3, atol: 1e-4 },
};

const EXACT: Tolerance = { rtol: 0, atol: 0 };

/** The table's tolerance for a tensor, or the caller's own, as it is, for floating-point types. */
function toleranceOf(expected: Tensor, own: Partial<Tolerance> = {}): Tolerance {
  const standard = TOLERANCES[expected.dtype] ?? EXACT;
  if (!isFloat(expected.dtype)) return standard;
  const atol = own.atol ?? standard.atol * Math.max(1, magnitudeOf(expected));
  return { rtol: own.rtol ?? standard.rtol, atol };
}

/** The root mean square of the finite elements, or half the largest of them where that is more. */
export function magnitudeOf({ data }: Tensor): number {
  let [squares, largest, count] = [0, 0, 0];
  for (let i = 0; i < data.length; i++) {
    const x = Math.abs(Number(data[i]));
    if (!Number.isFinite(x)) continue;
    squares += x * x;
    largest = Math.max(largest, x);
    count++;
  }
  return count === 0 ? 0 : Math.max(Math.sqrt(squares / count), largest / 2);
}

/** How far a tensor is from what was expected. */
export interface Comparison extends Tolerance {
  /** elements compared; 0 when type or shape differ */
  readonly compared: number;
  /** elements with |actual − expected| > atol + rtol · |expected|, or of which only one is NaN */
  readonly mismatched: number;
  /** 0 for strings, which are the same or not */
  readonly maxAbsError: number;
  /** maxAbsError as a share of the largest expected magnitude; 0 where all that is expected is 0 or not finite. An
   * element's own magnitude would say nothing: next to 0 every error is as large as the value. */
  readonly maxRelError: number;
  /** type or shape differ: what was expected and what was found */
  readonly mismatch?: string;
}

const describe = ({ dtype, shape }: Tensor): string => `${dtype} [${shape.join(', ')}]`;

/** NumPy's allclose with equal NaNs, and the largest errors. */
export function compareTensors(actual: Tensor, expected: Tensor, own: Partial<Tolerance> = {}): Comparison {
  const { rtol, atol } = toleranceOf(expected, own);
  if (actual.dtype !== expected.dtype || !sameShape(actual.shape, expected.shape)) {
    const mismatch = `expected ${describe(expected)}, found ${describe(actual)}`;
    const worst = Number.POSITIVE_INFINITY;
    const mismatched = elementCount(expected.shape);
    return { rtol, atol, compared: 0, mismatched, maxAbsError: worst, maxRelError: worst, mismatch };
  }
  let mismatched = 0;
  let maxAbsError = 0;
  let largest = 0;
  const big = isBig(expected.dtype);
  for (let i = 0; i < expected.data.length; i++) {
    const a = actual.data[i];
    const b = expected.data[i];
    if (typeof b === 'string') {
      if (a !== b) mismatched++;
      continue;
    }
    const size = Math.abs(Number(b));
    if (size > largest && size < Number.POSITIVE_INFINITY) largest = size;
    if (a === b) continue;
    const error = distance(a, b, big);
    if (error === 0) continue;
    // An infinite error is never within an infinite tolerance.
    if (!(error <= atol + rtol * size && error < Number.POSITIVE_INFINITY)) mismatched++;
    maxAbsError = Math.max(maxAbsError, error);
  }
  const maxRelError = largest > 0 ? maxAbsError / largest : 0;
  return { rtol, atol, compared: expected.data.length, mismatched, maxAbsError, maxRelError };
}

type Element = number | bigint | string | undefined;

/** |a − b|; 0 for two NaNs, infinite when only one is. */
function distance(a: Element, b: Element, big: boolean): number {
  if (big) return Math.abs(Number(BigInt(a ?? 0) - BigInt(b ?? 0)));
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) && Number.isNaN(y)) return 0;
  const error = Math.abs(x - y);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}
