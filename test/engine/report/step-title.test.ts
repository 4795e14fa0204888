import { expect, test } from 'vitest';
import { GraphBuilder } from '../../../engine/ir/graph.ts';
import { stepTitle } from '../../../engine/report/step-title.ts';

const BODY = { type: 'graph', value: new GraphBuilder('body').build() } as const;

const NODES = new Map([
  [3, { op: 'MatMul', attributes: {} }],
  [4, { op: 'Constant', attributes: {} }],
  [5, { op: 'Add', attributes: {} }],
  [8, { op: 'Relu', attributes: {} }],
  [9, { op: 'If', attributes: { then_branch: BODY } }],
]);

test('a step is called by the operators of the file, in its order', () => {
  expect(stepTitle([8, 3, 4, 5], ['Gemm', 'Relu'], NODES)).toBe('MatMul + Add + Relu');
});

test('where the file has none, by those that are computed', () => {
  expect(stepTitle([99], ['Gemm'], NODES)).toBe('Gemm');
  expect(stepTitle([], ['Identity'], NODES)).toBe('Identity');
});

test('what stands in a body is called by what is computed: the file only has the If', () => {
  expect(stepTitle([9], ['Conv', 'Relu'], NODES)).toBe('Conv + Relu');
  expect(stepTitle([9, 8], ['Conv', 'Relu'], NODES)).toBe('Conv + Relu');
});

test('operators that wait for an extent and run as one are called by what they are', () => {
  expect(stepTitle([9, 8, 5], ['dynamic.Block'], NODES)).toBe('Add + Relu + If');
});

test('what could not be read at once is counted', () => {
  const computed = ['Mul', 'Add', 'Mul', 'Softmax', 'Mul', 'Add', 'MatMul'];
  expect(stepTitle([], computed, NODES)).toBe('3 Mul + 2 Add + Softmax + MatMul');
});
