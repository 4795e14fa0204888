import { expect, test } from 'vitest';
import { groupOperators } from '../../../engine/report/group-operators.ts';

const NODES = new Map([
  [3, { op: 'MatMul' }],
  [4, { op: 'Constant' }],
  [5, { op: 'Add' }],
  [8, { op: 'Relu' }],
]);

test('a group is called by the operators of the file, in its order', () => {
  const group = { nodes: [8, 3, 4, 5], ops: ['Gemm', 'Relu'] };
  expect(groupOperators(group, NODES)).toEqual(['MatMul', 'Add', 'Relu']);
});

test('where the file has none, by those that are computed', () => {
  expect(groupOperators({ nodes: [99], ops: ['Gemm'] }, NODES)).toEqual(['Gemm']);
});
