// Initialisers that are inputs too: which they are, and what takes their place.

import { expect, test } from 'vitest';
import { defaultsOf, inputNameAt, withDefaults } from '../../../../engine/ir/constants/defaults.ts';
import { numbersOf, tensorOf } from '../../../../engine/ir/tensor.ts';
import { inferShapes } from '../../../../engine/passes/shapes/infer.ts';
import { evaluateGraph } from '../../../../engine/reference/interpreter.ts';
import { floatTensor, floatValue, modelBytes, open } from '../../onnx/model-bytes.ts';

const opened = () =>
  open(
    modelBytes({
      node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
      input: [floatValue('w', [2]), floatValue('x', [2])],
      initializer: [floatTensor('w', [10, 20])],
      output: [floatValue('y', [2])],
    }),
  );

const result = (weights?: readonly number[]): number[] => {
  const { model, read } = opened();
  const replaced = weights ? [['w', tensorOf('float32', [weights.length], weights)] as const] : [];
  const { graph } = inferShapes(withDefaults(model, new Map(replaced)), {}, read);
  const x = tensorOf('float32', [2], [1, 2]);
  const outputs = evaluateGraph(graph, new Map(graph.inputs.map(id => [id, x])), read);
  return [...outputs.values()].flatMap(numbersOf);
};

test('the default counts until another tensor is given', () => {
  expect(defaultsOf(opened().model)).toEqual(['w']);
  expect(result()).toEqual([11, 22]);
  expect(result([100, 200])).toEqual([101, 202]);
});

test('one of another shape is refused', () => {
  expect(() => result([1, 2, 3])).toThrow('input w: expected float32 [2], found float32 [3]');
});

test('files of a data set are for all inputs where so many are given, else for those without a default', () => {
  const { model } = opened();
  expect(inputNameAt(model, 0, 1)).toBe('x');
  expect([0, 1].map(index => inputNameAt(model, index, 2))).toEqual(['w', 'x']);
});
