// Operators made of others, written out as nodes.

import { expect, test } from 'vitest';
import { Patch } from '../../../engine/ir/patch.ts';
import { GraphComposer } from '../../../engine/passes/expand.ts';
import { inferred, TestGraph } from '../../support/build-graph.ts';

test('the first value of a graph is as much given as any other, and one object wherever it is read', () => {
  const g = new TestGraph();
  const first = g.input('x', 'float32', [2]);
  g.output(g.node('Add', [first, first]));
  const graph = inferred(g);
  const [node] = graph.nodes;
  if (!node) throw new Error('an addition was built');
  const { inputs } = new GraphComposer(new Patch(graph), { ...node, inputs: [first, undefined, first] });
  expect(inputs.map(Boolean)).toEqual([true, false, true]);
  expect(inputs[2]).toBe(inputs[0]);
});
