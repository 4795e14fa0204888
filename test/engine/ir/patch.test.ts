// Rebuilding graphs: aliases keep the interface, and dead code goes.

import { describe, expect, test } from 'vitest';
import { producerOf, valueOf } from '../../../engine/ir/graph.ts';
import { Patch } from '../../../engine/ir/patch.ts';
import { printGraph } from '../../../engine/ir/print.ts';
import type { Graph, Node, ValueId } from '../../../engine/ir/types.ts';
import { verify } from '../../../engine/ir/verify.ts';
import { inferred, TestGraph } from '../../support/build-graph.ts';

function chain(): Graph {
  const graph = new TestGraph('chain');
  const x = graph.input('x', 'float32', [2]);
  const abs = graph.node('Abs', [x], { outputs: ['a'] });
  graph.output(graph.node('Identity', [abs], { outputs: ['y'] }));
  graph.node('Neg', [abs], { outputs: ['unused'] });
  return inferred(graph);
}

const nodeOf = (graph: Graph, op: string): Node => {
  const node = graph.nodes.find(candidate => candidate.op === op);
  if (!node) throw new Error(`no ${op}`);
  return node;
};

describe('patch', () => {
  test('without changes the graph is the same', () => {
    const graph = chain();
    expect(new Patch(graph).build()).toBe(graph);
  });

  test('nodes that no change reaches stay the same objects', () => {
    const graph = chain();
    const patch = new Patch(graph);
    patch.update(nodeOf(graph, 'Abs').outputs[0] as ValueId, { shape: [2] });
    expect(patch.build().nodes[0]).toBe(nodeOf(graph, 'Abs'));
  });

  test('an output keeps its id and name when the node before it is left out', () => {
    const graph = chain();
    const patch = new Patch(graph);
    const identity = nodeOf(graph, 'Identity');
    const [from, to] = [identity.outputs[0], identity.inputs[0]];
    if (from === undefined || to === undefined) throw new Error('no ends');
    expect(patch.alias(from, to)).toBe(true);
    patch.replace(identity, []);
    const after = patch.build();
    verify(after, 'test');
    expect(after.outputs).toEqual(graph.outputs);
    expect(after.nodes.map(({ op }) => op)).toEqual(['Abs']);
    expect(producerOf(after, from)?.op).toBe('Abs');
    expect(after.values[to]).toBeUndefined();
  });

  test('an output is never made an input', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [2]);
    const y = graph.node('Identity', [x]);
    graph.output(y);
    expect(new Patch(inferred(graph)).alias(y, x)).toBe(false);
  });

  test('an output that is constant is copied where callers find it', () => {
    const graph = new TestGraph();
    graph.input('x', 'float32', [2]);
    const c = graph.weight([2]);
    graph.output(c);
    const patch = new Patch(graph.build());
    patch.materialise(c);
    const after = patch.build();
    verify(after, 'test');
    expect(valueOf(after, c).constant).toBeUndefined();
    expect(producerOf(after, c)?.op).toBe('Identity');
  });
});

test('text: types, layouts, attributes, small constants', () => {
  const graph = new TestGraph('text');
  const x = graph.input('x', 'float32', [1, 2, 3]);
  graph.output(graph.node('Reshape', [x, graph.ints(3, 2)], { outputs: ['y'] }));
  expect(printGraph(inferred(graph))).toBe(
    'graph text\n  in x: float32[1, 2, 3]\n  const ints1: int64[2] = 3 2\n  y: float32[3, 2] = Reshape(x, ints1)\n  out y\n',
  );
});
