// Generated code of a small model of each kind, as text: convolutional, transformer, recurrent, quantised. After an
// intended change: UPDATE_GOLDEN=1 npm test, and read the difference.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { disassemble } from '../../../engine/codegen/wasm/disassemble.ts';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { ValueId } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';

/** Convolution of one pixel, a residual and an activation: one kernel. */
function convolutional(): TestGraph {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 4, 1, 1]);
  const conv = graph.node('Conv', [x, graph.weight([4, 4, 1, 1]), graph.weight([4])]);
  graph.output(graph.node('Relu', [graph.node('Add', [conv, x])]));
  return graph;
}

/** Attention of one head over three tokens with a mask: one kernel. */
function transformer(): TestGraph {
  const graph = new TestGraph();
  const [q, v] = ['q', 'v'].map(name => graph.input(name, 'float32', [3, 4])) as [ValueId, ValueId];
  const k = graph.input('k', 'float32', [4, 3]);
  const mask = graph.input('mask', 'float32', [3]);
  const scores = graph.node('Add', [graph.node('MatMul', [q, k]), mask]);
  const weights = graph.node('Softmax', [scores], { attributes: { axis: attr.int(-1) } });
  graph.output(graph.node('MatMul', [weights, v]));
  return graph;
}

/** A recurrent layer of two hidden elements over three steps. */
function recurrent(): TestGraph {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [3, 1, 2]);
  const attributes = { hidden_size: attr.int(2) };
  graph.output(graph.node('RNN', [x, graph.weight([1, 2, 2]), graph.weight([1, 2, 2])], { attributes }));
  return graph;
}

/** Bytes in, dequantised, rectified and quantised again. */
function quantised(): TestGraph {
  const graph = new TestGraph();
  const x = graph.input('x', 'uint8', [2, 5]);
  const zero = graph.constant('zero', tensorOf('uint8', [], [128]));
  const float = graph.node('DequantizeLinear', [x, graph.number(0.1), zero]);
  graph.output(graph.node('QuantizeLinear', [graph.node('Relu', [float]), graph.number(0.05), zero]));
  return graph;
}

const MODELS = { convolutional, transformer, recurrent, quantised };

test.each(Object.entries(MODELS))('%s', (name, build) => {
  const options = { ...DEFAULT_OPTIONS, simd: '128', threads: 1, layout: 'nhwc' } as const;
  const { program } = compile(inferred(build()), options, { read: noFiles, clock: () => 0 });
  const file = fileURLToPath(new URL(`../../golden/${name}.128.txt`, import.meta.url));
  const text = disassemble(program.module);
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});
