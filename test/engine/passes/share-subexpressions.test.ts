// Equal nodes of several outputs become one only where all of their outputs can.

import { expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { printGraph } from '../../../engine/ir/print.ts';
import type { Graph } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { shareSubexpressions } from '../../../engine/passes/share-subexpressions.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';

const shared = (graph: Graph): Graph =>
  shareSubexpressions.run(graph, { read: noFiles, options: DEFAULT_OPTIONS });

/** Two equal splits; `outputs` names those of a0, a1, b0, b1 that are the graph's. */
function twoSplits(...outputs: readonly number[]): Graph {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [4, 6]);
  const split = (name: string) =>
    graph.nodes('Split', [x], {
      attributes: { axis: attr.int(1), num_outputs: attr.int(2) },
      outputs: [`${name}0`, `${name}1`],
    });
  const parts = [...split('a'), ...split('b')].filter(id => id !== undefined);
  for (const part of parts) graph.output(graph.node('Relu', [part]));
  for (const [index, part] of parts.entries()) if (outputs.includes(index)) graph.output(part);
  return inferred(graph);
}

const splitsOf = (graph: Graph): number => graph.nodes.filter(({ op }) => op === 'Split').length;

test('none of their outputs is the graph’s: one is left', () => {
  expect(splitsOf(shared(twoSplits()))).toBe(1);
});

test.each([
  ['the first’s', [0]],
  ['the second’s', [2]],
  ['different ones of both', [0, 3]],
])('the graph’s outputs are %s: one is left', (_, outputs) => {
  const graph = twoSplits(...outputs);
  const result = shared(graph);
  expect(splitsOf(result)).toBe(1);
  expect(result.outputs).toEqual(graph.outputs);
});

test.each([
  ['the same of both', [0, 2]],
  ['all', [0, 1, 2, 3]],
])('the graph’s outputs are %s: both stay, whole', (_, outputs) => {
  const graph = twoSplits(...outputs);
  expect(printGraph(shared(graph))).toBe(printGraph(graph));
});
