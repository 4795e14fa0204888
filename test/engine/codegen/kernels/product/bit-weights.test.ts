// Products of floats with weights of 4 and 8 bits: what the interpreter computes with the weights as floats, while
// memory holds them in the bits they have.

import { describe, expect, it } from 'vitest';
import { attr } from '../../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../../engine/ir/tensor.ts';
import type { Dtype, Graph, Shape, Tensor, ValueId } from '../../../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../../../engine/options.ts';
import { compile } from '../../../../../engine/pipeline.ts';
import { seededRandom } from '../../../../../engine/random.ts';
import { inferred, noFiles, TestGraph } from '../../../../support/build-graph.ts';
import { expectCompiled } from '../../../../support/expect-compiled.ts';

/** Sizes and data of one case; K is rarely a multiple of a block, N never of a tile. */
class Draw {
  readonly graph = new TestGraph('bits');
  readonly k: number;
  readonly n: number;
  readonly rows: number;
  readonly block: number;
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.k = this.whole(130, 200);
    this.n = 8 * this.whole(17, 20) + this.whole(1, 7);
    this.rows = this.one(1, 1, this.whole(2, 30));
    this.block = this.one(16, 32, 64);
  }

  whole(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }

  one<T>(...list: readonly T[]): T {
    return list[this.whole(0, list.length - 1)] as T;
  }

  tensor(dtype: Dtype, shape: Shape, low: number, high: number): Tensor {
    const count = shape.reduce((a, b) => a * b, 1);
    const real = () => low + this.#random() * (high - low);
    return tensorOf(
      dtype,
      shape,
      Array.from({ length: count }, () => (dtype === 'float32' ? real() : this.whole(low, high))),
    );
  }

  constant(dtype: Dtype, shape: Shape, low: number, high: number) {
    return this.graph.constant('c', this.tensor(dtype, shape, low, high));
  }

  get input() {
    return this.graph.input('x', 'float32', [this.rows, this.k]);
  }
}

const CASES: Readonly<Record<string, (d: Draw, bits: 4 | 8) => void>> = {
  MatMulNBits: (d, bits) => {
    const { k, n, block } = d;
    const blocks = Math.ceil(k / block);
    const zeros = d.one<() => ValueId | undefined>(
      () => undefined,
      () => d.constant('uint8', [n * Math.ceil((blocks * bits) / 8)], 0, 255),
    )();
    const inputs = [
      d.input,
      d.constant('uint8', [n, blocks, (block * bits) / 8], 0, 255),
      d.constant('float32', [n * blocks], 0.01, 0.03),
      zeros,
      undefined,
      d.one<() => ValueId | undefined>(
        () => undefined,
        () => d.constant('float32', [n], -1, 1),
      )(),
    ];
    const attributes = {
      ...{ K: attr.int(k), N: attr.int(n) },
      ...{ bits: attr.int(bits), block_size: attr.int(block) },
    };
    d.graph.output(d.graph.node('com.microsoft.MatMulNBits', inputs, { attributes, version: 1 }));
  },
  'blocks of DequantizeLinear, transposed or not': (d, bits) => {
    const { n, block } = d;
    const k = Math.ceil(d.k / block) * block;
    const x = d.graph.input('x', 'float32', [d.rows, k]);
    const dtype = bits === 4 ? d.one<Dtype>('int4', 'uint4') : d.one<Dtype>('int8', 'uint8');
    const [low, high] = { int4: [-8, 7], uint4: [0, 15], int8: [-128, 127], uint8: [0, 255] }[
      dtype as 'int4'
    ] as [number, number];
    const turned = d.one(true, false);
    const [shape, parameters] = turned
      ? [
          [n, k],
          [n, k / block],
        ]
      : [
          [k, n],
          [k / block, n],
        ];
    const inputs = [
      d.constant(dtype, shape ?? [], low, high),
      d.constant('float32', parameters ?? [], 0.01, 0.03),
      d.one<() => ValueId | undefined>(
        () => undefined,
        () => d.constant(dtype, parameters ?? [], low, high),
      )(),
    ];
    const attributes = { axis: attr.int(turned ? 1 : 0), block_size: attr.int(block) };
    const weights = d.graph.node('DequantizeLinear', inputs, { attributes });
    const right = turned ? d.graph.node('Transpose', [weights]) : weights;
    d.graph.output(d.graph.node('Relu', [d.graph.node('MatMul', [x, right])]));
  },
  'a scale per column': (d, bits) => {
    const { k, n } = d;
    const dtype = bits === 4 ? 'int4' : 'int8';
    const inputs = [
      d.constant(dtype, [n, k], bits === 4 ? -8 : -128, bits === 4 ? 7 : 127),
      d.constant('float32', [n], 0.01, 0.03),
    ];
    const weights = d.graph.node('DequantizeLinear', inputs, { attributes: { axis: attr.int(0) } });
    const bias = d.constant('float32', [n], -1, 1);
    const attributes = { transB: attr.int(1) };
    d.graph.output(d.graph.node('Gemm', [d.input, weights, bias], { attributes }));
  },
};

const allowed = (_: Tensor, wanted: number): number => 2e-3 + 1e-4 * Math.abs(wanted);

const weightsBytes = (graph: Graph): number =>
  compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 }).program.weightsBytes;

describe.each([4, 8] as const)('%i bits', bits => {
  it.each(Object.entries(CASES))('%s', (name, make) => {
    for (let seed = 1; seed <= 8; seed++) {
      const draw = new Draw(seed);
      make(draw, bits);
      const graph = inferred(draw.graph);
      const inputs = graph.inputs.map(id => draw.tensor('float32', graph.values[id]?.shape ?? [], -1, 1));
      expectCompiled(graph, inputs, `${name}, seed ${seed}`, allowed);
      // Columns are padded to whole tiles, and blocks of 16 have a scale and a zero point.
      const most =
        1.15 * draw.k * draw.n * (bits / 8 + (name === 'a scale per column' ? 0.1 : 8 / draw.block));
      expect(weightsBytes(graph), `${name}, seed ${seed}`).toBeLessThan(most + 64 * draw.n);
    }
  });
});
