// Constant data by reference: small tensors inline, large ones as a range of bytes in a file.
// Whoever makes a `file` constant has checked that its range exists and holds the shape's elements.

import { decodeTensor, encodeTensor, isStoredAsRead, viewTensor } from '../tensor.ts';
import type { Constant, Dtype, Shape, Tensor } from '../types.ts';
import type { ReadBytes } from './reading.ts';

/** Reads from bytes in memory instead of files: knows those given, by path. */
export function readFromMemory(files: Readonly<Record<string, Uint8Array>>): ReadBytes {
  return (file, offset, length) => {
    const bytes = Object.hasOwn(files, file) ? files[file] : undefined;
    if (!bytes) throw new Error(`${file}: no such file`);
    return bytes.subarray(offset, offset + length);
  };
}

/** Known before its elements are. */
export const constantDtype = (constant: Constant): Dtype =>
  constant.kind === 'inline' ? constant.tensor.dtype : constant.dtype;

/** Known before its elements are. */
export const constantShape = (constant: Constant): Shape =>
  constant.kind === 'inline' ? constant.tensor.shape : constant.shape;

/** The tensor a constant stands for. Throws when the file is gone or shorter than it was when it was opened. */
export function loadConstant(constant: Constant, read: ReadBytes): Tensor {
  if (constant.kind === 'inline') return constant.tensor;
  if (constant.kind === 'computed') return constant.compute(read);
  const { dtype, shape, file, offset, length } = constant;
  const bytes = readExactly(read, file, offset, length);
  if (constant.encoding === 'varint') return decodeTensor(dtype, shape, unpackVarints(bytes, dtype));
  // What is large was read for this alone; of a small one, what surrounds it would be kept.
  const whole = length >= LARGE_BYTES && viewTensor(dtype, shape, bytes);
  return whole || decodeTensor(dtype, shape, bytes);
}

/** Writes the stored bytes of a constant to the start of `target`: from the file to their place where they can be. */
export function storeConstant(constant: Constant, read: ReadBytes, target: Uint8Array): void {
  if (constant.kind !== 'file' || constant.encoding === 'varint' || !isStoredAsRead(constant.dtype)) {
    encodeTensor(loadConstant(constant, read), target);
    return;
  }
  const { file, offset, length } = constant;
  for (let done = 0; done < length; ) {
    const part = readExactly(read, file, offset + done, Math.min(length - done, LARGE_BYTES));
    target.set(part, done);
    done += LARGE_BYTES;
    if (read.fresh && part.buffer instanceof ArrayBuffer) part.buffer.transfer(0);
  }
}

const LARGE_BYTES = 1 << 22;
const CHUNK_BYTES = 1 << 30;

/** All `length` bytes, in several reads where one would be too large for the operating system. */
function readExactly(read: ReadBytes, file: string, offset: number, length: number): Uint8Array {
  const first = read(file, offset, Math.min(length, CHUNK_BYTES));
  if (first.length === length) return first;
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const part = done === 0 ? first : read(file, offset + done, Math.min(length - done, CHUNK_BYTES));
    if (part.length === 0) {
      throw new Error(`${file}, byte ${offset + done}: expected ${length - done} more bytes, found the end`);
    }
    bytes.set(part, done);
    done += part.length;
  }
  return bytes;
}

/** Bytes that one entry of int32_data, int64_data or uint64_data stands for (two 4-bit elements share a byte). */
function varintUnitBytes(dtype: Dtype): number {
  switch (dtype) {
    case 'int64':
    case 'uint64':
      return 8;
    case 'int32':
    case 'uint32':
      return 4;
    case 'int16':
    case 'uint16':
    case 'float16':
    case 'bfloat16':
      return 2;
    default:
      return 1;
  }
}

/**
 * Packed protobuf varints to the little-endian bytes `raw` would have held; each keeps its lowest bytes, as
 * two's complement demands. A varint has 7 bits per byte, the lowest first, the top bit set on all but the last byte.
 */
export function unpackVarints(packed: Uint8Array, dtype: Dtype): Uint8Array {
  const unit = varintUnitBytes(dtype);
  let count = 0;
  for (const byte of packed) if (byte < 0x80) count++;
  const raw = new Uint8Array(count * unit);
  const view = new DataView(raw.buffer);
  let at = 0;
  let low = 0; // bits 0…27
  let high = 0; // bits 28…
  let shift = 0;
  for (const byte of packed) {
    const bits = byte & 0x7f;
    if (shift < 28) low |= bits << shift;
    else if (shift < 60) high += bits * 2 ** (shift - 28);
    else high += (bits & 0xf) * 2 ** (shift - 28);
    shift += 7;
    if (byte >= 0x80) continue;
    const low32 = (low | ((high % 16) << 28)) >>> 0;
    if (unit === 1) raw[at] = low32;
    else if (unit === 2) view.setUint16(at, low32, true);
    else view.setUint32(at, low32, true);
    if (unit === 8) view.setUint32(at + 4, Math.floor(high / 16) >>> 0, true);
    at += unit;
    low = 0;
    high = 0;
    shift = 0;
  }
  return raw;
}
