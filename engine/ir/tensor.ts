// Tensors as plain data: sizes, strides, broadcasting, and the two directions between stored bytes and elements.
// Stored bytes are little-endian and row-major; types below 8 bits are packed, lowest bits first.

import {
  allocate,
  decodeBfloat16,
  dtypeInfo,
  encodeBfloat16,
  encodeNarrowFloat,
  isNarrowFloat,
  narrowFloatTable,
} from './dtypes.ts';
import type { Dtype, Shape, Tensor, TensorData } from './types.ts';

/** Product of the extents; 1 for a scalar. */
export function elementCount(shape: Shape): number {
  let count = 1;
  // By index: it is asked for all the time, and iterators take memory until this is optimised.
  for (let axis = 0; axis < shape.length; axis++) count *= shape[axis] as number;
  return count;
}

/** Dimensions a tensor may have, as many as in NumPy 2. */
const MAX_RANK = 64;
/** What a tensor may count: sizes in bytes, and sums of them, stay exact in a double. */
const MOST_ELEMENTS = 2 ** 44;

/** What a shape must be, for messages. */
export const SOUND_SHAPE = `at most ${MAX_RANK} dimensions from 0 whose product is at most 2^44`;

/** Whether any tensor can have this shape. A shape that is sound is so with any of its extents made smaller. */
export function isSoundShape(shape: Shape): boolean {
  // Without zeros, so that [0, 2^40, 2^40] is refused in whatever order it is multiplied.
  const product = shape.reduce((count, extent) => count * Math.max(1, extent), 1);
  const whole = shape.every(extent => Number.isInteger(extent) && extent >= 0);
  return whole && shape.length <= MAX_RANK && product <= MOST_ELEMENTS;
}

/** What 32-bit addresses reach: no tensor larger than that can be held. */
export const ADDRESSABLE_BYTES = 2 ** 32;
/** The largest finite float32. */
export const LARGEST_FLOAT = 3.4028234663852886e38;

/** Stored size in bytes, packed types rounded up to whole bytes. Strings count nothing: they have no stored size. */
export function tensorBytes(dtype: Dtype, shape: Shape): number {
  return Math.ceil((elementCount(shape) * dtypeInfo(dtype).bits) / 8);
}

/** Elements to step for each axis of a row-major tensor. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] ?? 1;
  }
  return strides;
}

/** NumPy broadcasting of any number of shapes; undefined when they do not fit. */
export function broadcastShapes(...shapes: readonly Shape[]): number[] | undefined {
  const rank = Math.max(0, ...shapes.map(shape => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const axis = rank - shape.length + i;
      const extent = shape[i] ?? 1;
      const before = result[axis] ?? 1;
      if (extent === before || extent === 1) continue;
      if (before !== 1) return undefined;
      result[axis] = extent;
    }
  }
  return result;
}

/** Strides to read a row-major `shape` as if it were broadcast to `target`: 0 on broadcast axes. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = rowMajorStrides(shape);
  const skipped = target.length - shape.length;
  return target.map((_, axis) => {
    const i = axis - skipped;
    return i < 0 || shape[i] === 1 ? 0 : (own[i] ?? 0);
  });
}

/** −1 counts from the end. Throws a RangeError outside [−rank, rank). */
export function normalizeAxis(axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new RangeError(`axis ${axis} is outside [-${rank}, ${rank - 1}]`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Extent by extent. */
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((extent, axis) => extent === b[axis]);

/** All elements but strings. */
export function isTypedArray(data: TensorData): data is Exclude<TensorData, readonly string[]> {
  return ArrayBuffer.isView(data);
}

/** Builds a tensor and checks that data and shape agree. Throws: a mismatch is our own bug. */
export function makeTensor(dtype: Dtype, shape: Shape, data: TensorData): Tensor {
  const expected = elementCount(shape) * (dtypeInfo(dtype).kind === 'complex' ? 2 : 1);
  if (data.length !== expected) {
    throw new Error(`${dtype} tensor [${shape.join(', ')}] needs ${expected} elements, got ${data.length}`);
  }
  return { dtype, shape, data };
}

/** A tensor from JavaScript numbers, converted to what `dtype` holds (no saturation: plain array conversion). */
export function tensorOf(dtype: Dtype, shape: Shape, values: readonly number[]): Tensor {
  const data = allocate(dtype, elementCount(shape));
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    values.forEach((value, i) => {
      data[i] = BigInt(value);
    });
  } else if (isTypedArray(data)) data.set(values);
  return makeTensor(dtype, shape, data);
}

/** Elements as numbers (64-bit integers rounded to the nearest double). Throws for strings. */
export function numbersOf(tensor: Tensor): number[] {
  if (!isTypedArray(tensor.data)) throw new Error('a string tensor has no numbers');
  const { data } = tensor;
  const numbers: number[] = [];
  for (let i = 0; i < data.length; i++) numbers.push(Number(data[i]));
  return numbers;
}

/** Whether the machine stores multi-byte numbers as files do. */
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function swapBytes(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}

/** Whether decoded elements and stored bytes are the same memory (on a little-endian machine). */
function storedAsIs(dtype: Dtype): boolean {
  return dtype !== 'string' && dtype !== 'bfloat16' && dtypeInfo(dtype).bits >= 8 && !isNarrowFloat(dtype);
}

/** Bytes of one number in the file, the unit of byte order. */
function scalarBytes(dtype: Dtype): number {
  const { bits, kind } = dtypeInfo(dtype);
  return bits / 8 / (kind === 'complex' ? 2 : 1);
}

/**
 * Stored bytes → tensor. The result owns its memory. Throws a RangeError when there are too few bytes, an Error for
 * strings, which have no stored form.
 */
export function decodeTensor(dtype: Dtype, shape: Shape, bytes: Uint8Array): Tensor {
  if (dtype === 'string') throw new Error('strings have no raw form');
  const needed = tensorBytes(dtype, shape);
  if (bytes.length < needed) {
    throw new RangeError(`${dtype} [${shape.join(', ')}] needs ${needed} bytes, found ${bytes.length}`);
  }
  const count = elementCount(shape);
  const data = allocate(dtype, count);
  if (!isTypedArray(data)) throw new Error(`${dtype} is not numeric`);
  if (storedAsIs(dtype)) {
    const target = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    target.set(bytes.subarray(0, needed));
    if (!LITTLE_ENDIAN) swapBytes(target, scalarBytes(dtype));
    if (dtype === 'bool') for (let i = 0; i < count; i++) data[i] = target[i] === 0 ? 0 : 1;
    return { dtype, shape, data };
  }
  const numbers = data as Float32Array | Int8Array | Uint8Array;
  if (dtype === 'bfloat16') {
    for (let i = 0; i < count; i++) {
      numbers[i] = decodeBfloat16((bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8));
    }
  } else unpack(dtype, bytes, numbers);
  return { dtype, shape, data };
}

/**
 * The tensor whose elements are these very bytes, without a copy; undefined where they have to be decoded or lie
 * where no array of this type can. Don't write to it.
 */
export function viewTensor(dtype: Dtype, shape: Shape, bytes: Uint8Array): Tensor | undefined {
  if (!LITTLE_ENDIAN || !storedAsIs(dtype) || dtype === 'bool') return undefined;
  const empty = allocate(dtype, 0);
  if (!isTypedArray(empty) || bytes.byteOffset % empty.BYTES_PER_ELEMENT !== 0) return undefined;
  const make = empty.constructor as new (buffer: ArrayBufferLike, at: number, count: number) => typeof empty;
  const count = tensorBytes(dtype, shape) / empty.BYTES_PER_ELEMENT;
  return { dtype, shape, data: new make(bytes.buffer, bytes.byteOffset, count) };
}

/** Whether stored bytes may be put where the program reads them as they are. */
export const isStoredAsRead = (dtype: Dtype): boolean =>
  LITTLE_ENDIAN && storedAsIs(dtype) && dtype !== 'bool';

/** Types of 8 bits and fewer that are not stored as they are held. */
function unpack(dtype: Dtype, bytes: Uint8Array, target: Float32Array | Int8Array | Uint8Array): void {
  const { bits, kind } = dtypeInfo(dtype);
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  const table = kind === 'float' ? narrowFloatTable(dtype) : undefined;
  const signBit = kind === 'int' ? 2 ** (bits - 1) : 0;
  for (let i = 0; i < target.length; i++) {
    const pattern = ((bytes[Math.floor(i / perByte)] ?? 0) >> ((i % perByte) * bits)) & mask;
    target[i] = table ? (table[pattern] ?? 0) : (pattern ^ signBit) - signBit;
  }
}

/**
 * Tensor → stored bytes, written from the start of `target`; what saturates did so when it was computed. Throws when
 * it is too small.
 */
export function encodeTensor(tensor: Tensor, target: Uint8Array): void {
  const { dtype, shape, data } = tensor;
  const needed = tensorBytes(dtype, shape);
  if (target.length < needed) throw new RangeError(`${needed} bytes needed, target has ${target.length}`);
  if (!isTypedArray(data)) throw new Error('strings have no raw form');
  if (storedAsIs(dtype)) {
    target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    if (!LITTLE_ENDIAN) swapBytes(target.subarray(0, needed), scalarBytes(dtype));
    return;
  }
  const numbers = data as Float32Array | Int8Array | Uint8Array;
  if (dtype === 'bfloat16') {
    for (let i = 0; i < numbers.length; i++) {
      const bits = encodeBfloat16(numbers[i] ?? 0);
      target[2 * i] = bits & 0xff;
      target[2 * i + 1] = bits >> 8;
    }
  } else pack(dtype, numbers, target.subarray(0, needed));
}

/** Tensor → stored bytes, to be read only: where they are the same, the tensor's own memory. Throws for strings. */
export function storedBytes(tensor: Tensor): Uint8Array {
  const { dtype, shape, data } = tensor;
  if (LITTLE_ENDIAN && storedAsIs(dtype) && isTypedArray(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  const bytes = new Uint8Array(tensorBytes(dtype, shape));
  encodeTensor(tensor, bytes);
  return bytes;
}

function pack(dtype: Dtype, numbers: Float32Array | Int8Array | Uint8Array, target: Uint8Array): void {
  const { bits, kind } = dtypeInfo(dtype);
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  target.fill(0);
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i] ?? 0;
    const pattern = (kind === 'float' ? encodeNarrowFloat(dtype, value, false) : value) & mask;
    const at = Math.floor(i / perByte);
    target[at] = (target[at] ?? 0) | (pattern << ((i % perByte) * bits));
  }
}
