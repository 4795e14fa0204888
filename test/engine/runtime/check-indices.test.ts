import { expect, it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import { checkIndices } from '../../../engine/runtime/check-indices.ts';
import { inferred, TestGraph } from '../../support/build-graph.ts';

const graph = new TestGraph('gather');
const ids = [graph.input('data', 'float32', [2, 5]), graph.input('picked', 'int64', [2])];
graph.output(graph.node('Gather', ids, { name: 'pick', attributes: { axis: attr.int(1) } }));
const model = inferred(graph);
const check = (...indices: number[]) => checkIndices(model, [undefined, tensorOf('int64', [2], indices)]);

it('given indices lie on the axis, counted from either end', () => {
  expect(() => check(-5, 4)).not.toThrow();
  expect(() => checkIndices(model, [])).not.toThrow();
});

it('an index beyond the axis is told with node, index and extent', () => {
  const expected = 'Gather "pick": expected indices from -5 to 4';
  expect(() => check(0, 5)).toThrow(`${expected}, found 5 in the input "picked"`);
  expect(() => check(-6, 0)).toThrow(`${expected}, found -6 in the input "picked"`);
});
