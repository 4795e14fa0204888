// Reading and writing elements whatever their type, and index maps: which input element each output element takes.

import { allocate, dtypeInfo, isBig, roundTo } from '../ir/dtypes.ts';
import { broadcastStrides, elementCount, isTypedArray, makeTensor, sameShape } from '../ir/tensor.ts';
import type { Dtype, Shape, Tensor, TensorData } from '../ir/types.ts';

/** Elements that are JavaScript numbers; integers up to 32 bits. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Float16Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** Elements that are bigint: 64-bit integers. */
export type BigArray = BigInt64Array | BigUint64Array;

export const isBigData = (data: TensorData): data is BigArray =>
  data instanceof BigInt64Array || data instanceof BigUint64Array;

/** Elements as numbers: the tensor's own array, or a copy in doubles for 64-bit integers. */
export function numbers(tensor: Tensor): NumberArray {
  const { data } = tensor;
  if (isBigData(data)) {
    const copy = new Float64Array(data.length);
    for (let i = 0; i < data.length; i++) copy[i] = Number(data[i]);
    return copy;
  }
  if (!isTypedArray(data)) throw new Error('a string tensor has no numbers');
  return data;
}

/** A 64-bit integer's number, wrapped into int64 or uint64 when stored; NaN and infinities become 0. */
const toBig = (value: number): bigint => (Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n);

/** Types held in an array wider than they are: elements have to be rounded or wrapped when stored. */
const isHeldWider = (dtype: Dtype): boolean =>
  dtypeInfo(dtype).bits < 8 || dtype === 'bfloat16' || dtype.startsWith('float8');

/** The value as `dtype` holds it; integers wrap to their width. */
export function asHeld(dtype: Dtype, value: number): number {
  const { kind, bits } = dtypeInfo(dtype);
  if (kind === 'bool') return value === 0 ? 0 : 1;
  if (kind === 'float') return roundTo(dtype, value);
  if (bits >= 8) return value;
  const low = Math.trunc(value) & (2 ** bits - 1);
  return kind === 'int' && low >= 2 ** (bits - 1) ? low - 2 ** bits : low;
}

/** Types whose array rounds and wraps as the type does when a number is stored. */
const holdsItself = (dtype: Dtype): boolean => dtype !== 'bool' && !isBig(dtype) && !isHeldWider(dtype);

/** Where numbers are to be computed for `settled`: the type's own array, where that rounds as the type does. */
export const numberTarget = (dtype: Dtype, count: number): NumberArray =>
  holdsItself(dtype) ? (allocate(dtype, count) as NumberArray) : new Float64Array(count);

/** The tensor whose numbers were computed in a `numberTarget` of its type. */
export const settled = (dtype: Dtype, shape: Shape, values: NumberArray): Tensor =>
  holdsItself(dtype) ? makeTensor(dtype, shape, values) : fromNumbers(dtype, shape, values);

/** A tensor of `dtype` from computed numbers: floats are rounded, integers truncated and wrapped, bool is ≠ 0. */
export function fromNumbers(dtype: Dtype, shape: Shape, values: ArrayLike<number>): Tensor {
  const data = allocate(dtype, elementCount(shape));
  if (isBigData(data)) {
    for (let i = 0; i < data.length; i++) data[i] = toBig(values[i] ?? 0);
  } else if (!isTypedArray(data)) throw new Error('numbers are no strings');
  else if (isHeldWider(dtype) || dtype === 'bool') {
    for (let i = 0; i < data.length; i++) data[i] = asHeld(dtype, values[i] ?? 0);
  } else data.set(values);
  return makeTensor(dtype, shape, data);
}

/** For every element of a row-major box, Σ index · stride + offset. */
export function stridedIndices(extents: Shape, strides: readonly number[], offset = 0): Int32Array {
  const count = elementCount(extents);
  const result = new Int32Array(count);
  if (count === 0) return result;
  const rank = extents.length;
  const inner = rank > 0 ? (extents[rank - 1] ?? 1) : 1;
  const step = rank > 0 ? (strides[rank - 1] ?? 0) : 0;
  const index = new Int32Array(Math.max(0, rank - 1));
  let base = offset;
  for (let at = 0; at < count; ) {
    for (let i = 0; i < inner; i++) result[at++] = base + i * step;
    for (let axis = rank - 2; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      base += strides[axis] ?? 0;
      index[axis] = next;
      if (next < (extents[axis] ?? 0)) break;
      base -= next * (strides[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return result;
}

/** Element of `shape` that each element of the broadcast `target` reads; undefined when it is the same one. */
export function broadcastIndices(shape: Shape, target: Shape): Int32Array | undefined {
  return sameShape(shape, target) ? undefined : stridedIndices(target, broadcastStrides(shape, target));
}

/** Copies element indices[i] to place i; −1 takes `fill` (default 0 or ''). Any type. */
export function takeElements(tensor: Tensor, shape: Shape, indices: Int32Array, fill?: Tensor): Tensor {
  const { dtype } = tensor;
  const count = indices.length;
  if (dtypeInfo(dtype).kind === 'complex') {
    const from = numbers(tensor);
    const to = allocate(dtype, count) as Float32Array | Float64Array;
    for (let i = 0; i < count; i++) {
      const at = indices[i] ?? 0;
      to[2 * i] = from[2 * at] ?? 0;
      to[2 * i + 1] = from[2 * at + 1] ?? 0;
    }
    return makeTensor(dtype, shape, to);
  }
  // One loop serves every type: source and target arrays are of the same kind.
  const from = tensor.data as NumberArray;
  const to = allocate(dtype, count) as NumberArray;
  const missing = fill?.data[0] as number | undefined;
  for (let i = 0; i < count; i++) {
    const at = indices[i] ?? 0;
    const value = at < 0 ? missing : from[at];
    if (value !== undefined) to[i] = value;
  }
  return makeTensor(dtype, shape, to);
}

/** The same elements in another shape. */
export const withShape = (tensor: Tensor, shape: Shape): Tensor =>
  makeTensor(tensor.dtype, shape, tensor.data);

/** Applies `compute` to every element in double precision. */
export function mapNumbers(tensor: Tensor, dtype: Dtype, compute: (x: number) => number): Tensor {
  const from = numbers(tensor);
  const to = numberTarget(dtype, from.length);
  for (let i = 0; i < to.length; i++) to[i] = compute(from[i] ?? 0);
  return settled(dtype, tensor.shape, to);
}

/** The first element as a number; `otherwise` when there is no tensor. */
export function scalarOf(tensor: Tensor | undefined, otherwise: number): number {
  return tensor === undefined ? otherwise : Number(tensor.data[0] ?? otherwise);
}

/** Whether its elements are bigint: 64-bit integers. */
export const isBigTensor = (tensor: Tensor): boolean => isBig(tensor.dtype);

/** Splits a shape at an axis: elements before, along and after it. */
export function aroundAxis(
  shape: Shape,
  axis: number,
): readonly [outer: number, along: number, inner: number] {
  return [elementCount(shape.slice(0, axis)), shape[axis] ?? 1, elementCount(shape.slice(axis + 1))];
}
