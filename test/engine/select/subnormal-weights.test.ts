// Weights of subnormal numbers, with which some processors multiply a hundred times as slowly, are stored as 0.

import { expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { elementCount, tensorOf } from '../../../engine/ir/tensor.ts';
import type { ValueId } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS, SIMD_CLASSES } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';
import { runProgram } from '../../support/run-program.ts';

const SUBNORMAL = 2 ** -130;

/** Each second weight is subnormal, the others are 0: added up where inputs are 1, they show. */
function weight(graph: TestGraph, shape: readonly number[]): ValueId {
  const elements = Array.from({ length: elementCount(shape) }, (_, i) => (i % 2 ? SUBNORMAL : 0));
  return graph.constant('w', tensorOf('float32', shape, elements));
}

const convolution = (graph: TestGraph, shape: readonly number[], group = 1): ValueId =>
  graph.node('Conv', [graph.input('x', 'float32', [1, 8, 12, 12]), weight(graph, shape)], {
    attributes: { group: attr.int(group) },
  });

test.each<[string, (graph: TestGraph) => ValueId]>([
  [
    'a product',
    graph => graph.node('MatMul', [graph.input('x', 'float32', [5, 30]), weight(graph, [30, 20])]),
  ],
  [
    'a thin product',
    graph => graph.node('MatMul', [graph.input('x', 'float32', [1, 300]), weight(graph, [300, 64])]),
  ],
  ['a pointwise convolution', graph => convolution(graph, [16, 8, 1, 1])],
  ['a convolution', graph => convolution(graph, [16, 8, 3, 3])],
  ['a depthwise convolution', graph => convolution(graph, [8, 1, 3, 3], 8)],
  [
    'a transposed convolution',
    graph =>
      graph.node('ConvTranspose', [graph.input('x', 'float32', [1, 8, 6, 6]), weight(graph, [8, 4, 2, 2])]),
  ],
])('%s', (_, build) => {
  for (const simd of SIMD_CLASSES) {
    const builder = new TestGraph('subnormal', { version: 17 });
    builder.output(build(builder));
    const graph = inferred(builder);
    const { shape = [] } = graph.values[graph.inputs[0] as ValueId] ?? {};
    const ones = tensorOf(
      'float32',
      shape,
      Array.from({ length: elementCount(shape) }, () => 1),
    );
    const options = { ...DEFAULT_OPTIONS, simd, threads: 1 };
    const { program } = compile(graph, options, { read: noFiles, clock: () => 0 });
    const [output] = runProgram(program, [ones]);
    expect(new Set(output?.data as Float32Array), simd).toEqual(new Set([0]));
  }
});
