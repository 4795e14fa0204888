// Windows over volumes in kernels against the interpreter: convolutions of every kind and pools, with what is fused
// around them, for seeded odd sizes, strides, dilations and paddings.

import { expect, it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import type { Attribute } from '../../../engine/ir/types.ts';
import { seededRandom } from '../../../engine/random.ts';
import { inferred, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';

type Attributes = Record<string, Attribute>;

const TOLERANCE = 2e-4;

/** Seeded whole numbers in [least, most], and lists of them. */
function wholes(seed: number) {
  const random = seededRandom(seed);
  const whole = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  const three = (least: number, most: number): number[] => [0, 1, 2].map(() => whole(least, most));
  return { whole, three };
}

/** Kernel, input extents that it fits into, and attributes. */
function window(seed: number, attributes: Attributes = {}) {
  const { whole, three } = wholes(seed);
  const [kernel, dilations] = [three(1, 3), whole(0, 2) ? [1, 1, 1] : three(1, 2)];
  const input = kernel.map((extent, axis) => (extent - 1) * (dilations[axis] ?? 1) + whole(1, 6));
  const pads = [...kernel, ...kernel].map(extent => Math.min(whole(0, 2), extent - 1));
  const sizes = { strides: attr.ints(three(1, 2)), dilations: attr.ints(dilations), pads: attr.ints(pads) };
  return { kernel, input, attributes: { ...sizes, ...attributes } };
}

/** Of convolutions, whose windows may lie wholly outside. */
const anyPads = (whole: (least: number, most: number) => number) =>
  attr.ints(Array.from({ length: 6 }, () => whole(0, 2)));

const SEEDS = Array.from({ length: 8 }, (_, i) => 100 + i);

it.each(SEEDS)('convolution, seed %i', seed => {
  const { kernel, input, attributes } = window(seed);
  const { whole } = wholes(seed + 1000);
  const [groups, inner, outer] = [whole(1, 2), whole(1, 5), whole(1, 19)];
  const graph = new TestGraph();
  const shape = [whole(1, 2), groups * inner, ...input];
  const x = graph.input('x', 'float32', shape);
  const before = whole(0, 1) ? graph.node('Relu', [graph.node('Add', [x, graph.number(0.3)])]) : x;
  const w = graph.weight([groups * outer, inner, ...kernel]);
  const y = graph.node('Conv', [before, w, graph.weight([groups * outer])], {
    attributes: { ...attributes, group: attr.int(groups), pads: anyPads(whole) },
  });
  graph.output(graph.node('Relu', [y]));
  expectCompiled(inferred(graph), [randomTensor(shape, seed)], `seed ${seed}`, () => TOLERANCE);
});

it.each(SEEDS)('one channel to one, seed %i', seed => {
  const { kernel, input, attributes } = window(seed);
  const { whole } = wholes(seed + 2000);
  const [batch, channels] = [whole(1, 2), whole(2, 21)];
  const graph = new TestGraph();
  const shape = [batch, channels, ...input];
  const x = graph.input('x', 'float32', shape);
  const before = whole(0, 1)
    ? graph.node('Sigmoid', [x])
    : graph.node('Conv', [x, graph.weight([channels, channels, 1, 1, 1])]);
  const y = graph.node('Conv', [before, graph.weight([channels, 1, ...kernel]), graph.weight([channels])], {
    attributes: { ...attributes, group: attr.int(channels), pads: anyPads(whole) },
  });
  graph.output(graph.node('Relu', [y]));
  expectCompiled(inferred(graph), [randomTensor(shape, seed)], `seed ${seed}`, () => TOLERANCE);
});

it.each(SEEDS)('transposed convolution, seed %i', seed => {
  const { whole, three } = wholes(seed + 3000);
  const strides = three(1, 2);
  const kernel = three(1, 4);
  const shape = [whole(1, 2), whole(1, 5), ...three(2, 4)];
  const graph = new TestGraph();
  const pads = [...kernel, ...kernel].map(() => whole(0, 1));
  const y = graph.node(
    'ConvTranspose',
    [graph.input('x', 'float32', shape), graph.weight([shape[1] ?? 1, whole(1, 9), ...kernel])],
    {
      attributes: {
        strides: attr.ints(strides),
        pads: attr.ints(kernel.some((e, i) => e < 2 && pads[i]) ? pads.map(() => 0) : pads),
      },
    },
  );
  graph.output(graph.node('Tanh', [y]));
  expectCompiled(inferred(graph), [randomTensor(shape, seed)], `seed ${seed}`, () => TOLERANCE);
});

it.each(SEEDS)('pools, seed %i', seed => {
  for (const [op, more] of [
    ['MaxPool', {}],
    ['AveragePool', { count_include_pad: attr.int(1) }],
    ['AveragePool', {}],
    ['AveragePool', { ceil_mode: attr.int(1) }],
    ['AveragePool', { ceil_mode: attr.int(1), count_include_pad: attr.int(1) }],
  ] as const) {
    const { kernel, input, attributes } = window(seed, more);
    const { whole } = wholes(seed + 4000);
    const shape = [whole(1, 2), whole(1, 21), ...input];
    const graph = new TestGraph();
    const pooled = graph.node(op, [graph.input('x', 'float32', shape)], {
      attributes: { ...attributes, kernel_shape: attr.ints(kernel) },
    });
    graph.output(graph.node('Mul', [pooled, graph.number(2)]));
    expectCompiled(inferred(graph), [randomTensor(shape, seed)], `${op} seed ${seed}`, () => TOLERANCE);
  }
});

it.each(['MaxPool', 'AveragePool'])('%s: windows larger than what they look at', op => {
  for (const spatial of [[1], [1, 5], [1, 1], [2, 1, 1]]) {
    const graph = new TestGraph();
    const shape = [2, 5, ...spatial];
    const attributes = {
      kernel_shape: attr.ints(spatial.map(extent => extent + 1)),
      strides: attr.ints(spatial.map(() => 2)),
      ceil_mode: attr.int(1),
    };
    const pooled = graph.node(op, [graph.input('x', 'float32', shape)], { attributes });
    graph.output(graph.node('Mul', [pooled, graph.number(2)]));
    expectCompiled(inferred(graph), [randomTensor(shape, 1)], `${op} [${shape}]`, () => TOLERANCE);
  }
});

it('padding with a number of its own, absorbed', () => {
  const shape = [1, 3, 4, 5, 6];
  const graph = new TestGraph();
  const pads = graph.ints(0, 0, 1, 2, 0, 0, 0, 1, 1, 2);
  const padded = graph.node('Pad', [graph.input('x', 'float32', shape), pads, graph.number(0.7)]);
  graph.output(graph.node('Conv', [padded, graph.weight([9, 3, 2, 3, 3])]));
  expectCompiled(inferred(graph), [randomTensor(shape, 1)], 'padded', () => TOLERANCE);
  expect(graph.build().nodes).toHaveLength(2);
});
