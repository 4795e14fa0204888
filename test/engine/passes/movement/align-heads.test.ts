// Attention as libraries write it: heads merged with the batch, windows with masks of their own, groups of query heads.

import { describe, expect, test } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import type { Shape, ValueId } from '../../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { compile } from '../../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../../support/build-graph.ts';
import { expectCompiled, within } from '../../../support/expect-compiled.ts';

const allowed = within(2e-5);
const axis = { axis: attr.int(-1) };

function check(graph: TestGraph, label: string, shapes: readonly Shape[]): string[] {
  const built = inferred(graph);
  const inputs = shapes.map((shape, i) => randomTensor(shape, i + 1, 2));
  expectCompiled(built, inputs, label, allowed);
  const { report, program } = compile(built, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  const kernels = new Map(report.groups.map(group => [group.id, group.kernel]));
  return program.steps.map(step => kernels.get(step.group ?? '') ?? step.op);
}

const reshape = (graph: TestGraph, x: ValueId, ...shape: number[]): ValueId =>
  graph.node('Reshape', [x, graph.ints(...shape)]);
const transpose = (graph: TestGraph, x: ValueId, ...perm: number[]): ValueId =>
  graph.node('Transpose', [x], { attributes: { perm: attr.ints(perm) } });

describe('one kernel', () => {
  test('heads merged with the batch, apart for the mask only', () => {
    const [batch, heads, tokens, size] = [2, 3, 5, 8];
    const shape = [batch, tokens, heads * size];
    const graph = new TestGraph();
    const merged = (name: string): ValueId => {
      const apart = reshape(graph, graph.input(name, 'float32', shape), batch, tokens, heads, size);
      return reshape(graph, transpose(graph, apart, 0, 2, 1, 3), batch * heads, tokens, size);
    };
    const [q, k, v] = ['q', 'k', 'v'].map(merged) as [ValueId, ValueId, ValueId];
    const mask = graph.input('mask', 'float32', [batch, 1, 1, tokens]);
    const scores = graph.node('MatMul', [q, transpose(graph, k, 0, 2, 1)]);
    const apart = graph.node('Add', [reshape(graph, scores, batch, heads, tokens, tokens), mask]);
    const weights = graph.node('Softmax', [reshape(graph, apart, batch * heads, tokens, tokens)], {
      attributes: axis,
    });
    const context = graph.node('MatMul', [weights, v]);
    const heard = transpose(graph, reshape(graph, context, batch, heads, tokens, size), 0, 2, 1, 3);
    graph.output(reshape(graph, heard, batch, tokens, heads * size));
    expect(check(graph, 'merged', [shape, shape, shape, mask ? [batch, 1, 1, tokens] : []])).toEqual([
      'attention',
    ]);
  });

  test('windows with a bias for every head, and a mask for every window', () => {
    const [images, windows, heads, tokens, size] = [2, 3, 2, 9, 8];
    const shape = [images * windows, heads, tokens, size];
    const graph = new TestGraph();
    const [q, k, v] = ['q', 'k', 'v'].map(name => graph.input(name, 'float32', shape));
    const scores = graph.node('MatMul', [q, transpose(graph, k as ValueId, 0, 1, 3, 2)]);
    const biased = graph.node('Add', [scores, graph.weight([1, heads, tokens, tokens])]);
    const apart = reshape(graph, biased, images, windows, heads, tokens, tokens);
    const masked = graph.node('Add', [apart, graph.weight([1, windows, 1, tokens, tokens])]);
    const weights = graph.node('Softmax', [reshape(graph, masked, images * windows, heads, tokens, tokens)], {
      attributes: axis,
    });
    graph.output(graph.node('MatMul', [weights, v]));
    expect(check(graph, 'windows', [shape, shape, shape])).toEqual(['attention']);
  });

  test('a key head for every group of query heads, not copied', () => {
    const [batch, keyHeads, group, tokens, keys, size] = [2, 2, 3, 4, 7, 8];
    const heads = keyHeads * group;
    const graph = new TestGraph();
    const q = graph.input('q', 'float32', [batch, heads, tokens, size]);
    const repeated = (name: string): ValueId => {
      const x = graph.input(name, 'float32', [batch, keyHeads, keys, size]);
      const apart = graph.node('Unsqueeze', [x, graph.ints(2)]);
      const wide = graph.node('Expand', [apart, graph.ints(batch, keyHeads, group, keys, size)]);
      return reshape(graph, wide, batch, heads, keys, size);
    };
    const scores = graph.node('MatMul', [q, transpose(graph, repeated('k'), 0, 1, 3, 2)]);
    const mask = graph.input('mask', 'float32', [batch, 1, tokens, keys]);
    const masked = graph.node('Add', [graph.node('Mul', [scores, graph.number(0.35)]), mask]);
    const weights = graph.node('Softmax', [masked], { attributes: axis });
    const mixed = graph.node('MatMul', [weights, repeated('v')]);
    // Written side by side as they are computed: nothing is copied for it.
    graph.output(reshape(graph, transpose(graph, mixed, 0, 2, 1, 3), batch, tokens, heads * size));
    const shapes: Shape[] = [
      [batch, heads, tokens, size],
      [batch, keyHeads, keys, size],
      [batch, 1, tokens, keys],
      [batch, keyHeads, keys, size],
    ];
    expect(check(graph, 'groups', shapes)).toEqual(['attention']);
  });
});

test('a mask that tells merged axes apart in another way is left alone', () => {
  const graph = new TestGraph();
  const shape = [6, 4, 8];
  const [q, k, v] = ['q', 'k', 'v'].map(name => graph.input(name, 'float32', shape));
  const scores = graph.node('MatMul', [q, transpose(graph, k as ValueId, 0, 2, 1)]);
  const apart = reshape(graph, scores, 2, 3, 4, 4);
  const masked = graph.node('Add', [apart, graph.weight([2, 1, 4, 4])]);
  const again = reshape(graph, masked, 3, 2, 4, 4);
  const twice = graph.node('Add', [again, graph.weight([3, 1, 4, 4])]);
  const weights = graph.node('Softmax', [reshape(graph, twice, 6, 4, 4)], { attributes: axis });
  graph.output(graph.node('MatMul', [weights, v]));
  expect(check(graph, 'apart twice', [shape, shape, shape]).length).toBeGreaterThan(1);
});
