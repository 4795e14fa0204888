import { expect, test } from 'vitest';
import { compareModels } from '../../../engine/report/compare-models.ts';
import { shapeText, tensorShapeText, typeText } from '../../../engine/report/shape-text.ts';
import type { GraphSummary } from '../../../engine/report/types/model.ts';

test('shapes', () => {
  expect(shapeText([1, 3, 224, 224])).toBe('1×3×224×224');
  expect(shapeText([])).toBe('scalar');
  expect(shapeText(['N', 3])).toBe('N×3');
  expect(shapeText(undefined)).toBe('unknown shape');
});

test('a bound is told as one, wherever a type is', () => {
  const tensor = { dtype: 'int64', shape: [2, 1000], bounded: [false, true] };
  expect(tensorShapeText(tensor)).toBe('2×≤1000');
  expect(typeText(tensor)).toBe('int64 2×≤1000');
  expect(typeText({ declared: ['N', 3] })).toBe('unknown type N×3');
  expect(typeText({})).toBe('unknown type and shape');
});

test('two models of which one bounds what the other fixes differ in a type', () => {
  const graph = (bounded: boolean): GraphSummary => ({
    name: 'g',
    nodes: [
      {
        id: 0,
        name: 'n',
        op: 'NonZero',
        version: 13,
        inputs: [0],
        outputs: [1],
        attributes: [],
        subgraphs: [],
      },
    ],
    tensors: [
      { id: 0, name: 'x', kind: 'input', dtype: 'float32', shape: [5], consumers: [0] },
      {
        ...{ id: 1, name: 'y', kind: 'output', dtype: 'int64', shape: [1, 5] },
        ...{ producer: 0, consumers: [], ...(bounded && { bounded: [false, true] }) },
      },
    ],
    inputs: [0],
    outputs: [1],
  });
  expect(compareModels(graph(false), graph(true)).pairs[0]?.changes).toEqual([
    'type of output 0: int64 1×5 → int64 1×≤5',
  ]);
});
