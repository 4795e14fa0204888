// A node made ready to run many times gives what it gives when it runs once, whatever changes from call to call.

import { expect, test } from 'vitest';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Attribute, Node, NodeId, Tensor, ValueId } from '../../../engine/ir/types.ts';
import { evaluateData, evaluator } from '../../../engine/reference/interpreter.ts';

const noFiles = { read: () => new Uint8Array() };
const ints = (...values: number[]): Tensor => tensorOf('int64', [values.length], values);
const floats = (shape: readonly number[]): Tensor =>
  tensorOf(
    'float32',
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 0.5),
  );

function nodeOf(op: string, inputs: number, attributes: Readonly<Record<string, Attribute>> = {}): Node {
  return {
    id: 0 as NodeId,
    name: op,
    op,
    version: 18,
    inputs: Array.from({ length: inputs }, (_, i) => i as ValueId),
    outputs: [inputs as ValueId],
    attributes,
    origin: [0 as NodeId],
  };
}

const CALLS: Readonly<Record<string, readonly (readonly Tensor[])[]>> = {
  // The same types with other elements, then other types with the same elements.
  Slice: [
    [floats([4, 3]), ints(1), ints(3)],
    [floats([4, 3]), ints(1), ints(3)],
    [floats([4, 3]), ints(2), ints(4)],
    [floats([5, 2]), ints(2), ints(4)],
  ],
  Tile: [
    [floats([2]), ints(2)],
    [floats([2]), ints(3)],
    [floats([3]), ints(3)],
  ],
  Mul: [
    [floats([2, 3]), floats([3])],
    [floats([2, 3]), floats([2, 1])],
    [floats([1, 3]), floats([2, 1])],
  ],
  ReduceSum: [
    [floats([2, 3]), ints(0)],
    [floats([2, 3]), ints(1)],
    [floats([3, 2]), ints(1)],
  ],
  Expand: [
    [floats([1]), ints(2, 3)],
    [floats([1]), ints(3, 2)],
  ],
};

test.each(Object.entries(CALLS))('%s, call after call', (op, calls) => {
  const node = nodeOf(op, calls[0]?.length ?? 0);
  const run = evaluator(node, noFiles);
  for (const inputs of [...calls, ...calls.toReversed()]) {
    expect(run(inputs)).toEqual(evaluateData(node, inputs, noFiles));
  }
});

test('parameters that were changed where they lie are asked for again', () => {
  const run = evaluator(nodeOf('Slice', 3), noFiles);
  const start = BigInt64Array.of(0n);
  const inputs = [floats([4]), { ...ints(0), data: start }, ints(2)];
  const first = run(inputs);
  start[0] = 1n;
  expect(first).toEqual([tensorOf('float32', [2], [0.5, 1.5])]);
  expect(run(inputs)).toEqual([tensorOf('float32', [1], [1.5])]);
});

test('an error leaves nothing behind', () => {
  const node = nodeOf('Reshape', 2);
  const run = evaluator(node, noFiles);
  const good = [floats([6]), ints(2, 3)];
  run(good);
  expect(() => run([floats([6]), ints(4, 3)])).toThrow(/Reshape|elements/);
  expect(run(good)).toEqual(evaluateData(node, good, noFiles));
});
