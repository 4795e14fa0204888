// Quantised operators run on kernels alone, and store what the interpreter stores, one step off at most.

import { it } from 'vitest';
import { attr, type GraphBuilder } from '../../../../engine/ir/graph.ts';
import type { Tensor, ValueId } from '../../../../engine/ir/types.ts';
import { inferred } from '../../../support/build-graph.ts';
import { expectCompiled } from '../../../support/expect-compiled.ts';
import { RandomCase } from '../../../support/random-case.ts';

type Make = (d: RandomCase, g: GraphBuilder) => readonly (ValueId | undefined)[];

const CASES: Readonly<Record<string, Make>> = {
  QuantizeLinear: (d, g) => {
    const shape = [d.whole(1, 3), d.whole(1, 7), d.whole(1, 19)];
    const along = d.one([], [shape[1] ?? 1]);
    const type = d.stored();
    return [g.node('QuantizeLinear', [d.input('float32', shape), d.scales(along), d.constant(type, along)])];
  },
  DequantizeLinear: (d, g) => {
    const shape = [d.whole(1, 3), d.whole(1, 7), d.whole(1, 19)];
    const axis = d.one(0, 1, -1);
    const along = d.one([], [shape.at(axis) ?? 1]);
    const type = d.stored();
    const attributes = { axis: attr.int(axis) };
    const inputs = [d.input(type, shape), d.scales(along), d.one(undefined, d.constant(type, along))];
    return [g.node('DequantizeLinear', inputs, { attributes })];
  },
  QLinearConv: (d, g) => {
    const [groups, ins, outs] = d.one([1, d.whole(1, 9), d.whole(1, 20)], [2, 6, 8], [8, 8, 8]);
    const [x, w, y] = [d.stored(), d.stored(), d.stored()];
    const k = d.one(1, 3);
    const along = d.one([], [outs]);
    const inputs = [
      ...[d.input(x, [d.whole(1, 2), ins, d.whole(5, 9), d.whole(5, 9)]), d.scales(), d.constant(x, [])],
      ...[d.constant(w, [outs, ins / groups, k, k]), d.scales(along), d.constant(w, along)],
      ...[d.scales([], 200), d.constant(y, []), d.one(undefined, d.constant('int32', [outs]))],
    ];
    const attributes = {
      group: attr.int(groups),
      pads: attr.ints([k >> 1, 0, 0, k >> 1]),
      strides: attr.ints([d.whole(1, 2), d.whole(1, 2)]),
      kernel_shape: attr.ints([k, k]),
    };
    return [g.node('QLinearConv', inputs, { attributes })];
  },
  QLinearMatMul: (d, g) => {
    const [m, n, k] = [d.whole(1, 9), d.whole(1, 20), d.whole(1, 30)];
    const [a, b, y] = [d.stored(), d.stored(), d.stored()];
    const constant = d.one(true, false);
    const along = constant ? d.one([], [n]) : [];
    const right = constant ? d.constant(b, [k, n]) : d.input(b, [2, k, n]);
    const left = [d.input(a, [2, m, k]), d.scales(), d.constant(a, [])];
    const inputs = [...left, right, d.scales(along), d.constant(b, along), d.scales([], 200)];
    return [g.node('QLinearMatMul', [...inputs, d.constant(y, [])])];
  },
  MatMulInteger: (d, g) => {
    // So many terms that no float holds all of the sum, now and then.
    const [m, n, k] = [d.whole(1, 9), d.whole(1, 20), d.one(d.whole(1, 30), d.whole(200, 900))];
    const [a, b] = [d.stored(), d.stored()];
    const zeros = [
      d.one(undefined, d.constant(a, [])),
      d.one(undefined, d.constant(b, []), d.constant(b, [n])),
    ];
    return [g.node('MatMulInteger', [d.input(a, [m, k]), d.constant(b, [k, n]), ...zeros])];
  },
  ConvInteger: (d, g) => {
    // So many channels that no float holds all of the sum, now and then.
    const [ins, outs] = [d.one(d.whole(1, 5), d.whole(30, 70)), d.whole(1, 9)];
    const inputs = [d.input('uint8', [1, ins, 7, 8]), d.constant('uint8', [outs, ins, 3, 3])];
    const attributes = { pads: attr.ints([1, 1, 1, 1]) };
    return [g.node('ConvInteger', [...inputs, d.constant('uint8', [])], { attributes })];
  },
  DynamicQuantizeLinear: (d, g) => {
    const x = d.input('float32', [d.whole(1, 5), d.whole(1, 30)]);
    return g.nodes('DynamicQuantizeLinear', [x], { outputs: ['y', 'scale', 'zero'] });
  },
  'com.microsoft.QLinearAdd': binary('com.microsoft.QLinearAdd'),
  'com.microsoft.QLinearMul': binary('com.microsoft.QLinearMul'),
  'com.microsoft.QLinearSigmoid': unary('com.microsoft.QLinearSigmoid'),
  'com.microsoft.QLinearLeakyRelu': unary('com.microsoft.QLinearLeakyRelu'),
  'com.microsoft.QLinearGlobalAveragePool': unary('com.microsoft.QLinearGlobalAveragePool'),
  'com.microsoft.QLinearConcat': (d, g) => {
    const type = d.stored();
    const parts = Array.from({ length: d.whole(1, 3) }, () => [
      d.input(type, [2, d.whole(1, 5), 7]),
      d.scales(),
      d.constant(type, []),
    ]);
    const attributes = { axis: attr.int(1) };
    const inputs = [d.scales(), d.constant(type, []), ...parts.flat()];
    return [g.node('com.microsoft.QLinearConcat', inputs, { attributes })];
  },
  'com.microsoft.MatMulIntegerToFloat': (d, g) => {
    const [m, n, k] = [d.whole(1, 9), d.whole(1, 20), d.whole(1, 30)];
    const [a, b] = [d.stored(), d.stored()];
    const along = d.one([], [n]);
    const matrices = [d.input(a, [2, m, k]), d.constant(b, [k, n]), d.scales(), d.scales(along)];
    const inputs = [...matrices, d.constant(a, []), d.constant(b, along), d.constant('float32', [n])];
    return [g.node('com.microsoft.MatMulIntegerToFloat', inputs)];
  },
  'com.microsoft.DynamicQuantizeMatMul': (d, g) => {
    const [m, n, k] = [d.whole(1, 9), d.whole(1, 20), d.whole(1, 30)];
    const b = d.stored();
    const inputs = [d.input('float32', [m, k]), d.constant(b, [k, n]), d.scales(), d.constant(b, [])];
    return [g.node('com.microsoft.DynamicQuantizeMatMul', inputs)];
  },
  MaxPool: (d, g) => {
    const attributes = { kernel_shape: attr.ints([3, 3]), pads: attr.ints([1, 1, 1, 1]) };
    return [g.node('MaxPool', [d.input(d.stored(), [1, d.whole(1, 9), 8, 9])], { attributes })];
  },
};

function binary(op: string): Make {
  return (d, g) => {
    const type = d.stored();
    const shape = [d.whole(1, 3), d.whole(1, 5), d.whole(1, 17)];
    const left = [d.input(type, shape), d.scales(), d.constant(type, [])];
    const right = [
      d.input(type, d.one(shape, shape.slice(1), shape.slice(2))),
      d.scales(),
      d.constant(type, []),
    ];
    return [g.node(op, [...left, ...right, d.scales(), d.constant(type, [])])];
  };
}

function unary(op: string): Make {
  return (d, g) => {
    const type = d.stored();
    const x = d.input(type, [d.whole(1, 3), d.whole(1, 9), 5, 6]);
    return [g.node(op, [x, d.scales(), d.constant(type, []), d.scales(), d.constant(type, [])])];
  };
}

/** Integer sums are exact; what is stored may be one step off. */
const allowed = ({ dtype }: Tensor, wanted: number): number => {
  if (dtype === 'float32') return 1e-5 + 1e-5 * Math.abs(wanted);
  return dtype === 'int32' ? 0 : 1;
};

it.each(Object.entries(CASES))('%s', (op, make) => {
  for (let seed = 1; seed <= 12; seed++) {
    const draw = new RandomCase(seed);
    for (const id of make(draw, draw.graph)) if (id !== undefined) draw.graph.output(id);
    expectCompiled(inferred(draw.graph), draw.inputs, `${op} seed ${seed}`, allowed);
  }
});
