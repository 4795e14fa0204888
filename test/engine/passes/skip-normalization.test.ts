// Normalisations of a sum in kernels, against the interpreter.

import { expect, it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled, within } from '../../support/expect-compiled.ts';

const SHAPE = [2, 5, 24];

function model(op: string, skip: readonly number[], parameters: number) {
  const graph = new TestGraph();
  const [x, other] = [graph.input('x', 'float32', SHAPE), graph.input('skip', 'float32', skip)];
  const weights = Array.from({ length: parameters }, () => graph.weight([24]));
  const attributes = { epsilon: attr.float(1e-5) };
  const [y] = graph.nodes(op, [x, other, ...weights], { version: 1, outputs: ['y'], attributes });
  graph.output(required(y));
  return inferred(graph);
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a node has a first output');
  return value;
}

const CASES = [
  ['com.microsoft.SkipLayerNormalization', 3],
  ['com.microsoft.SkipLayerNormalization', 2],
  ['com.microsoft.SkipSimplifiedLayerNormalization', 2],
] as const;

it.each(CASES)('%s with %i parameters', (op, parameters) => {
  for (const skip of [SHAPE, [1, 5, 24], [5, 24]]) {
    const inputs = [randomTensor(SHAPE, 3), randomTensor(skip, 4)];
    expectCompiled(model(op, skip, parameters), inputs, `${op} [${skip}]`, within(1e-5));
  }
});

it('is one kernel', () => {
  const graph = model('com.microsoft.SkipLayerNormalization', SHAPE, 3);
  const { program } = compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  expect(program.steps.map(({ kind }) => kind)).toEqual(['kernel']);
});
