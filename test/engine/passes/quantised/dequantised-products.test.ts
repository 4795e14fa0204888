// Models between DequantizeLinear and QuantizeLinear: products run on integers, what only moves elements moves stored
// ones, no activation is stored as a float, and results are those of the float model, one step off at most.

import { describe, expect, it } from 'vitest';
import { attr, valueOf } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Dtype, Graph, Shape, Tensor, ValueId } from '../../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { type Compiled, compile } from '../../../../engine/pipeline.ts';
import { inferred, noFiles } from '../../../support/build-graph.ts';
import { expectCompiled } from '../../../support/expect-compiled.ts';
import { RandomCase } from '../../../support/random-case.ts';

/** A model that is written as exporters do: every operator between dequantisation and quantisation. */
class Model extends RandomCase {
  /** Stored numbers with parameters of their own. */
  parameterised(dtype: Dtype, shape: Shape) {
    const [scale, zero] = [this.scales(), this.constant(dtype, [])];
    return { value: this.input(dtype, shape), scale, zero };
  }

  real({ value, scale, zero }: ReturnType<Model['parameterised']>): ValueId {
    return this.graph.node('DequantizeLinear', [value, scale, zero]);
  }

  /** Constant weights, one scale for each place of the axis or one for all. */
  weights(shape: Shape, axis: number): ValueId {
    const dtype = this.stored();
    const along = this.one([], [shape[axis] ?? 1]);
    const inputs = [this.constant(dtype, shape), this.scales(along), this.constant(dtype, along)];
    return this.graph.node('DequantizeLinear', inputs, { attributes: { axis: attr.int(axis) } });
  }

  bias(count: number): ValueId | undefined {
    if (this.one(true, false)) return undefined;
    const inputs = [this.constant('int32', [count]), this.scales([count], 0.02)];
    return this.graph.node('DequantizeLinear', inputs, { attributes: { axis: attr.int(0) } });
  }

  activation(x: ValueId): ValueId {
    const { graph } = this;
    const bounds = [-40, 35].map(number => graph.constant('bound', tensorOf('float32', [], [number])));
    const alpha = { attributes: { alpha: attr.float(0.2) } };
    return this.one(
      () => x,
      () => graph.node('Relu', [x]),
      () => graph.node('Clip', [x, ...bounds]),
      () => graph.node('LeakyRelu', [x], alpha),
    )();
  }

  quantised(x: ValueId, size: number, dtype = this.stored()) {
    const [scale, zero] = [this.scales([], size), this.constant(dtype, [])];
    return { value: this.graph.node('QuantizeLinear', [x, scale, zero]), scale, zero };
  }
}

type Make = (m: Model) => readonly ValueId[];

function convolved(m: Model, groups: number, ins: number, outs: number): ValueId {
  const k = m.one(1, 3);
  const x = m.parameterised(m.stored(), [m.whole(1, 2), ins, m.whole(4, 9), m.whole(4, 9)]);
  const attributes = {
    group: attr.int(groups),
    pads: attr.ints([k >> 1, 0, 0, k >> 1]),
    strides: attr.ints([m.whole(1, 2), m.whole(1, 2)]),
    kernel_shape: attr.ints([k, k]),
  };
  const inputs = [m.real(x), m.weights([outs, ins / groups, k, k], 0), m.bias(outs)];
  return m.quantised(m.activation(m.graph.node('Conv', inputs, { attributes })), 200).value;
}

const PRODUCTS: Readonly<Record<string, Make>> = {
  Conv: m => [convolved(m, 1, m.whole(1, 9), m.whole(9, 20))],
  'Conv in groups': m => [convolved(m, 2, 6, 20)],
  Gemm: m => {
    const [rows, n, k] = [m.whole(1, 9), m.whole(9, 20), m.whole(1, 40)];
    const turned = m.one(0, 1);
    const weights = turned ? m.weights([n, k], 0) : m.weights([k, n], 1);
    const attributes = { transB: attr.int(turned) };
    const x = m.real(m.parameterised(m.stored(), [rows, k]));
    const product = m.graph.node('Gemm', [x, weights, m.bias(n)], { attributes });
    return [m.quantised(m.activation(product), 200).value];
  },
  MatMul: m => {
    const [n, k] = [m.whole(9, 20), m.whole(1, 40)];
    const x = m.real(m.parameterised(m.stored(), [2, m.whole(1, 9), k]));
    return [m.quantised(m.activation(m.graph.node('MatMul', [x, m.weights([k, n], 1)])), 200).value];
  },
  'MatMul with transposed weights': m => {
    const [n, k] = [m.whole(9, 20), m.whole(1, 40)];
    const x = m.real(m.parameterised(m.stored(), [m.whole(1, 9), k]));
    const turned = m.graph.node('Transpose', [m.weights([n, k], 0)]);
    return [m.quantised(m.graph.node('MatMul', [x, turned]), 200).value];
  },
};

const OTHERS: Readonly<Record<string, Make>> = {
  'depthwise Conv': m => [convolved(m, 8, 8, 8)],
  'a residual block': m => {
    const { graph } = m;
    const x = m.parameterised('uint8', [1, 16, 5, 6]);
    const first = m.quantised(
      graph.node('Relu', [graph.node('Conv', [m.real(x), m.weights([16, 16, 1, 1], 0)])]),
      60,
    );
    const second = m.quantised(graph.node('Conv', [m.real(first), m.weights([16, 16, 1, 1], 0)]), 3000);
    return [m.quantised(graph.node('Add', [m.real(second), m.real(x)]), 3000).value];
  },
  'one input of three products': m => {
    const x = m.real(m.parameterised('uint8', [1, 7, 24]));
    return [0, 1, 2].map(() => m.quantised(m.graph.node('MatMul', [x, m.weights([24, 16], 1)]), 200).value);
  },
  pools: m => {
    const { graph } = m;
    const x = m.real(m.parameterised(m.stored(), [1, m.whole(1, 9), 8, 7]));
    const window = { kernel_shape: attr.ints([3, 3]), pads: attr.ints([1, 1, 1, 1]) };
    return ['AveragePool', 'GlobalAveragePool'].map(
      op => m.quantised(graph.node(op, [x], op === 'AveragePool' ? { attributes: window } : {}), 1).value,
    );
  },
  'a table of values': m => {
    const x = m.real(m.parameterised(m.stored(), [3, 19]));
    return [m.quantised(m.graph.node('Sigmoid', [x]), 0.3).value];
  },
};

/** One step of what is stored. */
const allowed = ({ dtype }: Tensor, wanted: number): number =>
  dtype === 'float32' ? 1e-4 + 1e-4 * Math.abs(wanted) : 1;

function build(make: Make, seed: number): { readonly graph: Graph; readonly inputs: readonly Tensor[] } {
  const model = new Model(seed);
  for (const id of make(model)) model.graph.output(id);
  return { graph: inferred(model.graph), inputs: model.inputs };
}

const compiled = (graph: Graph, options = {}): Compiled =>
  compile(graph, { ...DEFAULT_OPTIONS, ...options }, { read: noFiles, clock: () => 0 });

const SEEDS = Array.from({ length: 10 }, (_, i) => i + 1);

describe('computes what the float operators do', () => {
  it.each(Object.entries({ ...PRODUCTS, ...OTHERS }))('%s', (name, make) => {
    for (const seed of SEEDS) {
      const { graph, inputs } = build(make, seed);
      expectCompiled(graph, inputs, `${name}, seed ${seed}`, allowed);
    }
  });
});

describe('on integers', () => {
  it.each(Object.entries(PRODUCTS))('%s', (_, make) => {
    for (const seed of SEEDS) {
      const { graph } = compiled(build(make, seed).graph);
      const products = graph.nodes.filter(({ op }) => ['Conv', 'Gemm', 'MatMul'].includes(op));
      expect(products.map(({ attributes }) => attributes.integers)).toEqual([attr.int(1)]);
    }
  });
});

describe('stored as integers', () => {
  const floats = ({ program, graph }: Compiled): string[] =>
    program.steps
      .flatMap(step => step.writes)
      .flatMap(id => {
        const { name, dtype } = valueOf(graph, id);
        return dtype === 'float32' ? [name] : [];
      });

  it.each(Object.entries({ ...PRODUCTS, ...OTHERS }))('%s', (_, make) => {
    for (const seed of SEEDS) expect(floats(compiled(build(make, seed).graph))).toEqual([]);
  });

  it('a residual block is two kernels', () => {
    const { program } = compiled(build(OTHERS['a residual block'] as Make, 1).graph);
    expect(program.steps.map(({ op }) => op)).toEqual(['Conv', 'Conv']);
  });
});

describe('movement between dequantisation and quantisation', () => {
  it('moves stored numbers, and cancels what surrounds it', () => {
    const m = new Model(1);
    const { graph } = m;
    const x = m.parameterised('uint8', [1, 4, 6, 6]);
    const again = (value: ValueId) => {
      const stored = graph.node('QuantizeLinear', [value, x.scale, x.zero]);
      return graph.node('DequantizeLinear', [stored, x.scale, x.zero]);
    };
    const window = { attributes: { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) } };
    const pooled = again(graph.node('MaxPool', [m.real(x)], window));
    const turned = again(
      graph.node('Transpose', [pooled], { attributes: { perm: attr.ints([0, 2, 3, 1]) } }),
    );
    const back = graph.node('Transpose', [turned], { attributes: { perm: attr.ints([0, 3, 1, 2]) } });
    const scales = graph.constant('scales', tensorOf('float32', [4], [1, 1, 2, 2]));
    const larger = graph.node('Resize', [back, undefined, scales], {
      attributes: {
        mode: attr.string('nearest'),
        coordinate_transformation_mode: attr.string('asymmetric'),
        nearest_mode: attr.string('floor'),
      },
    });
    graph.output(graph.node('QuantizeLinear', [larger, x.scale, x.zero]));
    const joined = graph.node('Concat', [turned, turned], { attributes: { axis: attr.int(1) } });
    graph.output(graph.node('QuantizeLinear', [joined, x.scale, x.zero]));
    const given = inferred(graph);
    expectCompiled(given, m.inputs, 'movement', () => 0);
    const final = compiled(given, { fusion: false }).graph;
    const ops = final.nodes.map(({ op }) => op);
    expect(ops).not.toContain('Mul');
    expect(ops).not.toContain('Round');
    const transpose = final.nodes.find(({ op }) => op === 'Transpose');
    expect(valueOf(final, transpose?.inputs[0] ?? (-1 as ValueId)).dtype).toBe('uint8');
  });

  it('numbers of other parameters are quantised anew', () => {
    const m = new Model(2);
    const { graph } = m;
    const reshaped = graph.node('Reshape', [
      m.real(m.parameterised('uint8', [6, 4])),
      graph.constant('s', tensorOf('int64', [1], [24])),
    ]);
    graph.output(m.quantised(reshaped, 1, 'uint8').value);
    expectCompiled(inferred(graph), m.inputs, 'requantised', () => 1);
  });
});
