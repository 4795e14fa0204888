// Random Pads, of every mode and behind something done to each element, before windows of every kind: the compiled
// program against the interpreter, whatever of it was taken in.

import { describe, expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import type { Attribute, Graph, ValueId } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { seededRandom } from '../../../engine/random.ts';
import { vanishedOf } from '../../../engine/report/vanished.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled, within } from '../../support/expect-compiled.ts';

const MODES = ['constant', 'reflect', 'edge', 'wrap'] as const;

/** Whole numbers from `least` to `most`, both included. */
type Whole = (least: number, most: number) => number;

interface Windows {
  readonly graph: TestGraph;
  readonly channels: number;
  readonly kernel: readonly number[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly whole: Whole;
}

type Anchor = (x: ValueId, windows: Windows) => ValueId;

const pooled =
  (op: string): Anchor =>
  (x, { graph, kernel, attributes }) =>
    graph.node(op, [x], { attributes: { ...attributes, kernel_shape: attr.ints(kernel) } });

const ANCHORS: Readonly<Record<string, Anchor>> = {
  plain: (x, { graph, channels, kernel, attributes, whole }) =>
    graph.node('Conv', [x, graph.weight([whole(1, 20), channels, ...kernel])], { attributes }),
  depthwise: (x, { graph, channels, kernel, attributes }) =>
    graph.node('Conv', [x, graph.weight([channels, 1, ...kernel])], {
      attributes: { ...attributes, group: attr.int(channels) },
    }),
  grouped: (x, { graph, channels, kernel, attributes }) =>
    graph.node('Conv', [x, graph.weight([6, channels / 2, ...kernel])], {
      attributes: { ...attributes, group: attr.int(2) },
    }),
  transposed: (x, { graph, channels, kernel, attributes, whole }) =>
    graph.node('ConvTranspose', [x, graph.weight([channels, whole(1, 9), ...kernel])], { attributes }),
  largest: pooled('MaxPool'),
  average: pooled('AveragePool'),
};

function randomCase(anchor: Anchor, seed: number) {
  const random = seededRandom(seed);
  const whole: Whole = (least, most) => least + Math.floor(random() * (most - least + 1));
  const graph = new TestGraph();
  const rank = whole(1, 3);
  const spatial = Array.from({ length: rank }, () => whole(3, 9));
  const channels = 2 * whole(1, 9);
  const shape = [whole(1, 2), channels, ...spatial];
  const x = graph.input('x', 'float32', shape);
  const before = [x, graph.node('Relu', [x]), graph.node('Mul', [x, graph.number(0.5)])][whole(0, 2)] ?? x;
  const amounts = (): number[] => [0, 0, ...spatial.map(() => whole(0, 2))];
  const pads = graph.ints(...amounts(), ...amounts());
  const mode = MODES[whole(0, 3)] ?? 'edge';
  const padded = graph.node('Pad', [before, pads, graph.number(whole(-1, 1))], {
    version: 19,
    attributes: { mode: attr.string(mode) },
  });
  const own = whole(0, 3) === 0 ? spatial.map(() => whole(0, 1)) : spatial.map(() => 0);
  const attributes = {
    strides: attr.ints(spatial.map(() => whole(1, 2))),
    pads: attr.ints([...own, ...own]),
  };
  const kernel = spatial.map(() => whole(2, 3));
  const between = whole(0, 4) === 0 ? graph.node('Sigmoid', [padded]) : padded;
  graph.output(graph.node('Relu', [anchor(between, { graph, channels, kernel, attributes, whole })]));
  return { graph: inferred(graph), input: randomTensor(shape, seed) };
}

describe.each(Object.entries(ANCHORS))('%s', (_, anchor) => {
  test.each(Array.from({ length: 12 }, (_unused, i) => 4100 + i))('seed %i', seed => {
    const { graph, input } = randomCase(anchor, seed);
    expectCompiled(graph, [input], `seed ${seed}`, within(1e-4));
  });
});

test.each(MODES)('an image of 3×3 windows large enough for minimal filtering (%s)', mode => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 32, 17, 18]);
  const padded = graph.node('Pad', [x, graph.ints(0, 0, 1, 1, 0, 0, 1, 1)], {
    version: 19,
    attributes: { mode: attr.string(mode) },
  });
  graph.output(graph.node('Conv', [padded, graph.weight([32, 32, 3, 3])]));
  expectCompiled(inferred(graph), [randomTensor([1, 32, 17, 18], 7)], mode, within(1e-3));
});

test.each(['AveragePool', 'MaxPool', 'Conv'])('windows of a %s behind windows over a Pad', op => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 8, 9, 10]);
  const padded = graph.node('Pad', [x, graph.ints(0, 0, 1, 1, 0, 0, 1, 1)], { version: 19 });
  const inner = graph.node('Relu', [graph.node('Conv', [padded, graph.weight([8, 8, 3, 3])])]);
  const [inputs, attributes] =
    op === 'Conv'
      ? [[inner, graph.weight([4, 8, 1, 1])], {}]
      : [[inner], { kernel_shape: attr.ints([2, 2]) }];
  graph.output(graph.node(op, inputs, { attributes }));
  expectCompiled(inferred(graph), [randomTensor([1, 8, 9, 10], 11)], op, within(1e-4));
});

test('windows that share a Pad all look at what it reads, also one that waits for another', () => {
  const gated = (stored: boolean): Graph => {
    const graph = new TestGraph('gated');
    const x = graph.node('Relu', [graph.input('x', 'float32', [1, 6, 24])]);
    const padded = graph.node('Pad', [x, graph.ints(0, 0, 4, 0, 0, 0)]);
    const attributes = { dilations: attr.ints([4]) };
    const [value, gate] = [0, 1].map(() =>
      graph.node('Conv', [padded, graph.weight([6, 6, 2])], { attributes }),
    );
    const both = graph.node('Mul', [graph.node('Tanh', [value]), graph.node('Sigmoid', [gate])]);
    graph.output(graph.node('Add', [x, graph.node('Conv', [both, graph.weight([6, 6, 1])])]));
    if (stored) graph.output(padded);
    return inferred(graph);
  };
  const reportOf = (graph: Graph) =>
    compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 }).report;
  const steps = (graph: Graph): string[] => reportOf(graph).asExecuted.steps.map(({ title }) => title);
  const graph = gated(false);
  expectCompiled(graph, [randomTensor([1, 6, 24], 1)], 'gated', within(1e-5));
  expect(steps(graph)).toEqual(['Relu', 'Pad + Conv + Tanh', 'Pad + Conv + Sigmoid + Mul', 'Conv + Add']);
  expect(steps(gated(true))).toContain('Pad');
  // What is padded belongs to no group, and vanishes once.
  const { account } = reportOf(graph);
  expect(vanishedOf(reportOf(graph)).unwrittenBytes).toBe(4 * (account.before.writes - account.after.writes));
});
