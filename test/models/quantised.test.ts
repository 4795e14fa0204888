// Whole models in every style of quantisation: a convolutional network with residuals and a gate, a transformer layer
// and a recurrent network, written as float models, quantised here, and run with fusion on and off. onnxruntime-web,
// given the same file, says what one quantisation step may be off.

import * as ort from 'onnxruntime-web';
import { describe, expect, test } from 'vitest';
import { attr } from '../../engine/ir/graph.ts';
import { numbersOf, tensorOf } from '../../engine/ir/tensor.ts';
import type { Dtype, Graph, Model, Tensor } from '../../engine/ir/types.ts';
import { writeOnnx } from '../../engine/onnx/write.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../engine/options.ts';
import { inferShapes } from '../../engine/passes/shapes/infer.ts';
import { compile } from '../../engine/pipeline.ts';
import { seededInputs } from '../../engine/runtime/seeded-inputs.ts';
import { Network } from '../../engine/samples/network.ts';
import { embedding, linear, normWeights, selfAttention } from '../../engine/samples/transformer.ts';
import { noFiles } from '../support/build-graph.ts';
import { QUANTISATION_STYLES, quantise } from '../support/quantise.ts';
import { runProgram } from '../support/run-program.ts';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

const SEED = 11;
const { int, ints } = attr;

function convolutional(): Model {
  const network = new Network('convolutional', { seed: 1, opset: 17 });
  let [at, channels] = [network.input('x', 'float32', [1, 3, 18, 20]), 3];
  const conv = (
    name: string,
    outs: number,
    kernel: number,
    options: { stride?: number; group?: number } = {},
  ) => {
    const { stride = 1, group = 1 } = options;
    const fanIn = (channels / group) * kernel * kernel;
    const weight = network.weight(`${name}.w`, [outs, channels / group, kernel, kernel], fanIn, 1.5);
    const inputs = [at, weight, network.spread(`${name}.b`, [outs], -0.2, 0.2)];
    const pad = kernel >> 1;
    const attributes = {
      pads: ints([pad, pad, pad, pad]),
      strides: ints([stride, stride]),
      group: int(group),
    };
    channels = outs;
    return network.op(name, 'Conv', inputs, { ...attributes, kernel_shape: ints([kernel, kernel]) });
  };
  at = network.op('relu0', 'Relu', [conv('conv0', 8, 3)]);
  for (const block of ['a', 'b']) {
    const before = at;
    at = network.op(`${block}.relu`, 'Relu', [conv(`${block}.conv`, 8, 3)]);
    at = conv(`${block}.depthwise`, 8, 3, { group: 8 });
    at = network.op(`${block}.add`, 'Add', [conv(`${block}.point`, 8, 1), before]);
    at = network.op(`${block}.leaky`, 'LeakyRelu', [at], { alpha: attr.float(0.1) });
  }
  const features = at;
  const mean = network.op('squeeze', 'GlobalAveragePool', [at]);
  at = mean;
  const gate = network.op('gate', 'Sigmoid', [conv('excite', 8, 1)]);
  const window = { kernel_shape: ints([2, 2]), strides: ints([2, 2]) };
  const largest = network.op('largest', 'MaxPool', [network.op('gated', 'Mul', [features, gate])], window);
  const average = network.op('average', 'AveragePool', [features], window);
  at = network.op('both', 'Concat', [largest, average], { axis: int(1) });
  channels = 16;
  at = network.op('down', 'GlobalAveragePool', [conv('last', 24, 3, { stride: 2 })]);
  at = network.op('flat', 'Flatten', [at], { axis: int(1) });
  return network.model([linear(network, 'classes', at, { from: 24, to: 10 })]);
}

function transformer(): Model {
  const network = new Network('transformer', { seed: 2, opset: 17 });
  const [tokens, width, heads] = [12, 32, 4];
  const ids = network.input('ids', 'int64', [1, tokens]);
  let x = embedding(network, 'words', ids, 40, width);
  const mask = network.floats('mask', [1, 1, 1, tokens], new Float32Array(tokens).fill(0));
  const norm = (name: string) =>
    network.op(name, 'LayerNormalization', [x, ...normWeights(network, name, width)], { axis: int(-1) });
  x = network.op('sum1', 'Add', [
    x,
    selfAttention(network, 'attention', norm('norm1'), { tokens, width, heads, mask, outputGain: 0.5 }),
  ]);
  const wide = network.op('relu', 'Relu', [linear(network, 'up', norm('norm2'), { from: width, to: 64 })]);
  x = network.op('sum2', 'Add', [x, linear(network, 'down', wide, { from: 64, to: width })]);
  return network.model([linear(network, 'head', x, { from: width, to: 20 })]);
}

function recurrent(): Model {
  const network = new Network('recurrent', { seed: 3, opset: 17 });
  const [steps, batch, ins, hidden] = [9, 2, 6, 8];
  const x = network.input('x', 'float32', [steps, batch, ins]);
  const weights = [
    network.weight('W', [1, 4 * hidden, ins], ins, 1),
    network.weight('R', [1, 4 * hidden, hidden], hidden, 1),
    network.spread('B', [1, 8 * hidden], -0.2, 0.2),
  ];
  const y = network.op('lstm', 'LSTM', [x, ...weights], { hidden_size: int(hidden) });
  const flat = network.op('flat', 'Reshape', [y, network.ints('shape', [steps, batch, hidden])]);
  return network.model([linear(network, 'head', flat, { from: hidden, to: 5 })]);
}

const MODELS = { convolutional, transformer, recurrent };

const VARIANTS: Readonly<Record<string, Partial<CompileOptions>>> = {
  'fusion off': { fusion: false },
  'fusion on': {},
  scalar: { simd: 'scalar', fma: false },
  wide: { simd: '256', threads: 2 },
};

function withShapes(model: Model): Graph {
  const { graph, diagnostics } = inferShapes(model, {}, noFiles);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return graph;
}

async function elsewhere(model: Model, inputs: readonly Tensor[]): Promise<Tensor[]> {
  const options = { graphOptimizationLevel: 'disabled' } as const;
  const session = await ort.InferenceSession.create(writeOnnx(model), options);
  try {
    const feeds = inputs.map(({ dtype, shape, data }, i): [string, ort.Tensor] => [
      session.inputNames[i] ?? '',
      new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape]),
    ]);
    const results = await session.run(Object.fromEntries(feeds));
    return session.outputNames.map(name => {
      const { type, dims, data } = results[name] as ort.Tensor;
      return { dtype: type as Dtype, shape: [...dims], data: data as Tensor['data'] };
    });
  } finally {
    await session.release();
  }
}

const furthest = (a: Tensor, b: Tensor): number => {
  const wanted = numbersOf(b);
  return Math.max(...Array.from(numbersOf(a), (x, i) => Math.abs(x - (wanted[i] ?? Number.NaN))));
};

describe.each(Object.entries(MODELS))('%s', (_, build) => {
  test.each(QUANTISATION_STYLES)('%s: one quantisation step from onnxruntime-web at most', async style => {
    const float = withShapes(build());
    const described = float.inputs.map(id => {
      const { name, dtype = 'float32', shape = [] } = float.values[id] ?? {};
      return { name: name ?? '', dtype, shape };
    });
    const inputs = seededInputs(described, SEED).map(tensor =>
      tensor.dtype === 'int64'
        ? tensorOf(
            'int64',
            tensor.shape,
            Array.from(tensor.data as BigInt64Array, (id, i) => (Math.abs(Number(id)) + 7 * i) % 40),
          )
        : tensor,
    );
    const { model, steps, exact } = quantise(float, inputs, style);
    const theirs = await elsewhere(model, inputs);
    const graph = withShapes(model);
    theirs.forEach((tensor, i) => {
      // Quantisation is what it should be: near the float model, and not the same.
      const step = steps[i] ?? 0;
      expect(furthest(tensor, exact[i] as Tensor)).toBeLessThan(24 * step);
      expect(furthest(tensor, exact[i] as Tensor)).toBeGreaterThan(0);
    });
    for (const [name, options] of Object.entries(VARIANTS)) {
      const { program } = compile(
        graph,
        { ...DEFAULT_OPTIONS, ...options },
        { read: noFiles, clock: () => 0 },
      );
      runProgram(program, inputs).forEach((tensor, i) => {
        expect(tensor.shape).toEqual(theirs[i]?.shape);
        const off = furthest(tensor, theirs[i] as Tensor) / (steps[i] ?? 1);
        expect(off, `${name}, output ${i}, in steps`).toBeLessThan(1.001);
      });
    }
  });
});
