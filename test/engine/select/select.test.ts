// What kernels the compiler chooses, and how values lie for them.

import { describe, expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { reshapedLayout, transposedLayout } from '../../../engine/ir/layout.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { tileFor } from '../../../engine/select/tile.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';

const templates = (graph: TestGraph) =>
  compile(inferred(graph), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 }).program.steps.map(step =>
    step.kind === 'kernel' ? step.template : 'reference',
  );

describe('templates', () => {
  const convolve = (weights: readonly number[], attributes = {}) => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [1, 8, 6, 6]);
    graph.output(graph.node('Conv', [x, graph.weight(weights)], { attributes }));
    return templates(graph);
  };

  test('convolutions by their shape', () => {
    expect(convolve([16, 8, 3, 3])).toEqual(['convolution']);
    expect(convolve([16, 8, 1, 1])).toEqual(['matmul']);
    expect(convolve([16, 8, 1, 1], { strides: attr.ints([2, 2]) })).toEqual(['convolution']);
    expect(convolve([8, 1, 3, 3], { group: attr.int(8) })).toEqual(['depthwise']);
    expect(convolve([16, 4, 3, 3], { group: attr.int(2) })).toEqual(['convolution']);
    expect(convolve([16, 1, 3, 3], { group: attr.int(8) })).toEqual(['convolution']);
  });

  test('what has no kernel is interpreted', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'int64', [4]);
    graph.output(graph.node('Add', [x, x]));
    expect(templates(graph)).toEqual(['reference']);
  });
});

describe('tiles', () => {
  test('narrow outputs take narrow tiles', () => {
    expect(tileFor('256', 64)).toEqual([6, 16]);
    expect(tileFor('256', 8)).toEqual([8, 8]);
    expect(tileFor('128', 4)).toEqual([8, 4]);
    expect(tileFor('scalar', 4)).toEqual([4, 4]);
  });
});

describe('layouts', () => {
  const nhwc = [0, 2, 3, 1];

  test('a transpose to pixels of a channels-last tensor is its memory in order', () => {
    expect(transposedLayout([1, 8, 6, 6], nhwc, [0, 2, 3, 1])).toBeUndefined();
    expect(transposedLayout([1, 6, 6, 8], undefined, [0, 3, 1, 2])).toEqual(nhwc);
  });

  test('reshapes keep memory where axes stay side by side', () => {
    expect(reshapedLayout([1, 8, 6, 6], nhwc, [1, 8, 36])).toEqual([0, 2, 1]);
    expect(reshapedLayout([1, 8, 6, 6], nhwc, [1, 2, 4, 6, 6])).toEqual([0, 3, 4, 1, 2]);
    expect(reshapedLayout([1, 8, 6, 6], nhwc, [1, 288])).toBe('copy');
    expect(reshapedLayout([1, 8, 1, 1], nhwc, [1, 8])).toBeUndefined();
    expect(reshapedLayout([2, 3], undefined, [6])).toBeUndefined();
  });
});
