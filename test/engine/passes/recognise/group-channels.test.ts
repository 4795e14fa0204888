// Normalisation of groups of channels in the spellings that exporters use: each is one kernel with what is computed
// before and behind it, in the order that convolutions beside it have.

import { describe, expect, it, test } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import { elementCount, tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Graph, Shape, ValueId } from '../../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { compile } from '../../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../../support/build-graph.ts';
import { expectCompiled, within } from '../../../support/expect-compiled.ts';

interface Case {
  readonly shape: Shape;
  readonly groups: number;
}
type Spelling = (g: TestGraph, x: ValueId, of: Case) => ValueId;

const pixelsOf = (shape: Shape): Shape => shape.slice(2);
const perChannel = ([, channels = 1, ...pixels]: Shape): Shape => [channels, ...pixels.map(() => 1)];
const grouped = ({ shape: [batch = 1, channels = 1, ...pixels], groups }: Case): number[] => [
  ...[batch, groups, channels / groups],
  ...pixels,
];
const numbers = (g: TestGraph, count: number, value: number): ValueId =>
  g.constant(`all ${value}`, tensorOf('float32', [count], new Array<number>(count).fill(value)));
const reshape = (g: TestGraph, x: ValueId, shape: Shape): ValueId => g.node('Reshape', [x, g.ints(...shape)]);
const affine = (g: TestGraph, x: ValueId, shape: Shape): ValueId =>
  g.node('Add', [g.node('Mul', [x, g.weight(shape)]), g.weight(shape)]);
const transpose = (g: TestGraph, x: ValueId, perm: readonly number[]): ValueId =>
  g.node('Transpose', [x], { attributes: { perm: attr.ints(perm) } });

/** (x − mean) / √(variance + ε) over axes, node by node. */
function standardised(g: TestGraph, x: ValueId, axes: readonly number[]): ValueId {
  const mean = (of: ValueId): ValueId => g.node('ReduceMean', [of, g.ints(...axes)]);
  const centred = g.node('Sub', [x, mean(x)]);
  const variance = g.node('Add', [mean(g.node('Mul', [centred, centred])), g.number(1e-5)]);
  return g.node('Div', [centred, g.node('Sqrt', [variance])]);
}

const instances = (g: TestGraph, x: ValueId, { groups }: Case): ValueId =>
  g.node(
    'InstanceNormalization',
    [reshape(g, x, [0, groups, -1]), numbers(g, groups, 1), numbers(g, groups, 0)],
    { attributes: { epsilon: attr.float(1e-5) } },
  );

const SPELLINGS: Readonly<Record<string, Spelling>> = {
  'Reshape, InstanceNormalization, Reshape, Mul, Add': (g, x, of) =>
    affine(g, reshape(g, instances(g, x, of), of.shape), perChannel(of.shape)),
  'the same with parameters per group': (g, x, { shape, groups }) => {
    const rows = reshape(g, x, [0, groups, -1]);
    const parameters = [g.weight([groups]), g.weight([groups])];
    return reshape(g, g.node('InstanceNormalization', [rows, ...parameters]), shape);
  },
  'GroupNormalization, parameters per group': (g, x, { groups }) =>
    g.node('GroupNormalization', [x, g.weight([groups]), g.weight([groups])], {
      version: 18,
      attributes: { num_groups: attr.int(groups) },
    }),
  'GroupNormalization, parameters per channel': (g, x, { shape: [, channels = 1], groups }) =>
    g.node('GroupNormalization', [x, g.weight([channels]), g.weight([channels])], {
      version: 21,
      attributes: { num_groups: attr.int(groups) },
    }),
  'means of groups and channels': (g, x, of) => {
    const parts = grouped(of);
    const result = standardised(g, reshape(g, x, parts), [...parts.keys()].slice(2));
    return affine(g, reshape(g, result, of.shape), perChannel(of.shape));
  },
  'means of rows': (g, x, of) => {
    const rows = reshape(g, x, [of.shape[0] ?? 1, of.groups, -1]);
    return affine(g, reshape(g, standardised(g, rows, [-1]), of.shape), perChannel(of.shape));
  },
  'means, scaled in groups': (g, x, of) => {
    const parts = grouped(of);
    const result = standardised(g, reshape(g, x, parts), [...parts.keys()].slice(2));
    return reshape(
      g,
      affine(
        g,
        result,
        parts.slice(1).map((extent, k) => (k < 2 ? extent : 1)),
      ),
      of.shape,
    );
  },
  'means, channels last': (g, x, { shape, groups }) => {
    const [batch = 1, channels = 1] = shape;
    const pixels = pixelsOf(shape);
    const ahead = pixels.map((_, k) => k + 1);
    const last = transpose(g, x, [0, ...pixels.map((_, k) => k + 2), 1]);
    const parts = reshape(g, last, [batch, ...pixels, groups, channels / groups]);
    const result = standardised(g, parts, [...ahead, shape.length]);
    const scaled = affine(g, reshape(g, result, [batch, ...pixels, channels]), [channels]);
    return transpose(g, scaled, [0, shape.length - 1, ...ahead]);
  },
};

const CASES: readonly Case[] = [
  { shape: [1, 32, 9, 6], groups: 4 },
  { shape: [2, 12, 5, 7], groups: 4 },
  { shape: [2, 12, 31], groups: 3 },
  { shape: [2, 6, 3, 4, 5], groups: 2 },
  { shape: [2, 6, 7, 5], groups: 6 },
  { shape: [2, 6, 7, 5], groups: 1 },
];

const stepsOf = (graph: Graph): readonly string[] =>
  compile(
    graph,
    { ...DEFAULT_OPTIONS, simd: '256', winograd: false },
    { read: noFiles, clock: () => 0 },
  ).program.steps.map(({ op }) => op);

const silu = (g: TestGraph, x: ValueId): ValueId => g.node('Mul', [x, g.node('Sigmoid', [x])]);

function convolution(g: TestGraph, x: ValueId, [, channels = 1, ...pixels]: Shape): ValueId {
  const kernel = pixels.map(() => 3);
  return g.node('Conv', [x, g.weight([channels, channels, ...kernel], 0.2)], {
    attributes: { pads: attr.ints([...pixels, ...pixels].map(() => 1)) },
  });
}

describe.each(Object.entries(SPELLINGS))('%s', (_, spell) => {
  it.each(CASES)('$shape in $groups groups', of => {
    const { shape } = of;
    const inputs = [randomTensor(shape, 5, 3), randomTensor(shape, 6, 3)];
    const alone = new TestGraph();
    const [a, b] = [alone.input('a', 'float32', shape), alone.input('b', 'float32', shape)];
    alone.output(alone.node('Add', [silu(alone, spell(alone, alone.node('Add', [a, b]), of)), a]));
    expect(stepsOf(inferred(alone))).toHaveLength(1);
    expectCompiled(inferred(alone), inputs, 'alone', within(1e-4));

    const between = new TestGraph();
    const x = convolution(between, between.input('x', 'float32', shape), shape);
    const y = between.node('Add', [between.node('Relu', [spell(between, x, of)]), x]);
    between.output(convolution(between, y, shape));
    expect(stepsOf(inferred(between))).toHaveLength(3);
    expectCompiled(inferred(between), inputs.slice(0, 1), 'between convolutions', within(2e-4));
  });
});

describe('what is no group of channels', () => {
  const isKept = (build: (g: TestGraph, x: ValueId) => ValueId, shape: Shape) => {
    const g = new TestGraph();
    g.output(build(g, g.input('x', 'float32', shape)));
    const graph = inferred(g);
    expectCompiled(graph, [randomTensor(shape, elementCount(shape))], 'kept', within(1e-4));
    return compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 }).graph.nodes.map(({ op }) => op);
  };

  test('two axes apart', () => {
    const build = (g: TestGraph, x: ValueId): ValueId =>
      standardised(g, reshape(g, x, [2, 3, 2, 2, 10]), [2, 4]);
    expect(isKept(build, [2, 6, 2, 10])).not.toContain('GroupNormalization');
  });

  test('groups across images', () => {
    const build = (g: TestGraph, x: ValueId): ValueId => standardised(g, reshape(g, x, [2, 60]), [1]);
    expect(isKept(build, [4, 3, 10])).not.toContain('GroupNormalization');
  });

  test('channels that are not neighbours are channels of a view of them', () => {
    const build = (g: TestGraph, x: ValueId): ValueId => {
      const parts = transpose(g, reshape(g, x, [2, 2, 3, 10]), [0, 2, 1, 3]);
      return standardised(g, parts, [2, 3]);
    };
    expect(isKept(build, [2, 6, 10])).toContain('GroupNormalization');
  });
});
