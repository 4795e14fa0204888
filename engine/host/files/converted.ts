// A tensor of one numeric type as another one. NumPy makes float64 and int64 unless it is told otherwise, models
// mostly want float32 and int64: what the wanted type can hold is the same tensor.

import {
  allocate,
  dtypeInfo,
  integerRange,
  isBig,
  isFloat,
  isNarrowFloat,
  roundTo,
} from '../../ir/dtypes.ts';
import { isTypedArray } from '../../ir/tensor.ts';
import type { Dtype, Shape, Tensor } from '../../ir/types.ts';
import { badInput } from '../failure.ts';

const KINDS: readonly string[] = ['float', 'int', 'uint', 'bool'];

const isNumeric = (dtype: Dtype): boolean => KINDS.includes(dtypeInfo(dtype).kind) && !isNarrowFloat(dtype);

/**
 * The tensor with elements of type `dtype`; as it is where either type is none of plain numbers. Floating-point numbers
 * are rounded to nearest. Throws bad-input, naming `where`, for the first element that would become another one: a
 * finite number too large, a whole number that is not held exactly, a fraction where whole numbers are wanted.
 */
export function converted(tensor: Tensor, dtype: Dtype, where: string): Tensor {
  const { shape, data } = tensor;
  if (tensor.dtype === dtype || !isTypedArray(data)) return tensor;
  if (!isNumeric(tensor.dtype) || !isNumeric(dtype)) return tensor;
  const target = allocate(dtype, data.length);
  if (!isTypedArray(target)) return tensor;
  const rounds = isFloat(tensor.dtype) && isFloat(dtype);
  for (let at = 0; at < data.length; at++) {
    const value = data[at] ?? 0;
    const held = heldAs(dtype, value);
    if (held === undefined || !(rounds ? isRounded(value, held) : isSame(value, held))) {
      const place = `[${indexOf(at, shape).join(', ')}]`;
      throw badInput(
        `expected values that ${dtype} can hold, found ${value} (${tensor.dtype}) at ${place}`,
        where,
      );
    }
    target[at] = held;
  }
  return { dtype, shape, data: target };
}

/** What an element of this type holds for the value; undefined where it is out of range or no whole number. */
function heldAs(dtype: Dtype, value: number | bigint): number | bigint | undefined {
  if (isFloat(dtype)) return roundTo(dtype, Number(value));
  if (typeof value === 'number' && !Number.isInteger(value)) return undefined;
  if (isBig(dtype)) {
    const whole = BigInt(value);
    return (dtype === 'int64' ? BigInt.asIntN(64, whole) : BigInt.asUintN(64, whole)) === whole
      ? whole
      : undefined;
  }
  const [least, most] = dtype === 'bool' ? [0, 1] : integerRange(dtype);
  return value >= least && value <= most ? Number(value) : undefined;
}

/** Rounding makes no finite number infinite. */
const isRounded = (value: number | bigint, held: number | bigint): boolean =>
  Number.isFinite(Number(value)) === Number.isFinite(Number(held));

/** Also beyond 2⁵³, where numbers lie further apart than whole numbers. */
const isSame = (value: number | bigint, held: number | bigint): boolean =>
  typeof value === typeof held ? value === held : BigInt(value) === BigInt(held);

/** The index of an element by its place in row-major order. */
function indexOf(at: number, shape: Shape): readonly number[] {
  let rest = at;
  return shape
    .toReversed()
    .map(extent => {
      const index = rest % extent;
      rest = Math.floor(rest / extent);
      return index;
    })
    .toReversed();
}
