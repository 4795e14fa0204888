// Sparse tensors, given as the values that aren't zero and where they stand, made dense.
// https://github.com/onnx/onnx/blob/main/docs/IR.md (SparseTensorProto)

import { allocate } from '../ir/dtypes.ts';
import { elementCount, isTypedArray, numbersOf, rowMajorStrides, tensorBytes } from '../ir/tensor.ts';
import type { Shape, Tensor } from '../ir/types.ts';

/**
 * values [n] at indices [n] (into the flattened tensor) or [n, rank] → the tensor of `shape`, zero elsewhere.
 * What is wrong with the input, or larger than `maxBytes`, comes back as a sentence.
 */
export function densify(values: Tensor, indices: Tensor, shape: Shape, maxBytes: number): Tensor | string {
  const bytes = tensorBytes(values.dtype, shape);
  if (bytes > maxBytes) return `expected at most ${maxBytes} bytes when dense, found ${bytes}`;
  const count = elementCount(values.shape);
  const flat = indices.shape.length === 1;
  const width = flat ? 1 : shape.length;
  if (indices.dtype !== 'int64' || indices.data.length !== count * width) {
    return `expected ${count * width} int64 indices, found ${indices.data.length} of ${indices.dtype}`;
  }
  const data = allocate(values.dtype, elementCount(shape));
  if (!isTypedArray(data) || !isTypedArray(values.data) || data.length !== elementCount(shape)) {
    return `expected real numbers, found ${values.dtype}`;
  }
  const target = data as Float32Array;
  const source = values.data as Float32Array;
  const strides = flat ? [1] : rowMajorStrides(shape);
  const extents = flat ? [elementCount(shape)] : shape;
  const places = numbersOf(indices);
  for (let i = 0; i < count; i++) {
    let at = 0;
    for (let axis = 0; axis < width; axis++) {
      const index = places[i * width + axis] ?? -1;
      const extent = extents[axis] ?? 0;
      if (index < 0 || index >= extent) return `expected indices from 0 to ${extent - 1}, found ${index}`;
      at += index * (strides[axis] ?? 0);
    }
    target[at] = source[i] ?? 0;
  }
  return { dtype: values.dtype, shape, data };
}
