// Turns of loops and scans that stay in their program's memory give what the interpreter gives, whatever goes around.

import { expect, test } from 'vitest';
import { attr, GraphBuilder } from '../../../engine/ir/graph.ts';
import { numbersOf, tensorOf } from '../../../engine/ir/tensor.ts';
import type { Dtype, Graph, Shape, Tensor, ValueId } from '../../../engine/ir/types.ts';
import { isSequence, sequenceOf } from '../../../engine/reference/datum.ts';
import { evaluateData } from '../../../engine/reference/interpreter.ts';
import { compareTensors } from '../../../engine/report/conformance.ts';
import { Interrupted } from '../../../engine/runtime/sub-program.ts';
import { noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { compiledBodies, count, expectAsInterpreted, loopBody, outputsOf, runNode } from './loops.ts';

/** (a, b, n, p, q) → (b, cos(a + b) + turn, n + 1, q, p), so often as asked, while n < most. */
function exchange(shape: Shape): Graph {
  const g = new TestGraph('exchange');
  const state = [g.input('a', 'float32', shape), g.input('b', 'float32', shape), g.input('n', 'int64', [])];
  const pair = [g.constant('p', randomTensor(shape, 3)), g.constant('q', randomTensor(shape, 4))];
  const most = g.input('most', 'int64', []);
  const limit = g.input('limit', 'int64', []);
  const { body, turn } = loopBody('body');
  const [a, b] = [body.input('a in', 'float32', shape), body.input('b in', 'float32', shape)];
  const n = body.input('n in', 'int64', []);
  const [p, q] = [body.input('p in', 'float32', shape), body.input('q in', 'float32', shape)];
  const one = body.constant('one', count(1));
  const more = body.node('Add', [n, one]);
  const sum = body.node('Cos', [body.node('Add', [a, b])]);
  const next = body.node('Add', [sum, body.node('Cast', [turn], { attributes: { to: attr.int(1) } })]);
  body.output(body.node('Less', [more, body.capture(g.get(most).name)]));
  for (const id of [b, next, more, q, p, next, a]) body.output(id);
  return outputsOf(g, 'Loop', [limit, undefined, ...state, ...pair], body.build());
}

test('values that change places, a number and a condition go around', () => {
  for (const shape of [[7], [40, 5]]) {
    const graph = exchange(shape);
    const inputs = (most: number, limit: number) => [
      randomTensor(shape, 1),
      randomTensor(shape, 2),
      ...[0, most, limit].map(count),
    ];
    const runs = [
      inputs(3, 10),
      inputs(200, 150),
      inputs(200, 2 ** 40),
      inputs(9, 1),
      inputs(9, 0),
      inputs(0, 5),
    ];
    // Only the very first turn is met before there is a program.
    expect(expectAsInterpreted(graph, runs)).toEqual({ apart: 1, turns: 2 + 150 + 200 + 1 + 1 });
  }
});

/** x → relu(x · w) + shift, both from outside, where everything in between could take their memory. */
function captured(): Graph {
  const g = new TestGraph('captured');
  const x = g.input('x', 'float32', [4, 24]);
  const [w, shift] = [g.input('w', 'float32', [24, 24]), g.input('shift', 'float32', [4, 24])];
  const { body, going } = loopBody('body');
  const state = body.input('state', 'float32', [4, 24]);
  const matrix = body.capture(g.get(w).name);
  const product = body.node('Relu', [
    body.node('MatMul', [body.node('Sin', [state]), body.node('Exp', [matrix])]),
  ]);
  const sum = body.node('Add', [product, body.capture(g.get(shift).name)]);
  body.output(going);
  for (const id of [body.node('Tanh', [sum]), sum]) body.output(id);
  return outputsOf(g, 'Loop', [g.constant('five', count(5)), undefined, x], body.build());
}

test('what a body captures is there in every turn', () => {
  const inputs = [randomTensor([4, 24], 1), randomTensor([24, 24], 2, 0.3), randomTensor([4, 24], 3)];
  expect(expectAsInterpreted(captured(), [inputs, inputs])).toEqual({
    apart: 1,
    turns: 9,
  });
});

/** Two sequences, one along another axis and one backwards, a state, and results in another order. */
function scan(dtype: Dtype): Graph {
  const g = new TestGraph('scan');
  const inputs = [g.input('s', dtype, [3]), g.input('x', dtype, [3, 6]), g.input('y', dtype, [6, 3, 2])];
  const body = new GraphBuilder('body');
  const [s, x, y] = [
    body.input('s in', dtype, [3]),
    body.input('x in', dtype, [3]),
    body.input('y in', dtype, [3, 2]),
  ];
  const next = body.node('Add', [s, x]);
  const sum = body.node('Add', [
    y,
    body.node('Unsqueeze', [next, body.constant('one', tensorOf('int64', [1], [1]))]),
  ]);
  for (const id of [next, sum, s]) body.output(id);
  return outputsOf(g, 'Scan', inputs, body.build(), {
    num_scan_inputs: attr.int(2),
    scan_input_axes: attr.ints([1, 0]),
    scan_input_directions: attr.ints([0, 1]),
    scan_output_axes: attr.ints([-1, 1]),
    scan_output_directions: attr.ints([1, 0]),
  });
}

test('sequences along any axis and in both directions', () => {
  for (const dtype of ['float32', 'int64', 'int32', 'float64'] as const) {
    const graph = scan(dtype);
    const inputs = graph.inputs.map((id, seed) => {
      const { shape = [] } = graph.values[id] ?? {};
      return tensorOf(dtype, shape, numbersOf(randomTensor(shape, seed, 100)).map(Math.round));
    });
    expect(expectAsInterpreted(graph, [inputs, inputs])).toEqual({ apart: 1, turns: 11 });
  }
});

/** Two values that grow, one by a row and one by so many, and what is computed of both. */
function growing(rows: number): Graph {
  const g = new TestGraph('growing');
  const inputs = [
    g.input('k', 'float32', [2, 4]),
    g.input('v', 'float32', [2, 4]),
    g.input('x', 'float32', [1, 4]),
  ];
  const limit = g.input('limit', 'int64', []);
  const scale = g.input('scale', 'float32', [4]);
  const { body, going } = loopBody('body');
  const [k, v, x] = [body.input('k in'), body.input('v in'), body.input('x in', 'float32', [1, 4])];
  const axis = { attributes: { axis: attr.int(0) } };
  const longer = body.node('Concat', [k, x], axis);
  const other = body.node('Concat', [...new Array<ValueId>(rows).fill(x), v], axis);
  const means = [longer, other].map(id =>
    body.node('ReduceMean', [
      body.node('Mul', [id, body.capture(g.get(scale).name)]),
      body.constant('axes', tensorOf('int64', [1], [0])),
    ]),
  );
  const next = body.node('Tanh', [body.node('Add', [x, body.node('Sub', means)])]);
  body.output(going);
  for (const id of [longer, other, next, x]) body.output(id);
  return outputsOf(g, 'Loop', [limit, undefined, ...inputs], body.build());
}

test('values that grow go around for as long as their program holds them', () => {
  for (const rows of [1, 2]) {
    const graph = growing(rows);
    const tensors = [
      [2, 4],
      [2, 4],
      [1, 4],
    ].map((shape, seed) => randomTensor(shape, seed));
    const scale = randomTensor([4], 9, 2);
    const runs = [25, 25, 7].map(turns => [...tensors, count(turns), scale]);
    const { apart, turns } = expectAsInterpreted(graph, runs);
    expect(apart + turns).toBe(25 + 25 + 7);
    expect(turns).toBeGreaterThan(40);
  }
});

/** A tensor that tells how often its elements were asked for. */
function watched(tensor: Tensor, seen: { looks: number }): Tensor {
  return {
    ...tensor,
    get data() {
      seen.looks++;
      return tensor.data;
    },
  };
}

test('the items of a sequence that grows are not looked at again in every turn', () => {
  const g = new TestGraph('appending');
  const all = g.asInput(g.value({ name: 'all', dtype: 'float32', container: 'sequence' }));
  const x = g.input('x', 'float32', [4]);
  const { body, going } = loopBody('body');
  const held = body.asInput(body.value({ name: 'held', dtype: 'float32', container: 'sequence' }));
  const next = body.node('Cos', [body.input('x in', 'float32', [4])]);
  for (const id of [going, body.node('SequenceInsert', [held, next]), next]) body.output(id);
  const turns = g.constant('turns', count(40));
  const graph = outputsOf(g, 'Loop', [turns, undefined, all, x], body.build());
  const seen = { looks: 0 };
  const begun = sequenceOf(Array.from({ length: 30 }, (_, i) => watched(randomTensor([4], i), seen)));
  const [node] = graph.nodes;
  if (!node) throw new Error('expected a node');
  const { bodies, seen: ran } = compiledBodies(graph);
  const given = [count(40), undefined, begun, randomTensor([4], 99)];
  const results = () => evaluateData(node, given, { read: noFiles, bodies });
  results();
  const [before, turnsBefore] = [seen.looks, ran.turns];
  const [sequence] = results();
  expect(ran.turns - turnsBefore).toBe(40);
  expect(seen.looks - before).toBeLessThanOrEqual(2 * begun.items.length);
  const [wanted] = evaluateData(node, given, { read: noFiles });
  if (!isSequence(sequence) || !isSequence(wanted)) throw new Error('expected sequences');
  expect(sequence.items).toHaveLength(70);
  for (const [i, item] of wanted.items.entries()) {
    expect(compareTensors(sequence.items[i] as Tensor, item)).toBeUndefined();
  }
});

test('a loop in a loop, and a branch in it', () => {
  const g = new TestGraph('nested');
  const x = g.input('x', 'float32', [2, 8]);
  const w = g.weight([8, 8], 0.3);
  const { body: inner, going } = loopBody('inner');
  const held = inner.input('held', 'float32', [2, 8]);
  inner.output(going);
  for (const id of [inner.node('Tanh', [inner.node('MatMul', [held, inner.capture(g.get(w).name)])]), held]) {
    inner.output(id);
  }
  const { body, turn, going: goes } = loopBody('outer');
  const state = body.input('state', 'float32', [2, 8]);
  body.capture(g.get(w).name);
  const [last, all] = body.nodes('Loop', [body.constant('three', count(3)), undefined, state], {
    attributes: { body: attr.graph(inner.build()) },
    outputs: ['last', 'all'],
  });
  const branches = ['Neg', 'Abs'].map(op => {
    const branch = new GraphBuilder(op);
    branch.output(branch.node(op, [branch.capture('last')]));
    return attr.graph(branch.build());
  });
  const [yes, no] = branches;
  if (!yes || !no || last === undefined || all === undefined) throw new Error('expected two of each');
  const none = body.constant('none', count(0));
  const odd = body.node('Greater', [body.node('Mod', [turn, body.constant('two', count(2))]), none]);
  body.output(goes);
  body.output(body.node('If', [odd], { attributes: { then_branch: yes, else_branch: no } }));
  body.output(body.node('ReduceSum', [all], { attributes: { keepdims: attr.int(0) } }));
  const limit = g.input('limit', 'int64', []);
  const graph = outputsOf(g, 'Loop', [limit, undefined, x], body.build());
  const runs = [6, 6, 3].map(turns => [randomTensor([2, 8], turns), count(turns)]);
  expect(expectAsInterpreted(graph, runs)).toEqual({ apart: 1, turns: 14 });
});

test('a loop without end is cancelled', () => {
  const graph = exchange([7]);
  const cancel = new Int32Array(new SharedArrayBuffer(4));
  const { bodies } = compiledBodies(graph, cancel);
  const inputs = [randomTensor([7], 1), randomTensor([7], 2), ...[0, 5, 5].map(count)];
  runNode(graph, inputs, bodies);
  Atomics.store(cancel, 0, 1);
  expect(() => runNode(graph, inputs, bodies)).toThrow(Interrupted);
});
