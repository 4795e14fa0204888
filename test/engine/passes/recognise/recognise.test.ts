// Operators written out by exporters: found whatever their spelling, with the same results.

import { describe, expect, test } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Shape, ValueId } from '../../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { compile } from '../../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../../support/build-graph.ts';
import { expectCompiled, within } from '../../../support/expect-compiled.ts';

type Write = (graph: TestGraph, x: ValueId) => ValueId;

const allowed = within(2e-5);

/** Compiles without fusion, so that every node left is a step; compares results in all variants. */
function stepsOf(label: string, shape: Shape, write: Write): string[] {
  const graph = new TestGraph();
  graph.output(write(graph, graph.input('x', 'float32', shape)));
  const built = inferred(graph);
  expectCompiled(built, [randomTensor(shape, 3, 4)], label, allowed);
  const options = { ...DEFAULT_OPTIONS, fusion: false };
  return compile(built, options, { read: noFiles, clock: () => 0 }).program.steps.map(({ op }) => op);
}

const mul = (graph: TestGraph, ...factors: ValueId[]): ValueId =>
  factors.reduce((a, b) => graph.node('Mul', [a, b]));
const add = (graph: TestGraph, a: ValueId, b: number): ValueId => graph.node('Add', [a, graph.number(b)]);
const times = (graph: TestGraph, a: ValueId, b: number): ValueId => mul(graph, a, graph.number(b));
const erfPart: Write = (graph, x) =>
  add(graph, graph.node('Erf', [graph.node('Div', [x, graph.number(Math.SQRT2)])]), 1);
const cubic: Write = (graph, x) =>
  times(
    graph,
    graph.node('Add', [x, times(graph, graph.node('Pow', [x, graph.number(3)]), 0.044715)]),
    Math.sqrt(2 / Math.PI),
  );

describe('activations', () => {
  const spellings: Readonly<Record<string, [string, Write]>> = {
    'GELU of PyTorch': ['Gelu', (g, x) => times(g, mul(g, x, erfPart(g, x)), 0.5)],
    'GELU, half first': ['Gelu', (g, x) => mul(g, times(g, x, 0.5), erfPart(g, x))],
    'GELU, half on the error function': ['Gelu', (g, x) => mul(g, x, times(g, erfPart(g, x), 0.5))],
    'GELU by tanh': ['Gelu', (g, x) => mul(g, times(g, x, 0.5), add(g, g.node('Tanh', [cubic(g, x)]), 1))],
    'GELU by tanh, the cube as products': [
      'Gelu',
      (g, x) => {
        const square = add(g, times(g, mul(g, x, x), 0.044715), 1);
        const inner = mul(g, times(g, x, 0.7978845608), square);
        return times(g, mul(g, x, add(g, g.node('Tanh', [inner]), 1)), 0.5);
      },
    ],
    'GELU by the sigmoid of the cube': [
      'Gelu',
      (g, x) => mul(g, x, g.node('Sigmoid', [times(g, cubic(g, x), 2)])),
    ],
    'GELU by a sigmoid': ['Swish', (g, x) => mul(g, x, g.node('Sigmoid', [times(g, x, 1.702)]))],
    SiLU: ['Swish', (g, x) => mul(g, x, g.node('Sigmoid', [x]))],
    'SiLU by division': [
      'Swish',
      (g, x) => g.node('Div', [x, add(g, g.node('Exp', [g.node('Neg', [x])]), 1)]),
    ],
    sigmoid: ['Sigmoid', (g, x) => g.node('Reciprocal', [add(g, g.node('Exp', [g.node('Neg', [x])]), 1)])],
    'hard swish of PyTorch': [
      'HardSwish',
      (g, x) => {
        const clipped = g.node('Clip', [add(g, x, 3), g.number(0), g.number(6)]);
        return g.node('Div', [mul(g, x, clipped), g.number(6)]);
      },
    ],
    'hard swish by a hard sigmoid': [
      'HardSwish',
      (g, x) => mul(g, x, g.node('HardSigmoid', [x], { attributes: { alpha: attr.float(1 / 6) } })),
    ],
    'hard sigmoid': [
      'HardSigmoid',
      (g, x) => g.node('Div', [g.node('Clip', [add(g, x, 3), g.number(0), g.number(6)]), g.number(6)]),
    ],
    Mish: ['Mish', (g, x) => mul(g, x, g.node('Tanh', [g.node('Softplus', [x])]))],
    'Mish, softplus written out': [
      'Mish',
      (g, x) => mul(g, x, g.node('Tanh', [g.node('Log', [add(g, g.node('Exp', [x]), 1)])])),
    ],
    'leaky ReLU': ['LeakyRelu', (g, x) => g.node('Max', [x, times(g, x, 0.1)])],
    'leaky ReLU of two halves': [
      'LeakyRelu',
      (g, x) => {
        const below = times(g, g.node('Relu', [g.node('Neg', [x])]), 0.25);
        return g.node('Sub', [g.node('Relu', [x]), below]);
      },
    ],
  };
  test.each(Object.entries(spellings))('%s', (label, [op, write]) => {
    expect(stepsOf(label, [3, 37], write)).toEqual([op]);
  });

  test('what only looks like one stays as it is', () => {
    const almost: Write = (g, x) =>
      times(g, mul(g, x, add(g, g.node('Erf', [g.node('Div', [x, g.number(1.5)])]), 1)), 0.5);
    expect(stepsOf('almost GELU', [3, 37], almost)).not.toContain('Gelu');
    const needed: Write = (g, x) => {
      const gate = g.node('Sigmoid', [x]);
      g.output(gate);
      return mul(g, x, gate);
    };
    expect(stepsOf('a gate that is needed', [3, 37], needed)).toEqual(['Sigmoid', 'Mul']);
  });
});

test('a factor without elements is no number of a function', () => {
  const graph = new TestGraph();
  const empty = graph.constant('empty', tensorOf('float32', [0, 2], []));
  graph.output(graph.node('Sigmoid', [mul(graph, empty, graph.input('x', 'float32', [0, 2]))]));
  const { program } = compile(inferred(graph), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  expect(program.outputs.map(({ shape }) => shape)).toEqual([[0, 2]]);
});

describe('along lines', () => {
  const over = (...axes: number[]) => ({ axes: attr.ints(axes), keepdims: attr.int(1) });
  const mean = (g: TestGraph, x: ValueId, ...axes: number[]) =>
    g.node('ReduceMean', [x], { attributes: over(...axes), version: 13 });
  const square: Write = (g, x) => g.node('Pow', [x, g.number(2)]);
  const root = (g: TestGraph, x: ValueId, epsilon = 1e-5) => g.node('Sqrt', [add(g, x, epsilon)]);
  const centred = (g: TestGraph, x: ValueId, ...axes: number[]) => g.node('Sub', [x, mean(g, x, ...axes)]);
  const affine = (g: TestGraph, x: ValueId, shape: Shape): ValueId =>
    g.node('Add', [mul(g, x, g.weight(shape)), g.weight(shape)]);

  const spellings: Readonly<Record<string, [string[], Write]>> = {
    'LayerNorm of PyTorch': [
      ['LayerNormalization'],
      (g, x) => {
        const d = centred(g, x, -1);
        return affine(g, g.node('Div', [d, root(g, mean(g, square(g, d), -1), 1e-12)]), [40]);
      },
    ],
    'LayerNorm, the difference taken twice': [
      ['LayerNormalization'],
      (g, x) => {
        const variance = mean(g, mul(g, centred(g, x, -1), centred(g, x, -1)), -1);
        return g.node('Div', [centred(g, x, -1), root(g, variance)]);
      },
    ],
    'LayerNorm of TensorFlow': [
      ['LayerNormalization'],
      (g, x) => {
        const average = mean(g, x, -1);
        const d = g.node('Sub', [x, average]);
        const factor = mul(
          g,
          g.node('Reciprocal', [root(g, mean(g, mul(g, d, d), -1), 1e-3)]),
          g.weight([40]),
        );
        const offset = g.node('Sub', [g.weight([40]), mul(g, average, factor)]);
        return g.node('Add', [mul(g, x, factor), offset]);
      },
    ],
    'LayerNorm over two axes': [
      ['LayerNormalization'],
      (g, x) => {
        const d = centred(g, x, 2, 3);
        return g.node('Div', [d, root(g, mean(g, square(g, d), 2, 3))]);
      },
    ],
    'LayerNorm over channels': [
      ['LayerNormalization'],
      (g, x) => {
        const d = centred(g, x, 1);
        return affine(g, g.node('Div', [d, root(g, mean(g, square(g, d), 1))]), [6, 1, 1]);
      },
    ],
    'RMSNorm of Llama': [
      ['RMSNormalization'],
      (g, x) => {
        const inverse = g.node('Reciprocal', [root(g, mean(g, square(g, x), -1), 1e-6)]);
        return mul(g, g.weight([40]), mul(g, x, inverse));
      },
    ],
    'RMSNorm by a power': [
      ['RMSNormalization'],
      (g, x) => mul(g, x, g.node('Pow', [add(g, mean(g, square(g, x), -1), 1e-6), g.number(-0.5)])),
    ],
    softmax: [
      ['Softmax'],
      (g, x) => {
        const largest = g.node('ReduceMax', [x], { attributes: over(-1), version: 13 });
        const e = g.node('Exp', [g.node('Sub', [x, largest])]);
        return g.node('Div', [e, g.node('ReduceSum', [e, g.ints(-1)])]);
      },
    ],
    'softmax over channels': [
      ['Softmax'],
      (g, x) => {
        const largest = g.node('ReduceMax', [x], { attributes: over(1), version: 13 });
        const e = g.node('Exp', [g.node('Sub', [x, largest])]);
        return mul(g, e, g.node('Reciprocal', [g.node('ReduceSum', [e, g.ints(1)])]));
      },
    ],
    'logarithm of a softmax': [
      ['LogSoftmax'],
      (g, x) => g.node('Log', [g.node('Softmax', [x], { attributes: { axis: attr.int(-1) } })]),
    ],
    'log-softmax': [
      ['LogSoftmax'],
      (g, x) => {
        const d = g.node('Sub', [x, g.node('ReduceMax', [x], { attributes: over(-1), version: 13 })]);
        return g.node('Sub', [d, g.node('Log', [g.node('ReduceSum', [g.node('Exp', [d]), g.ints(-1)])])]);
      },
    ],
    'log-softmax by the logarithm of the sum': [
      ['LogSoftmax'],
      (g, x) => g.node('Sub', [x, g.node('ReduceLogSumExp', [x], { attributes: over(-1), version: 13 })]),
    ],
  };
  test.each(Object.entries(spellings))('%s', (label, [ops, write]) => {
    expect(stepsOf(label, [2, 6, 5, 40], write)).toEqual(ops);
  });

  test('another variance is no LayerNorm', () => {
    const unbiased: Write = (g, x) => {
      const d = centred(g, x, -1);
      return g.node('Div', [d, root(g, times(g, mean(g, square(g, d), -1), 40 / 39))]);
    };
    expect(stepsOf('unbiased', [2, 6, 5, 40], unbiased)).not.toContain('LayerNormalization');
  });
});

describe('what nobody can see on a few numbers is not taken for nothing', () => {
  const softmax: Write = (g, x) => g.node('Softmax', [x], { attributes: { axis: attr.int(-1) } });
  const norm = (g: TestGraph, x: ValueId, variance: (v: ValueId) => ValueId): ValueId => {
    const over = { attributes: { axes: attr.ints([-1]), keepdims: attr.int(1) }, version: 13 };
    const d = g.node('Sub', [x, g.node('ReduceMean', [x], over)]);
    return g.node('Div', [d, g.node('Sqrt', [variance(g.node('ReduceMean', [mul(g, d, d)], over))])]);
  };
  const lines: Readonly<Record<string, Write>> = {
    'a bound below probabilities, then a logarithm': (g, x) =>
      g.node('Log', [g.node('Max', [softmax(g, x), g.number(1e-7)])]),
    'a little more than probabilities, then a logarithm': (g, x) =>
      g.node('Log', [add(g, softmax(g, x), 1e-9)]),
    'a little more than gates, then a logarithm': (g, x) =>
      g.node('Log', [add(g, g.node('Reciprocal', [add(g, g.node('Exp', [g.node('Neg', [x])]), 1)]), 1e-6)]),
    'a variance with an upper bound': (g, x) =>
      norm(g, x, v => g.node('Min', [add(g, v, 1e-5), g.number(100)])),
    'a variance with a lower bound': (g, x) => norm(g, x, v => g.node('Max', [v, g.number(1e-6)])),
    'bounds of a normalised line': (g, x) =>
      g.node('Clip', [norm(g, x, v => add(g, v, 1e-5)), g.number(-5), g.number(5)]),
    'SiLU with a far bound': (g, x) => {
      const silu = mul(g, x, g.node('Sigmoid', [x]));
      return g.node('Div', [g.node('Min', [times(g, silu, 0.01), g.number(1)]), g.number(0.01)]);
    },
  };
  // A row of zeros, and rows of small and large numbers with one that stands out.
  const element = (i: number): number =>
    (i % 40 === 7 ? 1e3 : Math.sin(i)) * ([0, 1e-3, 1, 1e3][Math.floor(i / 40)] ?? 0);
  const spread = tensorOf(
    'float32',
    [4, 40],
    Array.from({ length: 160 }, (_, i) => element(i)),
  );
  test.each(Object.entries(lines))('%s', (label, write) => {
    const graph = new TestGraph();
    graph.output(write(graph, graph.input('x', 'float32', [4, 40])));
    expectCompiled(inferred(graph), [spread], label, within(1e-4));
  });
});

test('a function that differs from a known one far away only is not taken for it', () => {
  const far = stepsOf('far', [6], (graph, x) =>
    graph.node('Where', [graph.node('Less', [x, graph.number(8_388_608)]), x, graph.number(-5)]),
  );
  expect(far).not.toContain('LeakyRelu');
});
