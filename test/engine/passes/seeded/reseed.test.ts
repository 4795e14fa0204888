// Seeded weights: the same for the same seed, different for another, and of a size that keeps signals alive.

import { expect, test } from 'vitest';
import { loadConstant } from '../../../../engine/ir/constants/constant.ts';
import { attr } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Graph } from '../../../../engine/ir/types.ts';
import { reseedGraph } from '../../../../engine/passes/seeded/reseed.ts';
import { inferred, noFiles, TestGraph } from '../../../support/build-graph.ts';

function splat(): Graph {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 16, 8, 8]);
  const fill = { value: attr.tensor(tensorOf('float32', [1], [0.5])) };
  const shape = graph.ints(32, 16, 3, 3);
  const weights = graph.node('ConstantOfShape', [shape], { attributes: fill, outputs: ['weights'] });
  const conv = graph.node('Conv', [x, weights]);
  const factors = graph.constant('factors', tensorOf('float32', [32, 1, 1], new Array(32).fill(3)));
  const kept = graph.constant(
    'kept',
    tensorOf(
      'float32',
      [32, 1, 1],
      Array.from({ length: 32 }, (_, i) => i),
    ),
  );
  const two = graph.constant('two', tensorOf('float32', [1], [2]));
  graph.output(graph.node('Mul', [graph.node('Add', [graph.node('Mul', [conv, factors]), kept]), two]));
  return inferred(graph);
}

function numbers(graph: Graph, name: string): number[] {
  const constant = graph.values.find(value => value?.name === name)?.constant;
  if (!constant) throw new Error(`${name} is no constant`);
  return Array.from(loadConstant(constant, noFiles).data as Float32Array);
}

test('the seed decides, and nothing else', () => {
  const [a, b, c] = [1, 1, 2].map(seed => numbers(reseedGraph(splat(), seed, noFiles), 'weights'));
  expect(a).toEqual(b);
  expect(a).not.toEqual(c);
});

test('weights have the variance that gives results of variance 1, factors lie around 1', () => {
  const graph = reseedGraph(splat(), 7, noFiles);
  const weights = numbers(graph, 'weights');
  const variance = weights.reduce((sum, value) => sum + value ** 2, 0) / weights.length;
  expect(variance * 16 * 9).toBeGreaterThan(0.9);
  expect(variance * 16 * 9).toBeLessThan(1.1);
  for (const factor of numbers(graph, 'factors')) {
    expect(factor).toBeGreaterThanOrEqual(0.5);
    expect(factor).toBeLessThan(1.5);
  }
});

test('parameters with values of their own, and single numbers, stay', () => {
  const graph = reseedGraph(splat(), 7, noFiles);
  expect(numbers(graph, 'kept')).toEqual(numbers(splat(), 'kept'));
  expect(numbers(graph, 'two')).toEqual([2]);
  expect(graph.nodes.map(({ op }) => op)).not.toContain('ConstantOfShape');
});
