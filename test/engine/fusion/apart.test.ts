// Neighbours that could have been one and are not: each pair leaves a sentence, also where a kernel stays alone.

import { expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import type { ValueId } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';

function sentences(graph: TestGraph): string {
  const { report } = compile(inferred(graph), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  return [...report.groups, ...(report.apart ?? [])].flatMap(({ reasons }) => reasons).join('\n');
}

test('a normalisation before a product, both alone', () => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 64, 128]);
  const normal = graph.node('LayerNormalization', [x, graph.weight([128]), graph.weight([128])], {
    name: 'normal',
    version: 17,
  });
  graph.output(graph.node('MatMul', [normal, graph.weight([128, 64])]));
  expect(sentences(graph)).toContain('normal stays apart: its results need all of a row first');
});

test('products that share an input, their results outputs of the model', () => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 64, 128]);
  for (const name of ['q', 'k']) graph.output(graph.node('MatMul', [x, graph.weight([128, 64])], { name }));
  const text = sentences(graph);
  for (const name of ['q', 'k'])
    expect(text).toContain(`${name} stays apart from 1 more of x: an output of the model is no part`);
});

test('1×1 convolutions that share an input but not what follows', () => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 16, 8, 8]);
  const branch = (name: string, op: string): ValueId => {
    const product = graph.node('Conv', [x, graph.weight([8, 16, 1, 1])], { name });
    return graph.node('MaxPool', [graph.node(op, [product])], {
      attributes: { kernel_shape: attr.ints([2, 2]) },
    });
  };
  for (const [name, op] of [
    ['one', 'Relu'],
    ['two', 'Sigmoid'],
  ] as const)
    graph.output(branch(name, op));
  expect(sentences(graph)).toContain(
    'one stays apart from 1 more of x: they differ in how they are computed',
  );
});

test('attention whose weights are an output', () => {
  const graph = new TestGraph();
  const [q, k, v] = ['q', 'k', 'v'].map(name => graph.input(name, 'float32', [2, 16, 16])) as [
    ValueId,
    ValueId,
    ValueId,
  ];
  const scores = graph.node('MatMul', [q, k], { name: 'scores' });
  const weights = graph.node('Softmax', [scores], { name: 'weights', attributes: { axis: attr.int(-1) } });
  graph.output(weights);
  graph.output(graph.node('MatMul', [weights, v]));
  expect(sentences(graph)).toContain('scores stays apart: the weights of weights are needed elsewhere too');
});

test('a transposed convolution of several phases and operands', () => {
  const graph = new TestGraph();
  const [x, y] = ['x', 'y'].map(name => graph.input(name, 'float32', [1, 4, 6, 6])) as [ValueId, ValueId];
  const sum = graph.node('Add', [x, y], { name: 'sum' });
  const attributes = { strides: attr.ints([2, 2]) };
  graph.output(graph.node('ConvTranspose', [sum, graph.weight([4, 4, 3, 3])], { attributes }));
  expect(sentences(graph)).toContain('would access 8 values per element in 4 phases, not 7');
});

test('a Pad whose rows would be packed again and again', () => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 32, 224, 224]);
  const padded = graph.node('Pad', [x, graph.ints(0, 0, 4, 4, 0, 0, 4, 4)], {
    name: 'pad',
    version: 19,
    attributes: { mode: attr.string('reflect') },
  });
  graph.output(graph.node('Conv', [padded, graph.weight([3, 32, 9, 9])]));
  expect(sentences(graph)).toContain('pad stays apart: its rows would be packed 9.0 times');
});

test('neighbouring kernels that would compute the same again and again', () => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 8, 12, 12]);
  const first = graph.node('Conv', [x, graph.weight([16, 8, 3, 3])], { name: 'first' });
  const second = graph.node('Conv', [first, graph.weight([8, 16, 3, 3])], { name: 'second' });
  const pool = graph.node('MaxPool', [second], {
    attributes: { kernel_shape: attr.ints([2, 2]) },
    name: 'pool',
  });
  graph.output(graph.node('GlobalAveragePool', [pool], { name: 'mean' }));
  const text = sentences(graph);
  expect(text).toContain('first stays apart: second reads each of its results more than once');
  expect(text).toContain('second stays apart: pool reads each of its results more than once');
  expect(text).toContain('unless both run row by row, with depth-first on');
  expect(text).toContain('pool stays apart: mean goes through whole rows');
});

test('a kernel that takes no expression behind its results', () => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 8, 6, 6]);
  const shuffled = graph.node('DepthToSpace', [x], { attributes: { blocksize: attr.int(2) }, version: 13 });
  const sum = graph.node('Add', [shuffled, graph.input('y', 'float32', [1, 2, 12, 12])], { name: 'sum' });
  graph.output(graph.node('Neg', [sum]));
  expect(sentences(graph)).toContain('sum stays apart: DepthToSpace stores its results as they are');
});

test('a view between a normalisation and what is done in another shape', () => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 3, 40]);
  const normal = graph.node('InstanceNormalization', [x, graph.weight([3]), graph.weight([3])]);
  const apart = graph.node('Reshape', [normal, graph.ints(1, 12, 10)]);
  graph.output(graph.node('Mul', [apart, graph.weight([12, 1])], { name: 'scaled' }));
  expect(sentences(graph)).toContain(
    'scaled stays apart: its shape [1,12,10] is not [1,3,40], with Reshape between',
  );
});

test('what became one says nothing of staying apart, and each thing once', () => {
  const graph = new TestGraph();
  const [q, k, v] = ['q', 'k', 'v'].map(name => graph.input(name, 'float32', [2, 16, 16])) as [
    ValueId,
    ValueId,
    ValueId,
  ];
  const scores = graph.node('Div', [graph.node('MatMul', [q, k]), graph.number(4)]);
  const weights = graph.node('Softmax', [scores], { attributes: { axis: attr.int(-1) } });
  const values = graph.node('MatMul', [weights, v]);
  graph.output(graph.node('Add', [graph.node('Relu', [values]), graph.node('Neg', [values])]));
  const text = sentences(graph);
  expect(text).toContain('are never stored');
  expect(text).not.toContain('stays apart');
  const lines = text.split('\n');
  expect(lines).toEqual([...new Set(lines)]);
});
