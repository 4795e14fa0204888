// Convolutions whose weights the model computes, in kernels against the interpreter: of every kind and rank, with
// weights that lie row-major, channels-last, turned and as a part of something larger.

import { it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import type { ValueId } from '../../../engine/ir/types.ts';
import { inferred, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';

const TOLERANCE = 2e-4;

interface Case {
  readonly op: 'Conv' | 'ConvTranspose';
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly groups?: number;
  readonly strides?: readonly number[];
}

const CASES: readonly Case[] = [
  { op: 'Conv', x: [2, 3, 7], w: [5, 3, 3] },
  { op: 'Conv', x: [2, 3, 9, 8], w: [17, 3, 3, 2] },
  { op: 'Conv', x: [1, 4, 9, 8], w: [6, 2, 3, 3], groups: 2, strides: [2, 1] },
  { op: 'Conv', x: [1, 9, 6, 5], w: [9, 1, 3, 3], groups: 9 },
  { op: 'Conv', x: [1, 5, 6, 5], w: [8, 5, 1, 1] },
  { op: 'Conv', x: [1, 2, 4, 5, 6], w: [9, 2, 2, 3, 3], strides: [1, 2, 1] },
  { op: 'ConvTranspose', x: [1, 3, 4, 5], w: [3, 5, 4, 3], strides: [2, 2] },
  { op: 'ConvTranspose', x: [1, 4, 4, 5], w: [4, 3, 2, 2], groups: 2, strides: [1, 2] },
  { op: 'ConvTranspose', x: [1, 3, 2, 3, 4], w: [3, 2, 2, 3, 3], strides: [2, 1, 2] },
];

/** Weights from an input of another shape, so that they lie in memory in every way. */
const SOURCES: Record<string, (graph: TestGraph, w: ValueId, rank: number) => ValueId> = {
  given: (_, w) => w,
  computed: (graph, w) => graph.node('Mul', [w, graph.number(0.5)]),
  'turned twice': (graph, w, rank) => {
    const reversed = Array.from({ length: rank }, (__, axis) => rank - 1 - axis);
    const perm = { attributes: { perm: attr.ints(reversed) } };
    return graph.node('Transpose', [graph.node('Tanh', [graph.node('Transpose', [w], perm)])], perm);
  },
  'a part': (graph, w, rank) => {
    const whole = graph.node('Concat', [w, w], { attributes: { axis: attr.int(rank - 1) } });
    const [part] = graph.nodes('Split', [graph.node('Sigmoid', [whole])], {
      attributes: { axis: attr.int(rank - 1), num_outputs: attr.int(2) },
      outputs: ['part', 'other'],
    });
    if (part === undefined) throw new Error('no part');
    return part;
  },
};

it.each(CASES)('$op $x by $w in $groups groups', ({ op, x, w, groups = 1, strides = [] }) => {
  for (const [name, source] of Object.entries(SOURCES)) {
    const graph = new TestGraph();
    const input = graph.input('x', 'float32', x);
    const weights = source(graph, graph.input('w', 'float32', w), w.length);
    const channels = op === 'Conv' ? (w[0] ?? 1) : (w[1] ?? 1) * groups;
    const bias = graph.node('Neg', [graph.input('b', 'float32', [channels])]);
    const attributes = {
      group: attr.int(groups),
      ...(strides.length > 0 && { strides: attr.ints(strides) }),
      ...(op === 'Conv' && { pads: attr.ints([...w.slice(2), ...w.slice(2)].map(extent => extent - 1)) }),
    };
    graph.output(graph.node('Relu', [graph.node(op, [input, weights, bias], { attributes })]));
    const tensors = [x, w, [channels]].map((shape, i) => randomTensor(shape, 7 + i));
    expectCompiled(inferred(graph), tensors, `${name} [${x}] [${w}]`, () => TOLERANCE);
  }
});
