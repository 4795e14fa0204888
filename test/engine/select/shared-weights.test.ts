// A weight that is used in several ways is stored once, and every use reads it right.

import { describe, expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { elementCount, tensorOf } from '../../../engine/ir/tensor.ts';
import type { Tensor, ValueId } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS, SIMD_CLASSES } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { evaluateGraph } from '../../../engine/reference/interpreter.ts';
import { compareTensors } from '../../../engine/report/conformance.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { runProgram } from '../../support/run-program.ts';

/** Bytes that segments of the weights are rounded up by, and constants that are no weights. */
const BESIDE = 2048;

/** Compiles what `build` makes, and compares its outputs with the interpreter's; the bytes of its weights. */
function weightBytes(build: (graph: TestGraph) => void, simd: (typeof SIMD_CLASSES)[number] = '256'): number {
  const builder = new TestGraph('shared', { version: 17 });
  build(builder);
  const graph = inferred(builder);
  const inputs = graph.inputs.map((id, index): Tensor => {
    const { dtype, shape = [] } = graph.values[id] ?? {};
    const places = Array.from({ length: elementCount(shape) }, (_, i) => (i * 37) % 150);
    return dtype === 'int64' ? tensorOf('int64', shape, places) : randomTensor(shape, index + 50);
  });
  const options = { ...DEFAULT_OPTIONS, simd, threads: 1 };
  const { program } = compile(graph, options, { read: noFiles, clock: () => 0 });
  const expected = evaluateGraph(
    graph,
    new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor])),
    noFiles,
  );
  for (const [index, tensor] of runProgram(program, inputs).entries()) {
    const other = expected.get(graph.outputs[index] as ValueId) as Tensor;
    expect(compareTensors(tensor, other), `output ${index}`).toBeUndefined();
  }
  return program.weightsBytes;
}

const rows = (graph: TestGraph, table: ValueId, axis = 0): ValueId =>
  graph.node('Gather', [table, graph.input('places', 'int64', [2, 9])], {
    attributes: { axis: attr.int(axis) },
  });

const transposed = (graph: TestGraph, matrix: ValueId): ValueId =>
  graph.node('Transpose', [matrix], { attributes: { perm: attr.ints([1, 0]) } });

const product = (graph: TestGraph, name: string, terms: number, matrix: ValueId): ValueId =>
  graph.node('MatMul', [graph.input(name, 'float32', [5, terms]), matrix]);

describe.each(SIMD_CLASSES)('a table of embeddings that scores are computed with, %s', simd => {
  test.each([
    [160, 72],
    [150, 67],
    [1200, 90],
  ])('%d rows of %d, transposed', (count, width) => {
    const bytes = weightBytes(graph => {
      const table = graph.weight([count, width]);
      graph.output(rows(graph, table));
      graph.output(product(graph, 'x', width, transposed(graph, table)));
    }, simd);
    expect(bytes).toBeLessThanOrEqual(Math.ceil(count / 32) * 32 * width * 4 + BESIDE);
  });

  test('as it is, and its columns picked', () => {
    const bytes = weightBytes(graph => {
      const table = graph.weight([160, 192]);
      graph.output(rows(graph, table));
      graph.output(product(graph, 'x', 160, table));
    }, simd);
    expect(bytes).toBeLessThanOrEqual(160 * 192 * 4 + BESIDE);
    const columns = weightBytes(graph => {
      const table = graph.weight([64, 192]);
      graph.output(rows(graph, table, 1));
      graph.output(product(graph, 'x', 64, table));
    }, simd);
    expect(columns).toBeLessThanOrEqual(64 * 192 * 4 + BESIDE);
  });
});

test('one index, a product of few rows and one of many', () => {
  const bytes = weightBytes(graph => {
    const table = graph.weight([160, 64]);
    graph.output(graph.node('Gather', [table, graph.input('place', 'int64', [])]));
    const turned = transposed(graph, table);
    for (const count of [1, 3, 40]) {
      graph.output(graph.node('MatMul', [graph.input(`x${count}`, 'float32', [count, 64]), turned]));
    }
  });
  expect(bytes).toBeLessThanOrEqual(160 * 64 * 4 + BESIDE);
});

test('layers that share their weights, joined products and folded scales among them', () => {
  const width = 96;
  const layers = (count: number) => (graph: TestGraph) => {
    const [q, k, v, o] = [1, 2, 3, 4].map(() => graph.weight([width, width], 0.2));
    const [scale, bias, root] = [graph.weight([width]), graph.weight([width]), graph.number(3)];
    let x = graph.input('x', 'float32', [12, width]);
    for (let layer = 0; layer < count; layer++) {
      const [a, b, c] = [q, k, v].map(weights => graph.node('MatMul', [x, weights]));
      const scores = graph.node('Div', [graph.node('MatMul', [a, transposed(graph, b as ValueId)]), root]);
      const mixed = graph.node('MatMul', [graph.node('Softmax', [scores]), c]);
      const sum = graph.node('Add', [x, graph.node('MatMul', [mixed, o])]);
      x = graph.node('LayerNormalization', [sum, scale, bias]);
    }
    graph.output(x);
  };
  expect(weightBytes(layers(4))).toBe(weightBytes(layers(1)));
});

test('heads of several sizes with one set of weights', () => {
  const bytes = weightBytes(graph => {
    const weights = graph.weight([48, 48, 3, 3], 0.1);
    for (const size of [40, 20, 9, 3]) {
      const image = graph.input(`x${size}`, 'float32', [1, 48, size, size]);
      const attributes = { pads: attr.ints([1, 1, 1, 1]) };
      graph.output(graph.node('Conv', [image, weights], { attributes }));
    }
  });
  // Of 3 × 3 taps, or of 6 × 6 products.
  expect([9, 36]).toContain(Math.round(bytes / (48 * 48 * 4)));
});

test('weights of convolutions of different strides are not transformed for one of them', () => {
  const bytes = weightBytes(graph => {
    const weights = graph.weight([64, 64, 3, 3], 0.1);
    const image = graph.input('x', 'float32', [1, 64, 40, 40]);
    graph.output(graph.node('Conv', [image, weights]));
    graph.output(graph.node('Conv', [image, weights], { attributes: { strides: attr.ints([2, 2]) } }));
  });
  expect(bytes).toBeLessThanOrEqual(64 * 64 * 9 * 4 + BESIDE);
});

test('equal weights under two names', () => {
  const bytes = weightBytes(graph => {
    const matrix = randomTensor([96, 256], 9);
    const copy = { ...matrix, data: Float32Array.from(matrix.data as Float32Array) };
    graph.output(product(graph, 'x', 96, graph.constant('a', matrix)));
    graph.output(product(graph, 'y', 96, graph.constant('b', copy)));
  });
  expect(bytes).toBeLessThanOrEqual(96 * 256 * 4 + BESIDE);
});

describe('weights that are not scaled alike by all that read them', () => {
  const size = 96 * 96 * 4;

  test('products, one of them scaled by channels', () => {
    const bytes = weightBytes(graph => {
      const matrix = graph.weight([96, 96]);
      const scaled = graph.node('Mul', [product(graph, 'x', 96, matrix), graph.weight([96])]);
      graph.output(graph.node('MatMul', [graph.node('Tanh', [scaled]), matrix]));
    });
    expect(bytes).toBeLessThanOrEqual(size + BESIDE);
  });

  test('a head on images of several sizes, normalised for each', () => {
    const bytes = weightBytes(graph => {
      const weights = graph.weight([96, 96, 1, 1], 0.1);
      for (const extent of [12, 6, 3]) {
        const image = graph.input(`x${extent}`, 'float32', [1, 96, extent, extent]);
        const parameters = [graph.weight([96]), graph.weight([96]), graph.weight([96])];
        const variance = graph.constant(
          `v${extent}`,
          tensorOf('float32', [96], new Array<number>(96).fill(2)),
        );
        const convolved = graph.node('Conv', [image, weights]);
        graph.output(graph.node('BatchNormalization', [convolved, ...parameters, variance]));
      }
    });
    expect(bytes).toBeLessThanOrEqual(size + 3 * BESIDE);
  });

  test('a table of embeddings with scores that are scaled', () => {
    const bytes = weightBytes(graph => {
      const table = graph.weight([160, 72]);
      graph.output(rows(graph, table));
      graph.output(graph.node('Mul', [product(graph, 'x', 72, transposed(graph, table)), graph.number(0.3)]));
    });
    expect(bytes).toBeLessThanOrEqual(160 * 72 * 4 + BESIDE);
  });

  test('scaled alike they are scaled once', () => {
    const builder = new TestGraph('alike', { version: 17 });
    const [matrix, scale] = [builder.weight([96, 96]), builder.weight([96])];
    for (const name of ['x', 'y'])
      builder.output(builder.node('Mul', [product(builder, name, 96, matrix), scale]));
    const { program } = compile(inferred(builder), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
    expect(program.weightsBytes).toBeLessThanOrEqual(size + BESIDE);
    expect(program.steps.map(({ fusedOps }) => fusedOps)).toEqual([['Gemm'], ['Gemm']]);
  });
});
