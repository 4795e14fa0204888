import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { readFromMemory } from '../../../engine/ir/constants/constant.ts';
import { consumersOf, findValue, valueOf } from '../../../engine/ir/graph.ts';
import { elementCount, tensorBytes } from '../../../engine/ir/tensor.ts';
import type { Model, Shape } from '../../../engine/ir/types.ts';
import { importOnnx } from '../../../engine/onnx/import.ts';
import { writeOnnx } from '../../../engine/onnx/write.ts';
import { SAMPLES } from '../../../engine/samples/index.ts';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

function build(name: string): Model {
  const sample = SAMPLES.find(entry => entry.name === name);
  if (!sample) throw new Error(`no sample ${name}`);
  return sample.build();
}

/** Trained parameters: float weights without scalars, masks and BatchNormalization's running statistics. */
function parameters({ graph }: Model): number {
  const others = new Set(
    graph.nodes.flatMap(node => (node.op === 'BatchNormalization' ? node.inputs.slice(3) : [])),
  );
  let count = 0;
  for (const value of graph.values) {
    if (!value?.constant || value.dtype !== 'float32' || value.shape?.length === 0) continue;
    if (value.name !== 'causal_mask' && !others.has(value.id)) count += elementCount(value.shape ?? []);
  }
  return count;
}

const ops = ({ graph }: Model, op: string): number => graph.nodes.filter(node => node.op === op).length;

// The counts are the published ones; the decoder's is its own arithmetic.
describe('architectures', () => {
  it.each([
    ['mobilenet-v1', 4_231_976],
    ['mobilenet-v2', 3_504_872],
    ['resnet-50', 25_557_032],
    ['u-net', 7_763_041],
    ['bert-encoder', 22_713_216],
    // Vocabulary and positions, six layers, the norm at the end, the head.
    ['relu-decoder', 8192 * 512 + 128 * 512 + 6 * (12 * 512 * 512 + 13 * 512) + 2 * 512 + 512 * 8192],
  ])('%s has %d parameters', (name, count) => {
    expect(parameters(build(name))).toBe(count);
  });

  it('have the layers of their papers', () => {
    expect(ops(build('mobilenet-v1'), 'Conv')).toBe(27);
    expect(ops(build('mobilenet-v2'), 'Conv')).toBe(52);
    expect(ops(build('resnet-50'), 'Conv')).toBe(53);
    expect(ops(build('resnet-50'), 'BatchNormalization')).toBe(53);
    expect(ops(build('u-net'), 'ConvTranspose')).toBe(4);
    expect(ops(build('bert-encoder'), 'Erf')).toBe(6);
    expect(ops(build('relu-decoder'), 'Softmax')).toBe(6);
  });
});

it('six tensors are of 100 bytes each and have the readers of the example', () => {
  const { graph } = build('six-tensors');
  expect(graph.nodes.map(node => node.name)).toEqual(['1', '2', '4', '3', '5']);
  const readers = Object.fromEntries(
    graph.values.map(value => [value?.name, value && consumersOf(graph, value.id).map(node => node.name)]),
  );
  expect(readers).toEqual({ A: ['1'], B: ['2'], C: ['4', '3'], D: ['5'], E: ['5'], F: [] });
  expect(tensorBytes('float32', findValue(graph, 'A')?.shape ?? [])).toBe(100);
  expect(graph.inputs.map(id => valueOf(graph, id).name)).toEqual(['A']);
  expect(graph.outputs.map(id => valueOf(graph, id).name)).toEqual(['F']);
});

/** Inputs every sample accepts: floats evenly in [−1, 1], token ids and masks of 0 and 1. */
function feedFor(name: string, dtype: string, shape: Shape): ort.Tensor {
  const count = elementCount(shape);
  if (dtype === 'int64') {
    const ids = BigInt64Array.from({ length: count }, (_, i) => BigInt(name === 'attention_mask' || i % 2));
    return new ort.Tensor('int64', ids, [...shape]);
  }
  const data = Float32Array.from({ length: count }, (_, i) => 2 * ((i * 0.618034) % 1) - 1);
  return new ort.Tensor('float32', data, [...shape]);
}

const OUTPUT_SHAPES: Readonly<Record<string, readonly Shape[]>> = {
  'six-tensors': [[25]],
  'mobilenet-v1': [[1, 1000]],
  'mobilenet-v2': [[1, 1000]],
  'resnet-50': [[1, 1000]],
  'u-net': [[1, 1, 256, 256]],
  'bert-encoder': [
    [1, 128, 384],
    [1, 384],
  ],
  'relu-decoder': [[1, 128, 8192]],
};

describe('another runtime accepts them', () => {
  it.each(SAMPLES.map(sample => sample.name))('%s: finite outputs of order 1', async name => {
    const model = build(name);
    const { graph } = model;
    const session = await ort.InferenceSession.create(writeOnnx(model));
    const feeds = graph.inputs.map(id => {
      const value = valueOf(graph, id);
      return [value.name, feedFor(value.name, value.dtype ?? '', value.shape ?? [])] as const;
    });
    const results = await session.run(Object.fromEntries(feeds));
    const outputs = graph.outputs.map(id => results[valueOf(graph, id).name]);
    expect(outputs.map(output => output?.dims)).toEqual(OUTPUT_SHAPES[name]);
    for (const output of outputs) {
      const data = output?.data as Float32Array;
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const distinct = new Set(data.subarray(0, 1000)).size;
      expect(largest).toBeLessThan(100);
      expect(largest).toBeGreaterThan(1e-4);
      expect(distinct).toBeGreaterThan(Math.min(900, data.length / 3));
    }
    await session.release();
  });
});

it('a sample is the same every time, and as an ONNX file', () => {
  const model = build('mobilenet-v2');
  const bytes = writeOnnx(model);
  expect(writeOnnx(build('mobilenet-v2'))).toEqual(bytes);
  const again = importOnnx({ path: 'm.onnx', size: bytes.length }, readFromMemory({ 'm.onnx': bytes }));
  expect(again.diagnostics).toEqual([]);
  expect(again.graph.nodes.map(node => [node.name, node.op])).toEqual(
    model.graph.nodes.map(node => [node.name, node.op]),
  );
});
