import { describe, expect, test } from 'vitest';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Dtype, ValueId } from '../../../engine/ir/types.ts';
import type { TensorView } from '../../../engine/runtime/program.ts';
import { bytesFor, readView, windowOf, writeBytes } from '../../../engine/runtime/tensor-access.ts';

const viewOf = (dtype: Dtype, shape: number[], strides: number[], offset = 0): TensorView => ({
  value: 0 as ValueId,
  name: 'x',
  dtype,
  shape,
  space: 'arena',
  offset,
  strides,
});

const counting = (dtype: Dtype, shape: number[]) =>
  tensorOf(
    dtype,
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  );

describe('views of memory', () => {
  test.each([
    ['row-major', 'float32', [2, 3, 4], [12, 4, 1]],
    ['channels last', 'float32', [2, 3, 4], [12, 1, 3]],
    ['a slice of something larger', 'int64', [2, 2], [10, 3]],
    ['long rows apart', 'float32', [3, 12], [20, 1]],
    ['bytes', 'uint8', [3, 5], [1, 3]],
    ['a scalar', 'float64', [], []],
    ['nothing', 'float32', [0, 3], [3, 1]],
  ] as const)('%s comes back as it was written', (_, dtype, shape, strides) => {
    const memory = new SharedArrayBuffer(1024);
    const view = viewOf(dtype, [...shape], [...strides], 16);
    const tensor = counting(dtype, [...shape]);
    writeBytes(memory, 64, view, bytesFor(view, tensor));
    expect(readView(memory, 64, view)).toEqual(tensor);
  });

  test('channels last really lies so', () => {
    const memory = new SharedArrayBuffer(64);
    const view = viewOf('float32', [1, 2, 3], [6, 1, 2]);
    writeBytes(memory, 0, view, bytesFor(view, counting('float32', [1, 2, 3])));
    expect([...new Float32Array(memory, 0, 6)]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test('what is read does not change with the memory', () => {
    const memory = new SharedArrayBuffer(16);
    const view = viewOf('float32', [4], [1]);
    const before = readView(memory, 0, view);
    new Float32Array(memory).fill(5);
    expect([...(before.data as Float32Array)]).toEqual([0, 0, 0, 0]);
  });

  test('elements that share bytes with others have no strides', () => {
    const memory = new SharedArrayBuffer(64);
    const turned = viewOf('int4', [2, 2], [1, 2]);
    expect(() => readView(memory, 0, turned)).toThrow('x: int4 cannot be strided');
    expect(() => readView(memory, 0, viewOf('string', [2, 2], [1, 2]))).toThrow('string cannot be strided');
  });

  test('a window is what lies there, as its type, and changes with the memory', () => {
    const memory = new SharedArrayBuffer(128);
    const floats = windowOf(memory, 64, viewOf('float32', [2, 3], [3, 1], 16));
    new Float32Array(memory, 80, 6).set([1, 2, 3, 4, 5, 6]);
    expect([...(floats ?? [])]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...(windowOf(memory, 80, viewOf('bool', [4], [1])) ?? [])]).toEqual([0, 0, 128, 63]);
    expect(windowOf(memory, 0, viewOf('float32', [2, 3], [1, 2]))).toBeUndefined();
  });

  test('another type or shape is refused', () => {
    const view = viewOf('float32', [2], [1]);
    expect(() => bytesFor(view, counting('int32', [2]))).toThrow('expected float32 [2], got int32 [2]');
    expect(() => bytesFor(view, counting('float32', [3]))).toThrow('expected float32 [2], got float32 [3]');
  });
});
