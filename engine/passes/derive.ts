// Constants made from other constants: small ones at once, large ones when somebody loads them.

import { constantDtype, loadConstant } from '../ir/constants/constant.ts';
import { floatParts } from '../ir/constants/float-parts.ts';
import type { FloatParts, ReadBytes } from '../ir/constants/reading.ts';
import { elementCount } from '../ir/tensor.ts';
import type { Constant, Shape, Tensor } from '../ir/types.ts';

/** Elements up to which a derived constant is computed at once and kept. */
export const SMALL = 65_536;

/** A float32 constant computed from the elements of others; `how` tells all that `compute` depends on beside them. */
export function deriveFloats(
  how: string,
  shape: Shape,
  from: readonly Constant[],
  read: ReadBytes,
  compute: (...inputs: Float32Array[]) => Float32Array,
): Constant {
  const evaluate = (source: ReadBytes): Tensor => {
    const inputs = from.map(constant => floatsOf(loadConstant(constant, source)));
    return { dtype: 'float32', shape, data: compute(...inputs) };
  };
  return elementCount(shape) <= SMALL
    ? { kind: 'inline', tensor: evaluate(read) }
    : { kind: 'computed', dtype: 'float32', shape, compute: evaluate, recipe: { how, from } };
}

/** A constant of any type with the elements of another one in other places; `how` tells which. */
export function deriveMoved(
  how: string,
  shape: Shape,
  from: Constant,
  read: ReadBytes,
  move: (tensor: Tensor) => Tensor,
): Constant {
  const compute = (source: ReadBytes): Tensor => move(loadConstant(from, source));
  return elementCount(shape) <= SMALL
    ? { kind: 'inline', tensor: compute(read) }
    : { kind: 'computed', dtype: constantDtype(from), shape, compute, recipe: { how, from: [from] } };
}

/**
 * The same of a constant whose elements are made of those at the same places of `values`: large ones part by part.
 * `make` is given them, and all elements of the others.
 */
export function deriveParts(
  how: string,
  shape: Shape,
  values: Constant,
  others: readonly Constant[],
  read: ReadBytes,
  make: (values: FloatParts, ...others: Float32Array[]) => FloatParts,
): Constant {
  const count = elementCount(shape);
  const parts = (source: ReadBytes): FloatParts =>
    make(floatParts(values, source), ...others.map(constant => floatsOf(loadConstant(constant, source))));
  const compute = (source: ReadBytes): Tensor => ({ dtype: 'float32', shape, data: parts(source)(0, count) });
  return count <= SMALL
    ? { kind: 'inline', tensor: compute(read) }
    : {
        kind: 'computed',
        dtype: 'float32',
        shape,
        compute,
        parts,
        recipe: { how, from: [values, ...others] },
      };
}

function floatsOf(tensor: Tensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data;
  throw new Error(`expected float32 elements, found ${tensor.dtype}`);
}
