// Scales move into weights, through what lies between.

import { describe, expect, test } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import type { ValueId } from '../../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { compile } from '../../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../../support/build-graph.ts';
import { expectCompiled, within } from '../../../support/expect-compiled.ts';

const allowed = within(3e-5);
const TOKENS = 6;
const WIDTH = 16;

function projected(graph: TestGraph, x: ValueId, perm: readonly number[]): ValueId {
  const product = graph.node('MatMul', [x, graph.weight([WIDTH, WIDTH], 0.3)]);
  const biased = graph.node('Add', [graph.weight([WIDTH]), product]);
  const apart = graph.node('Reshape', [biased, graph.ints(1, TOKENS, 2, WIDTH / 2)]);
  return graph.node('Transpose', [apart], { attributes: { perm: attr.ints(perm) } });
}

function opsOf(graph: TestGraph, label: string): string[] {
  const built = inferred(graph);
  expectCompiled(built, [randomTensor([1, TOKENS, WIDTH], 2)], label, allowed);
  const options = { ...DEFAULT_OPTIONS, fusion: false };
  const { program } = compile(built, options, { read: noFiles, clock: () => 0 });
  return program.steps.map(({ op }) => op);
}

describe('a number behind', () => {
  test('the scores of attention moves into the projection of the queries', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [1, TOKENS, WIDTH]);
    const [q, k] = [projected(graph, x, [0, 2, 1, 3]), projected(graph, x, [0, 2, 3, 1])];
    graph.output(graph.node('Div', [graph.node('MatMul', [q, k]), graph.number(Math.sqrt(8))]));
    expect(opsOf(graph, 'scores')).toEqual(['MatMul', 'Add', 'MatMul', 'Add', 'MatMul']);
  });

  test('queries that somebody else needs stays where it is', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [1, TOKENS, WIDTH]);
    const q = projected(graph, x, [0, 2, 1, 3]);
    graph.output(graph.node('Mul', [q, graph.number(0.5)]));
    graph.output(graph.node('Neg', [q]));
    expect(opsOf(graph, 'needed')).toContain('Mul');
  });

  test('a product of a value and itself is not moved into the value, which is there twice', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [1, TOKENS, WIDTH]);
    const q = graph.node('MatMul', [x, graph.weight([WIDTH, TOKENS])]);
    graph.output(graph.node('Mul', [graph.node('MatMul', [q, q]), graph.number(0.5)]));
    expect(opsOf(graph, 'square')).toEqual(['MatMul', 'MatMul', 'Mul']);
  });

  test('a sum scales all its terms', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [1, TOKENS, WIDTH]);
    const [a, b] = [0, 1].map(() => graph.node('MatMul', [x, graph.weight([WIDTH, WIDTH])]));
    graph.output(graph.node('Mul', [graph.node('Add', [a, b]), graph.number(3)]));
    expect(opsOf(graph, 'sum')).toEqual(['MatMul', 'MatMul', 'Add']);
  });
});

test.each([
  ['Mul', Number.POSITIVE_INFINITY],
  ['Div', 1e-39],
  ['Mul', 1e30],
] as const)('%s by %f, which weights do not stand, is done to results', (op, factor) => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, TOKENS, WIDTH]);
  const product = graph.node('MatMul', [x, graph.weight([WIDTH, WIDTH], 1e9)]);
  graph.output(graph.node(op, [product, graph.number(factor)]));
  expect(opsOf(graph, op)).toEqual(['MatMul', op]);
});
