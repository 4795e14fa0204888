// The verifier: one graph for each invariant it states, broken in that alone.

import { expect, test } from 'vitest';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Graph, Node, NodeId, Value, ValueId } from '../../../engine/ir/types.ts';
import { verify } from '../../../engine/ir/verify.ts';
import { inferred, TestGraph } from '../../support/build-graph.ts';

/** Values 0: x, 1: w (constant), 2: s, 3: y; nodes 0: s = x + w, 1: y = −s. */
function sum(): Graph {
  const graph = new TestGraph('sum');
  const x = graph.input('x', 'float32', [2]);
  const w = graph.constant('w', tensorOf('float32', [2], [1, 2]));
  const s = graph.node('Add', [x, w], { name: 'add', outputs: ['s'] });
  graph.output(graph.node('Neg', [s], { name: 'neg', outputs: ['y'] }));
  return inferred(graph);
}

const GONE = 99 as ValueId;

/** The graph with fields of one value, or of one node, changed. */
const withValue = (at: number, fields: Partial<Value>): Graph => {
  const graph = sum();
  return {
    ...graph,
    values: graph.values.map((value, i) => (value && i === at ? { ...value, ...fields } : value)),
  };
};
const withNode = (at: number, fields: Partial<Node>): Graph => {
  const graph = sum();
  return { ...graph, nodes: graph.nodes.map((node, i) => (i === at ? { ...node, ...fields } : node)) };
};

const BROKEN: Readonly<Record<string, readonly [Graph, RegExp]>> = {
  'a value beside its index': [withValue(2, { id: 3 as ValueId }), /'s' has id 3 but stands at 2/],
  'two values of one name': [withValue(2, { name: 'x' }), /two values are called 'x'/],
  'an input without a value': [{ ...sum(), inputs: [GONE] }, /input or output 99 has no value/],
  'a constant of another shape': [withValue(1, { shape: [3] }), /'w' has shape \[2\], its value says \[3\]/],
  'a constant of another type': [withValue(1, { dtype: 'int32' }), /'w' is float32, its value says int32/],
  'a layout that names an axis twice': [withValue(2, { layout: [0, 0] }), /no permutation/],
  'a layout of fewer axes': [withValue(2, { layout: [] }), /no permutation/],
  'a constant that is an input': [
    { ...sum(), inputs: [0, 1] as ValueId[] },
    /'w' is a constant and an input/,
  ],
  'two nodes of one id': [withNode(1, { id: sum().nodes[0]?.id as NodeId }), /two nodes have the id/],
  'two nodes of one name': [withNode(1, { name: 'add' }), /two nodes are called 'add'/],
  'a node that reads nothing there is': [
    withNode(1, { inputs: [GONE] }),
    /reads value 99, which does not exist/,
  ],
  'a node before what it reads': [
    { ...sum(), nodes: sum().nodes.toReversed() },
    /reads 's' before it is computed/,
  ],
  'a node that writes nothing there is': [
    withNode(1, { outputs: [GONE] }),
    /writes value 99, which does not exist/,
  ],
  'a value written twice': [withNode(1, { outputs: [2 as ValueId] }), /'s' is written twice, again by 'neg'/],
  'an output that nothing writes': [
    { ...sum(), nodes: sum().nodes.slice(0, 1) },
    /output 3 \('y'\) has no source/,
  ],
};

test.each(Object.entries(BROKEN))('%s', (_, [graph, message]) => {
  expect(() => verify(graph, 'some pass')).toThrow(message);
  expect(() => verify(graph, 'some pass')).toThrow(/^after pass 'some pass', graph 'sum': /);
});

test('a body reads what stands before the node it belongs to', () => {
  const body = new TestGraph('body');
  body.output(body.node('Neg', [body.capture('s')]));
  const attributes = { then_branch: { type: 'graph', value: body.build() } } as const;
  const before = withNode(0, { op: 'If', attributes });
  expect(() => verify(before, 'some pass')).toThrow(/reads 's' before it is computed/);
  expect(() => verify(withNode(1, { op: 'If', attributes }), 'some pass')).not.toThrow();
});

test('accepts what is whole', () => {
  expect(() => verify(sum(), 'some pass')).not.toThrow();
});
