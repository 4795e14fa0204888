// Products of floats with weights of 4 and 8 bits: what the interpreter computes with the weights as floats, while
// memory holds them in the bits they have.

import { describe, expect, it } from 'vitest';
import { attr } from '../../../../../engine/ir/graph.ts';
import type { Dtype, Graph, Tensor, ValueId } from '../../../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../../../engine/options.ts';
import { compile } from '../../../../../engine/pipeline.ts';
import { inferred, noFiles } from '../../../../support/build-graph.ts';
import { expectCompiled } from '../../../../support/expect-compiled.ts';
import { RandomCase } from '../../../../support/random-case.ts';

const UNIT = [-1, 1] as const;
const SCALES = [0.01, 0.03] as const;

/** Sizes and data of one case; K is rarely a multiple of a block, N never of a tile. */
class Draw extends RandomCase {
  readonly k: number;
  readonly n: number;
  readonly rows: number;
  readonly block: number;

  constructor(seed: number) {
    super(seed);
    this.k = this.whole(130, 200);
    this.n = 8 * this.whole(17, 20) + this.whole(1, 7);
    this.rows = this.one(1, 1, this.whole(2, 30));
    this.block = this.one(16, 32, 64);
  }

  /** The rows that are multiplied. */
  get x(): ValueId {
    return this.input('float32', [this.rows, this.k], UNIT);
  }
}

const CASES: Readonly<Record<string, (d: Draw, bits: 4 | 8) => void>> = {
  MatMulNBits: (d, bits) => {
    const { k, n, block } = d;
    const blocks = Math.ceil(k / block);
    const zeros = d.one<() => ValueId | undefined>(
      () => undefined,
      () => d.constant('uint8', [n * Math.ceil((blocks * bits) / 8)]),
    )();
    const inputs = [
      d.x,
      d.constant('uint8', [n, blocks, (block * bits) / 8]),
      d.constant('float32', [n * blocks], SCALES),
      zeros,
      undefined,
      d.one<() => ValueId | undefined>(
        () => undefined,
        () => d.constant('float32', [n], UNIT),
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
    const x = d.input('float32', [d.rows, k], UNIT);
    const dtype = bits === 4 ? d.one<Dtype>('int4', 'uint4') : d.one<Dtype>('int8', 'uint8');
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
      d.constant(dtype, shape ?? []),
      d.constant('float32', parameters ?? [], SCALES),
      d.one<() => ValueId | undefined>(
        () => undefined,
        () => d.constant(dtype, parameters ?? []),
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
    const inputs = [d.constant(dtype, [n, k]), d.constant('float32', [n], SCALES)];
    const weights = d.graph.node('DequantizeLinear', inputs, { attributes: { axis: attr.int(0) } });
    const bias = d.constant('float32', [n], UNIT);
    const attributes = { transB: attr.int(1) };
    d.graph.output(d.graph.node('Gemm', [d.x, weights, bias], { attributes }));
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
      expectCompiled(graph, draw.inputs, `${name}, seed ${seed}`, allowed);
      // Columns are padded to whole tiles, and blocks of 16 have a scale and a zero point.
      const most =
        1.15 * draw.k * draw.n * (bits / 8 + (name === 'a scale per column' ? 0.1 : 8 / draw.block));
      expect(weightsBytes(graph), `${name}, seed ${seed}`).toBeLessThan(most + 64 * draw.n);
    }
  });
});
