// Rebuilding graphs: aliases keep the interface, and dead code goes.

import { describe, expect, test } from 'vitest';
import { attr, findValue, producerOf, valueOf } from '../../../engine/ir/graph.ts';
import { Patch, removeDead } from '../../../engine/ir/patch.ts';
import { printGraph } from '../../../engine/ir/print.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
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

/** y = −s and a body that reads s by name, where s = |x|. */
function captured(): Graph {
  const body = new TestGraph('body');
  body.output(body.node('Neg', [body.capture('s')]));
  const attributes = { then_branch: attr.graph(body.build()), else_branch: attr.graph(body.build()) };
  const graph = new TestGraph('captured');
  const x = graph.input('x', 'float32', [2]);
  const c = graph.input('c', 'bool', []);
  graph.node('Abs', [x], { outputs: ['s'] });
  graph.output(graph.node('If', [c], { attributes, outputs: ['y'] }));
  return inferred(graph);
}

const idOf = (graph: Graph, name: string): ValueId => {
  const id = findValue(graph, name)?.id;
  if (id === undefined) throw new Error(`no ${name}`);
  return id;
};

describe('what bodies know by name', () => {
  test('is not aliased, in neither direction', () => {
    const graph = captured();
    const [s, x] = [idOf(graph, 's'), idOf(graph, 'x')];
    expect(new Patch(graph).alias(s, x)).toBe(false);
    expect(new Patch(graph).alias(x, s)).toBe(false);
  });

  test('lives, and so does what makes it', () => {
    expect(removeDead(captured()).nodes.map(({ op }) => op)).toEqual(['Abs', 'If']);
  });

  test('stays a value of the body, read or not', () => {
    const body = new TestGraph('body');
    const unread = body.capture('s');
    body.output(body.node('Neg', [body.capture('t')]));
    expect(removeDead(body.build()).values[unread]).toBeDefined();
  });
});

describe('outputs of the graph', () => {
  /** y = a, an output; a = |x|, which turned out constant though its node is still there. */
  function folded(): Graph {
    const graph = new TestGraph('folded');
    const x = graph.input('x', 'float32', [2]);
    const a = graph.node('Abs', [x], { outputs: ['a'] });
    graph.output(graph.node('Identity', [a], { outputs: ['y'] }));
    graph.output(graph.node('Neg', [a], { outputs: ['z'] }));
    const { values, ...rest } = inferred(graph);
    const constant = { kind: 'inline', tensor: tensorOf('float32', [2], [1, 2]) } as const;
    return { ...rest, values: values.map(value => (value?.id === a ? { ...value, constant } : value)) };
  }

  test('are never made a constant, nor another output', () => {
    const graph = folded();
    const patch = new Patch(graph);
    expect(patch.alias(idOf(graph, 'y'), idOf(graph, 'a'))).toBe(false);
    expect(patch.alias(idOf(graph, 'y'), idOf(graph, 'z'))).toBe(false);
  });

  test('that are constant are copied to their place; who reads them reads the constant', () => {
    const { outputs, ...rest } = folded();
    const a = idOf({ outputs, ...rest }, 'a');
    const graph = { ...rest, outputs: [...outputs, a] };
    const patch = new Patch(graph);
    patch.replace(nodeOf(graph, 'Abs'), []);
    patch.materialise(a);
    const after = patch.build();
    verify(after, 'test');
    expect(producerOf(after, a)?.op).toBe('Identity');
    const [read] = nodeOf(after, 'Neg').inputs;
    expect(read).not.toBe(a);
    expect(valueOf(after, read ?? a).constant).toBeDefined();
  });
});

test('a node in the place of others: it has their origins, and the name of the one of its operator', () => {
  const graph = chain();
  const [abs, identity] = [nodeOf(graph, 'Abs'), nodeOf(graph, 'Identity')];
  const patch = new Patch(graph);
  const middle = patch.value({ name: 'a', dtype: 'float32', shape: [2] });
  patch.replace(abs, []);
  patch.replace(identity, [
    { op: 'Abs', inputs: abs.inputs, outputs: [middle] },
    { op: 'Identity', inputs: [middle], outputs: identity.outputs, absorbs: [abs] },
  ]);
  const after = patch.build();
  expect(valueOf(after, middle).name).toBe('a_1');
  expect(nodeOf(after, 'Identity')).toMatchObject({
    name: identity.name,
    origin: [...identity.origin, ...abs.origin],
  });
  expect(nodeOf(after, 'Abs').name).toBe(`${identity.name}/Abs`);
});

test('text: types, layouts, attributes, small constants', () => {
  const graph = new TestGraph('text');
  const x = graph.input('x', 'float32', [1, 2, 3]);
  graph.output(graph.node('Reshape', [x, graph.ints(3, 2)], { outputs: ['y'] }));
  expect(printGraph(inferred(graph))).toBe(
    'graph text\n  in x: float32[1, 2, 3]\n  const ints1: int64[2] = 3 2\n  y: float32[3, 2] = Reshape(x, ints1)\n  out y\n',
  );
});
