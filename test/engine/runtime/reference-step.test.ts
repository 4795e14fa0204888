// Steps of the interpreter write to the place of their results where none of their operands lies.

import { afterEach, expect, test, vi } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { elementCount, rowMajorStrides, tensorOf } from '../../../engine/ir/tensor.ts';
import type { Shape, Tensor, ValueId } from '../../../engine/ir/types.ts';
import { RandomStreams } from '../../../engine/reference/random.ts';
import type { ReferenceStep, TensorView } from '../../../engine/runtime/program.ts';
import { referenceCall } from '../../../engine/runtime/reference-step.ts';
import { RunData } from '../../../engine/runtime/run-data.ts';
import { noFiles, TestGraph } from '../../support/build-graph.ts';

/** At an offset in elements, all axes of which are bounded. */
const view = (value: number, at: number, shape: Shape): TensorView => ({
  value: value as ValueId,
  name: `value ${value}`,
  dtype: 'float32',
  shape,
  bounded: shape.map(() => true),
  space: 'arena',
  offset: 4 * at,
  strides: rowMajorStrides(shape),
});

/** A step that joins two operands along an axis. */
function joining(axis: number, inputs: readonly TensorView[], output: TensorView): ReferenceStep {
  const g = new TestGraph('joining');
  g.node('Concat', [g.input('a', 'float32'), g.input('b', 'float32')], {
    attributes: { axis: attr.int(axis) },
  });
  const [node] = g.build().nodes;
  if (!node) throw new Error('expected a node');
  return { kind: 'reference', node, inputs, outputs: [output], name: 'join' } as unknown as ReferenceStep;
}

const tensor = (shape: Shape, first: number): Tensor =>
  tensorOf(
    'float32',
    shape,
    Array.from({ length: elementCount(shape) }, (_, i) => first + i),
  );

/** What the step gives for two operands, and how many elements were set in other arrays than one by one. */
function joined(axis: number, views: readonly TensorView[], tensors: readonly Tensor[]) {
  const [a, b, output] = views;
  if (!a || !b || !output) throw new Error('expected three views');
  const data = new RunData(new ArrayBuffer(4096), () => 0);
  const call = referenceCall(joining(axis, [a, b], output), data, noFiles, new RandomStreams());
  tensors.forEach((given, i) => {
    data.write(views[i] as TensorView, given);
  });
  const set = vi.spyOn(Object.getPrototypeOf(Float32Array.prototype), 'set');
  call();
  const copied = set.mock.calls.reduce((sum, [from]) => sum + (from as Float32Array).length, 0);
  set.mockRestore();
  return { result: data.read(output) as Tensor, copied };
}

afterEach(() => {
  vi.restoreAllMocks();
});

test('a result is written to its place once', () => {
  const views = [view(0, 0, [8, 4]), view(1, 32, [8, 4]), view(2, 64, [16, 4])];
  const { result, copied } = joined(0, views, [tensor([3, 4], 1), tensor([2, 4], 50)]);
  expect(result).toEqual({
    ...tensor([5, 4], 0),
    data: Float32Array.from([...tensor([3, 4], 1).data, ...tensor([2, 4], 50).data] as number[]),
  });
  expect(copied).toBe(20);
});

test('behind an operand that lies where the result begins only the others are written', () => {
  const views = [view(0, 64, [8, 4]), view(1, 32, [8, 4]), view(2, 64, [16, 4])];
  const [a, b] = [tensor([3, 4], 1), tensor([2, 4], 50)];
  const { result, copied } = joined(0, views, [a, b]);
  expect(result).toEqual(tensorOf('float32', [5, 4], [...a.data, ...b.data].map(Number)));
  expect(copied).toBe(8);
});

test('so it is where rows have gaps between them', () => {
  const strides = [8, 1];
  const views = [
    { ...view(0, 64, [3, 4]), strides },
    view(1, 32, [3, 1]),
    { ...view(2, 64, [3, 8]), strides },
  ];
  const { result, copied } = joined(1, views, [
    tensorOf('float32', [3, 2], [1, 2, 3, 4, 5, 6]),
    tensorOf('float32', [3, 1], [50, 51, 52]),
  ]);
  expect(result).toEqual(tensorOf('float32', [3, 3], [1, 2, 50, 3, 4, 51, 5, 6, 52]));
  expect(copied).toBe(0);
});

test('a result that lies over an operand, or in no row, is right too', () => {
  const [a, b] = [tensor([3, 4], 1), tensor([2, 4], 50)];
  const wanted = [...a.data, ...b.data].map(Number);
  for (const at of [0, 4, 36]) {
    const views = [view(0, 0, [8, 4]), view(1, 32, [8, 4]), view(2, at, [16, 4])];
    expect(Array.from(joined(0, views, [a, b]).result.data, Number)).toEqual(wanted);
  }
  const apart = [view(0, 0, [3, 4]), view(1, 32, [3, 4]), view(2, 64, [3, 16])];
  const { result } = joined(1, apart, [tensor([2, 2], 1), tensor([2, 1], 50)]);
  expect(result).toEqual(tensorOf('float32', [2, 3], [1, 2, 50, 3, 4, 51]));
});
