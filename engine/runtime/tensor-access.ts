// Tensors in and out of WASM memory through described views: any offset, any strides (layouts are strides).
// What is read is always a copy, so it stays valid when the memory is used again.

import { dtypeInfo } from '../ir/dtypes.ts';
import {
  decodeTensor,
  elementCount,
  isTypedArray,
  rowMajorStrides,
  storedBytes,
  tensorBytes,
  viewTensor,
} from '../ir/tensor.ts';
import type { Shape, Tensor, TensorData } from '../ir/types.ts';
import type { TensorView } from './program.ts';

/** Elements that are numbers. */
type NumberData = Exclude<TensorData, readonly string[]>;

/** Are these the strides of consecutive row-major elements? Axes of extent 1 may have any. */
export function isRowMajor(shape: Shape, strides: readonly number[]): boolean {
  if (elementCount(shape) === 0) return true;
  const packed = rowMajorStrides(shape);
  return shape.every((extent, axis) => extent === 1 || strides[axis] === packed[axis]);
}

/** Fewer bytes are copied one by one: a view of them takes longer to make. */
const SHORT_RUN = 32;

/** Copies elements between a strided and a row-major array of the same elements, in either direction. */
function copyStrided(
  elementBytes: number,
  shape: Shape,
  strides: readonly number[],
  strided: Uint8Array,
  packed: Uint8Array,
  direction: 'pack' | 'unpack',
): void {
  const { axes, elements } = runOf(shape, strides);
  const runBytes = elements * elementBytes;
  const [from, to] = direction === 'pack' ? [strided, packed] : [packed, strided];
  const index = shape.map(() => 0);
  for (let i = 0, position = 0; i < packed.length; i += runBytes) {
    const at = position * elementBytes;
    if (direction === 'pack') copyRun(from, at, to, i, runBytes);
    else copyRun(from, i, to, at, runBytes);
    for (let axis = axes - 1; axis >= 0; axis--) {
      const stride = strides[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      position += stride;
      if (next < (shape[axis] ?? 0)) {
        index[axis] = next;
        break;
      }
      position -= stride * next;
      index[axis] = 0;
    }
  }
}

/** Elements that lie side by side, those of the last axes, and how many axes are before them. */
function runOf(shape: Shape, strides: readonly number[]): { axes: number; elements: number } {
  let elements = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] ?? 1;
    if (extent !== 1 && strides[axis] !== elements) return { axes: axis + 1, elements };
    elements *= extent;
  }
  return { axes: 0, elements };
}

/** Puts the elements of a row-major tensor into a strided array of such, from the element `at` on. */
export function scatter(
  { shape, data }: Tensor,
  strides: readonly number[],
  elements: NumberData,
  at: number,
): void {
  // Both are of one kind, and counted in elements as others are in bytes.
  copyStrided(1, shape, strides, elements.subarray(at) as Uint8Array, data as Uint8Array, 'unpack');
}

function copyRun(from: Uint8Array, start: number, to: Uint8Array, at: number, bytes: number): void {
  if (bytes > SHORT_RUN) to.set(from.subarray(start, start + bytes), at);
  else for (let i = 0; i < bytes; i++) to[at + i] = from[start + i] ?? 0;
}

/** Bytes from the view's first element to its last. */
function extentBytes(view: TensorView): number {
  if (elementCount(view.shape) === 0) return 0;
  if (isRowMajor(view.shape, view.strides)) return tensorBytes(view.dtype, view.shape);
  const last = view.shape.reduce((sum, extent, axis) => sum + (extent - 1) * (view.strides[axis] ?? 0), 0);
  return (last + 1) * wholeBytes(view);
}

/** Whether two places have a byte between their first and last elements in common. */
export function shareBytes(a: TensorView, b: TensorView): boolean {
  if (a.space !== b.space) return false;
  return a.offset < b.offset + extentBytes(b) && b.offset < a.offset + extentBytes(a);
}

function wholeBytes(view: TensorView): number {
  const { bits } = dtypeInfo(view.dtype);
  if (bits === 0 || bits % 8 !== 0) throw new Error(`${view.name}: ${view.dtype} cannot be strided`);
  return bits / 8;
}

/** The tensor that lies at `base` + view.offset of `memory`, copied. */
export function readView(memory: ArrayBufferLike, base: number, view: TensorView): Tensor {
  const bytes = new Uint8Array(memory, base + view.offset, extentBytes(view));
  if (isRowMajor(view.shape, view.strides)) return decodeTensor(view.dtype, view.shape, bytes);
  const packed = new Uint8Array(tensorBytes(view.dtype, view.shape));
  copyStrided(wholeBytes(view), view.shape, view.strides, bytes, packed, 'pack');
  return decodeTensor(view.dtype, view.shape, packed);
}

/**
 * The elements where they lie, for as long as the memory is not used otherwise; undefined where they are not an array
 * of the type that tensors have.
 */
export function windowOf(memory: ArrayBufferLike, base: number, view: TensorView): NumberData | undefined {
  if (!isRowMajor(view.shape, view.strides)) return undefined;
  const bytes = new Uint8Array(memory, base + view.offset, extentBytes(view));
  // Kernels and writers store bools as 0 and 1, which is how tensors hold them.
  const data = view.dtype === 'bool' ? bytes : viewTensor(view.dtype, view.shape, bytes)?.data;
  return data && isTypedArray(data) ? data : undefined;
}

/** Writes a tensor's stored bytes, row-major as `encodeTensor` makes them, to where the view says. */
export function writeBytes(
  memory: ArrayBufferLike,
  base: number,
  view: TensorView,
  stored: Uint8Array,
): void {
  const target = new Uint8Array(memory, base + view.offset, extentBytes(view));
  if (isRowMajor(view.shape, view.strides)) target.set(stored);
  else copyStrided(wholeBytes(view), view.shape, view.strides, target, stored, 'unpack');
}

/** Throws when a tensor is not of the view's type and shape: that is our bug. */
function checkFits(view: TensorView, tensor: Tensor): void {
  const same =
    tensor.dtype === view.dtype &&
    tensor.shape.length === view.shape.length &&
    tensor.shape.every((extent, axis) => extent === view.shape[axis]);
  if (!same) {
    throw new Error(
      `${view.name}: expected ${view.dtype} [${view.shape.join(', ')}], got ${tensor.dtype} [${tensor.shape.join(', ')}]`,
    );
  }
}

/** Stored bytes of a tensor that is to be written to `view`, to be read only. Throws when it does not fit. */
export function bytesFor(view: TensorView, tensor: Tensor): Uint8Array {
  checkFits(view, tensor);
  return storedBytes(tensor);
}
