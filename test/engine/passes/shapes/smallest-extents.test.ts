import { expect, test } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import { inferShapes } from '../../../../engine/passes/shapes/infer.ts';
import { smallestExtents } from '../../../../engine/passes/shapes/smallest-extents.ts';
import { modelOf, noFiles, TestGraph } from '../../../support/build-graph.ts';

function smallest(graph: TestGraph, dims: Readonly<Record<string, number>> = {}, mayGoOn = () => true) {
  const model = modelOf(graph.build());
  const { dimensions } = inferShapes(model, dims, noFiles);
  return smallestExtents(model, dims, dimensions, noFiles, mayGoOn);
}

/** A window of 5 × 3 pixels that has to fit, and rows that come in fours. */
function windowed(): TestGraph {
  const graph = new TestGraph();
  const x = graph.asInput(graph.value({ name: 'x', dtype: 'float32', declared: ['N', 1, 'H', 'W'] }));
  const weight = graph.constant(
    'w',
    tensorOf(
      'float32',
      [1, 1, 5, 3],
      Array.from({ length: 15 }, () => 1),
    ),
  );
  graph.output(graph.node('Conv', [x, weight]));
  const fours = graph.constant('s', tensorOf('int64', [4], [1, 1, 4, -1]));
  graph.output(graph.node('Reshape', [x, fours], { attributes: { allowzero: attr.int(0) } }));
  return graph;
}

test('each dimension as small as the rules accept, the batch left alone', () => {
  expect(smallest(windowed())).toEqual({ H: 5, W: 4 });
});

test('what is given stays', () => {
  expect(smallest(windowed(), { W: 8 })).toEqual({ H: 5 });
});

test('nothing where nothing is open, where nothing fits, and where there is no time', () => {
  expect(smallest(windowed(), { H: 8, W: 8 })).toBeUndefined();
  expect(smallest(windowed(), { W: 2 })).toBeUndefined();
  expect(smallest(windowed(), {}, () => false)).toBeUndefined();
});

test('a long sequence beside the state of a batch of 1: each has an extent of its own', () => {
  const graph = new TestGraph();
  const x = graph.asInput(graph.value({ name: 'x', dtype: 'float32', declared: ['N', 'T'] }));
  const state = graph.asInput(graph.value({ name: 'state', dtype: 'float32', declared: [2, 'B', 4] }));
  const squeezed = graph.node('Squeeze', [state, graph.ints(1)]);
  graph.output(graph.node('Reshape', [x, graph.ints(16, -1)]));
  graph.output(squeezed);
  expect(smallest(graph)).toEqual({ T: 16, B: 1 });
});

test('every branch that may be taken has to fit', () => {
  const graph = new TestGraph();
  graph.asInput(graph.value({ name: 'x', dtype: 'float32', declared: [1, 'T'] }));
  const branch = (extent: number) => {
    const body = new TestGraph();
    body.output(body.node('Reshape', [body.capture('x'), body.ints(extent, -1)]));
    return attr.graph(body.build());
  };
  const condition = graph.input('c', 'bool', []);
  const attributes = { then_branch: branch(4), else_branch: branch(6) };
  graph.output(graph.node('If', [condition], { attributes }));
  expect(smallest(graph)).toEqual({ T: 12 });
});
