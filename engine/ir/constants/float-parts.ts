// The elements of a float32 constant part by part, in a small buffer that is used again: what packs large weights
// touches them once, in the processor's cache, and no second copy of them is made.

import { elementCount, isStoredAsRead } from '../tensor.ts';
import type { Constant } from '../types.ts';
import { loadConstant } from './constant.ts';
import type { FloatParts, ReadBytes } from './reading.ts';

/** Elements that are read from a file at once: they stay in the second-level cache. */
const WINDOW = 65_536;

/** Elements that are in memory. */
export const partsOf =
  (elements: Float32Array): FloatParts =>
  (from, to) =>
    elements.subarray(from, to);

/**
 * The parts of a constant: of one in a file only what is asked for is read, of one that is computed in parts only
 * that is computed. Asking in ascending order is fast. Throws when it is not float32, or the file is gone or shorter.
 */
export function floatParts(constant: Constant, read: ReadBytes): FloatParts {
  if (constant.kind === 'computed' && constant.parts) return constant.parts(read);
  if (constant.kind === 'file' && constant.dtype === 'float32' && isStoredAsRead('float32')) {
    return fileParts(constant, read);
  }
  let whole: Float32Array | undefined;
  return (from, to) => {
    whole ??= floatsOf(loadConstant(constant, read).data);
    return whole.subarray(from, to);
  };
}

/**
 * The same parts with 0 in the place of subnormal numbers (below 2⁻¹²⁶). Weights that training let decay end there, and
 * processors may take more than a hundred times as long for a product with such a factor, which adds next to nothing.
 */
export const withoutSubnormals =
  (parts: FloatParts): FloatParts =>
  (from, to) => {
    const elements = parts(from, to);
    const bits = new Int32Array(elements.buffer, elements.byteOffset, elements.length);
    let at = nextSubnormal(bits, 0);
    if (at === bits.length) return elements;
    const rounded = elements.slice();
    for (; at < bits.length; at = nextSubnormal(bits, at + 1)) rounded[at] = 0;
    return rounded;
  };

/** A loop over all weights there are: one comparison each. */
function nextSubnormal(bits: Int32Array, start: number): number {
  let at = start;
  while (at < bits.length && !isSubnormal(bits[at] as number)) at++;
  return at;
}

/** Whether a float32 of these bits is not 0 and has an exponent of 0: without its sign, 1 to 2²³ − 1. */
const isSubnormal = (bits: number): boolean => ((bits << 1) - 1) >>> 0 < 0x00ff_ffff;

function floatsOf(data: unknown): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new Error('expected float32 elements');
}

function fileParts(constant: Extract<Constant, { kind: 'file' }>, read: ReadBytes): FloatParts {
  const { file, offset, shape } = constant;
  const count = elementCount(shape);
  let buffer = new Float32Array(Math.min(WINDOW, count));
  let [first, last] = [0, 0];
  return (from, to) => {
    if (from < first || to > last) {
      if (to - from > buffer.length) buffer = new Float32Array(to - from);
      [first, last] = [from, Math.max(to, Math.min(from + buffer.length, count))];
      const bytes = new Uint8Array(buffer.buffer, 0, (last - first) * 4);
      readInto(read, file, offset + first * 4, bytes);
    }
    return buffer.subarray(from - first, to - first);
  };
}

/** Fills `target`; at most 2^30 bytes at once, which every system reads. */
function readInto(read: ReadBytes, file: string, offset: number, target: Uint8Array): void {
  for (let done = 0; done < target.length; ) {
    const rest = target.subarray(done, done + LARGEST_READ_BYTES);
    const count = read.into ? read.into(file, offset + done, rest) : copied(read, file, offset + done, rest);
    if (count === 0) {
      throw new Error(`${file}, byte ${offset + done}: expected ${rest.length} more bytes, found the end`);
    }
    done += count;
  }
}

const LARGEST_READ_BYTES = 2 ** 30;

function copied(read: ReadBytes, file: string, offset: number, target: Uint8Array): number {
  const bytes = read(file, offset, target.length);
  target.set(bytes);
  return bytes.length;
}
