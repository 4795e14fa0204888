import { expect, test } from 'vitest';
import { groupOperators } from '../../../engine/report/group-operators.ts';

const EMPTY = { name: 'body', nodes: [], tensors: [], inputs: [], outputs: [] };

const NODES = new Map([
  [3, { op: 'MatMul', subgraphs: [] }],
  [4, { op: 'Constant', subgraphs: [] }],
  [5, { op: 'Add', subgraphs: [] }],
  [8, { op: 'Relu', subgraphs: [] }],
  [9, { op: 'If', subgraphs: [{ attribute: 'then_branch', graph: EMPTY }] }],
]);

test('a group is called by the operators of the file, in its order', () => {
  const group = { nodes: [8, 3, 4, 5], ops: ['Gemm', 'Relu'] };
  expect(groupOperators(group, NODES)).toEqual(['MatMul', 'Add', 'Relu']);
});

test('where the file has none, by those that are computed', () => {
  expect(groupOperators({ nodes: [99], ops: ['Gemm'] }, NODES)).toEqual(['Gemm']);
});

test('what stands in a body is called by what is computed: the file only has the If', () => {
  expect(groupOperators({ nodes: [9], ops: ['Conv', 'Relu'] }, NODES)).toEqual(['Conv', 'Relu']);
  expect(groupOperators({ nodes: [9, 8], ops: ['Conv', 'Relu'] }, NODES)).toEqual(['Conv', 'Relu']);
});
