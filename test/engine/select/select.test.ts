// What kernels the compiler chooses, and how values lie for them.

import { describe, expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { reshapedLayout, transposedLayout } from '../../../engine/ir/layout.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { tileFor } from '../../../engine/select/tile-cost.ts';
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

  test('3×3 convolutions of enough channels by minimal filtering, unless it is switched off', () => {
    const convolve3 = (channels: number, size: number, winograd: boolean) => {
      const graph = new TestGraph();
      const x = graph.input('x', 'float32', [1, channels, size, size]);
      const weight = graph.weight([channels, channels, 3, 3]);
      const y = graph.node('Conv', [x, weight], { attributes: { pads: attr.ints([1, 1, 1, 1]) } });
      graph.output(graph.node('Relu', [graph.node('Conv', [y, weight])]));
      const options = { ...DEFAULT_OPTIONS, winograd };
      const { steps } = compile(inferred(graph), options, { read: noFiles, clock: () => 0 }).program;
      return steps.flatMap(step => (step.kind === 'kernel' ? step.template : []));
    };
    // What the callers see is planes.
    expect(convolve3(64, 28, true)).toEqual(['winograd', 'winograd']);
    expect(convolve3(64, 28, false)).not.toContain('winograd');
    expect(convolve3(4, 28, true)).not.toContain('winograd');
    expect(convolve3(64, 3, true)).not.toContain('winograd');
  });

  test('a step knows what minimal filtering does without', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [1, 64, 28, 28]);
    const pads = { attributes: { pads: attr.ints([1, 1, 1, 1]) } };
    const y = graph.node('Conv', [x, graph.weight([64, 64, 3, 3])], pads);
    graph.output(graph.node('Conv', [y, graph.weight([8, 64, 1, 1])]));
    const { steps } = compile(inferred(graph), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 }).program;
    const [filtered, pointwise] = steps;
    expect(filtered?.flops).toBe(2 * 9 * 28 * 28 * 64 * 64);
    // Tiles of 4 × 4 cover 28 × 28: 36 products stand for 9 · 16.
    expect(filtered?.sparedFlops).toBe((filtered?.flops ?? 0) * (1 - 36 / 144));
    expect(pointwise).not.toHaveProperty('sparedFlops');
  });

  test('what has no kernel is interpreted', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [2, 4, 4]);
    graph.output(graph.node('Det', [x]));
    expect(templates(graph)).toEqual(['reference']);
  });
});

describe('tiles', () => {
  const many = { rows: 10_000, terms: 512 };

  test.each([
    ['256', 64, [6, 16]],
    ['256', 24, [3, 24]],
    ['256', 8, [12, 8]],
    ['256', 4, [8, 1]],
    ['256', 1, [8, 1]],
    ['128', 64, [6, 8]],
    ['128', 12, [3, 12]],
    ['128', 4, [12, 4]],
    ['128', 1, [8, 1]],
    ['scalar', 8, [2, 4]],
    ['scalar', 2, [4, 2]],
  ] as const)('%s, %i columns', (simd, columns, tile) => {
    expect(tileFor(simd, { ...many, columns })).toEqual(tile);
  });

  test('a few rows take a wide tile, sums of few terms no dot products', () => {
    expect(tileFor('256', { columns: 64, rows: 1, terms: 512 })).toEqual([2, 32]);
    expect(tileFor('256', { columns: 1, rows: 100, terms: 9 })).toEqual([12, 8]);
    // Lanes are added up once for each of them.
    expect(tileFor('256', { columns: 6, rows: 100, terms: 32 })).toEqual([12, 8]);
    expect(tileFor('256', { columns: 6, rows: 100, terms: 32, depth: 288 })).toEqual([8, 1]);
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
