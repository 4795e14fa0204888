// Quantised operators as arithmetic on real numbers that happen to be integers, which fuses and runs like any other:
// stored numbers less their zero point go through the float32 kernels, and results are rounded and stored again at
// the end. Sums of integers below 2^24 are exact in float32; beyond, the error stays far below one quantisation step.
// Runs behind the folding of scales, so that products of integers stay such.

import { floatAttribute, intAttribute, stringAttribute } from '../../ir/attributes.ts';
import { loadConstant } from '../../ir/constants/constant.ts';
import { attr, consumersOf } from '../../ir/graph.ts';
import { Patch } from '../../ir/patch.ts';
import { elementCount, tensorOf } from '../../ir/tensor.ts';
import type { Node, Shape, ValueId } from '../../ir/types.ts';
import type { Pass } from '../pass.ts';
import { DEQUANTISED_PRODUCTS } from './dequantised-products.ts';
import {
  dtypeOf,
  isKnown,
  isSingle,
  isStored,
  type Lowering,
  largestSum,
  product,
  rowTerms,
  windowTerms,
} from './integer-products.ts';
import { Quantising } from './quantising.ts';

export const lowerQuantised: Pass = {
  name: 'lower quantised operators',
  run: (graph, context) => {
    const patch = new Patch(graph);
    for (const node of graph.nodes) {
      const shaped = [...node.inputs, ...node.outputs].every(
        id => id === undefined || patch.get(id).shape !== undefined,
      );
      if (shaped && Object.hasOwn(LOWERINGS, node.op)) LOWERINGS[node.op]?.(node, patch, context);
    }
    return patch.build();
  },
};

/** One parameter, or one for each place of the tensor's axis; not one for each block. */
function isAlong(patch: Patch, node: Node): boolean {
  const [x, ...parameters] = node.inputs;
  const shape = x === undefined ? [] : (patch.get(x).shape ?? []);
  const axis = intAttribute(node, 'axis', 1);
  const extent = shape[axis < 0 ? axis + shape.length : axis];
  const matches = (id: ValueId | undefined) =>
    id === undefined || isSingle(patch, id) || elementCount(patch.get(id).shape ?? []) === extent;
  return intAttribute(node, 'block_size', 0) === 0 && parameters.every(matches);
}
const quantizeLinear: Lowering = (node, patch, context) => {
  const [x, scale, zero] = node.inputs;
  const plain = dtypeOf(patch, x) === 'float32' && dtypeOf(patch, scale) === 'float32';
  if (!plain || !isStored(patch, node.outputs[0]) || !isAlong(patch, node)) return;
  const q = new Quantising(patch, node, context);
  const axis = intAttribute(node, 'axis', 1);
  const scaled = q.apply('Div', q.input(0), q.aligned(q.input(1), q.shape(q.input(0)), axis));
  q.finish(q.stored(scaled, zero, q.outputDtype, axis));
};

const dequantizeLinear: Lowering = (node, patch, context) => {
  const [x, scale] = node.inputs;
  const numbers = isStored(patch, x) || dtypeOf(patch, x) === 'int32';
  const plain = dtypeOf(patch, scale) === 'float32' && dtypeOf(patch, node.outputs[0]) === 'float32';
  if (!plain || !numbers || !isAlong(patch, node) || isKnown(patch, x)) return;
  const q = new Quantising(patch, node, context);
  q.finish(q.real(q.quantised(0, intAttribute(node, 'axis', 1))));
};

/** scale a · scale b / scale y; known scales are one constant. */
function ratio(q: Quantising, a: ValueId, b: ValueId, y: ValueId, shape: Shape, axis: number): ValueId {
  const constants = [a, b, y].map(id => q.patch.get(id).constant);
  const [first, second, third] = constants.map(
    constant => constant && Array.from(loadConstant(constant, q.read).data, Number),
  );
  if (!first || !second || !third) {
    const product = q.apply('Mul', q.aligned(a, shape, axis), q.aligned(b, shape, axis));
    return q.apply('Div', product, q.aligned(y, shape, axis));
  }
  const numbers = second.map(scale => Math.fround(Math.fround((first[0] ?? 1) * scale) / (third[0] ?? 1)));
  const known = q.patch.constant(`${q.node.name}/ratio`, tensorOf('float32', [numbers.length], numbers));
  return q.aligned(known, shape, axis);
}

/** x, its scale and zero point, weights, theirs, the output's, bias. */
const qLinearConv: Lowering = (node, patch, context) => {
  const [x, xScale, xZero, w, , wZero, yScale, yZero, bias] = node.inputs;
  if (!isStored(patch, x, node.outputs[0]) || !isSingle(patch, xScale, xZero, yScale, yZero)) return;
  if (!isKnown(patch, w, wZero, bias)) return;
  const q = new Quantising(patch, node, context);
  const shape = patch.get(node.outputs[0] as ValueId).shape ?? [];
  const terms = bias === undefined ? [] : [q.float(bias)];
  const inputs = [q.centred(q.quantised(0)), q.centred(q.quantised(3)), ...terms];
  const integers = product(patch, x, w, windowTerms(patch, w));
  const sums = q.step('Conv', inputs, { shape }, { ...node.attributes, ...integers });
  const factor = ratio(q, q.input(1), q.input(4), q.input(6), shape, 1);
  q.finish(q.stored(q.apply('Mul', sums, factor), yZero, q.outputDtype));
};

const qLinearMatMul: Lowering = (node, patch, context) => {
  const [a, aScale, aZero, b, , , yScale, yZero] = node.inputs;
  if (!isStored(patch, a, b, node.outputs[0])) return;
  if (!isSingle(patch, aScale, aZero, yScale, yZero) || !columnParameters(patch, node, 3)) return;
  const q = new Quantising(patch, node, context);
  const shape = patch.get(node.outputs[0] as ValueId).shape ?? [];
  const inputs = [q.centred(q.quantised(0)), q.centred(q.quantised(3, -1))];
  const sums = q.step('MatMul', inputs, { shape }, product(patch, a, b, rowTerms(patch, a)));
  const factor = ratio(q, q.input(1), q.input(4), q.input(6), shape, -1);
  q.finish(q.stored(q.apply('Mul', sums, factor), yZero, q.outputDtype));
};

/** Scale and zero point of the second matrix belong to all of it, or to columns of a plain matrix. */
function columnParameters(patch: Patch, node: Node, index: number): boolean {
  const [matrix, ...parameters] = node.inputs.slice(index, index + 3);
  const shape = matrix === undefined ? [] : (patch.get(matrix).shape ?? []);
  return shape.length >= 2 && (shape.length === 2 || isSingle(patch, ...parameters));
}

/** Sums that are exact in float32, or that become float32 anyway. */
function sumsFit(patch: Patch, node: Node, terms: number): boolean {
  const [a, b] = [dtypeOf(patch, node.inputs[0]), dtypeOf(patch, node.inputs[1])];
  const [output] = node.outputs;
  if (!a || !b || output === undefined || !isStored(patch, ...node.inputs.slice(0, 2))) return false;
  if (largestSum(a, b, terms) <= 2 ** 24) return true;
  const readers = consumersOf(patch.graph, output);
  const casts = readers.every(
    reader => reader.op === 'Cast' && dtypeOf(patch, reader.outputs[0]) === 'float32',
  );
  return casts && !patch.graph.outputs.includes(output);
}

const matMulInteger: Lowering = (node, patch, context) => {
  const [a, b, aZero, bZero] = node.inputs;
  if (a === undefined || b === undefined || !isSingle(patch, aZero)) return;
  if (!isSingle(patch, bZero) && !isPerColumn(patch, b, bZero)) return;
  const terms = rowTerms(patch, a);
  const integers = product(patch, a, b, terms);
  const isMatrices = [a, b].every(id => (patch.get(id).shape?.length ?? 0) >= 2);
  const parts = sumsFit(patch, node, terms) ? [[0, terms] as const] : exactParts(patch, node, terms);
  if (parts.length === 0 || (parts.length > 1 && !isMatrices)) return;
  const q = new Quantising(patch, node, context);
  const shape = patch.get(node.outputs[0] as ValueId).shape ?? [];
  const left = q.centred({ stored: a, zero: aZero, axis: 0 });
  const right = q.centred({ stored: b, zero: bZero, axis: -1 });
  const sums = parts.map(([from, to]) => {
    const inputs = [q.part(left, -1, from, to), q.part(right, -2, from, to)];
    return q.cast(q.step('MatMul', inputs, { shape }, integers), 'int32');
  });
  q.finish(sums.reduce((sum, part) => q.step('Add', [sum, part], { shape, dtype: 'int32' })));
};

/** Whether a matrix has a zero point for each of its columns. */
const isPerColumn = (patch: Patch, matrix: ValueId, zero: ValueId | undefined): boolean =>
  zero !== undefined &&
  patch.get(zero).shape?.length === 1 &&
  patch.get(zero).shape?.[0] === patch.get(matrix).shape?.at(-1);

/** More parts would take longer than the sums one after the other. */
const MOST_PARTS = 64;

/**
 * An axis in parts whose sums are exact in float32, so many products for each place along it; none where there would
 * be too many.
 */
function exactParts(
  patch: Patch,
  node: Node,
  extent: number,
  products = 1,
): (readonly [from: number, to: number])[] {
  const [a, b] = [dtypeOf(patch, node.inputs[0]), dtypeOf(patch, node.inputs[1])];
  if (!a || !b || !isStored(patch, ...node.inputs.slice(0, 2))) return [];
  const exact = Math.floor(2 ** 24 / largestSum(a, b, products));
  const count = Math.ceil(extent / exact);
  if (exact === 0 || count > MOST_PARTS) return [];
  const even = Math.ceil(extent / count);
  return Array.from({ length: count }, (_, i) => [i * even, Math.min(extent, (i + 1) * even)] as const);
}

const convInteger: Lowering = (node, patch, context) => {
  const [x, w, xZero, wZero] = node.inputs;
  if (x === undefined || w === undefined || !isSingle(patch, xZero) || !isKnown(patch, w, wZero)) return;
  const terms = windowTerms(patch, w);
  const [, channels = 1] = patch.get(w).shape ?? [];
  const isWhole = sumsFit(patch, node, terms);
  const isGrouped = intAttribute(node, 'group', 1) !== 1;
  const parts = isWhole ? [[0, channels] as const] : exactParts(patch, node, channels, terms / channels);
  if (parts.length === 0 || (parts.length > 1 && isGrouped)) return;
  const q = new Quantising(patch, node, context);
  const shape = patch.get(node.outputs[0] as ValueId).shape ?? [];
  const image = q.centred({ stored: x, zero: xZero, axis: 0 });
  const weights = q.centred({ stored: w, zero: wZero, axis: 0 });
  const attributes = { ...node.attributes, ...product(patch, x, w, terms) };
  const sums = parts.map(([from, to]) => {
    const inputs = isWhole ? [image, weights] : [q.part(image, 1, from, to), q.part(weights, 1, from, to)];
    return q.cast(q.step('Conv', inputs, { shape }, attributes), 'int32');
  });
  q.finish(sums.reduce((sum, part) => q.step('Add', [sum, part], { shape, dtype: 'int32' })));
};

/** A, B, their scales, their zero points, bias: real numbers. */
const matMulIntegerToFloat: Lowering = (node, patch, context) => {
  const [a, b, aScale, bScale, aZero, bZero, bias] = node.inputs;
  if (a === undefined || b === undefined || aScale === undefined || bScale === undefined) return;
  const plain = (patch.get(b).shape?.length ?? 0) === 2 && isSingle(patch, aScale, aZero);
  if (!plain || !isStored(patch, a, b) || dtypeOf(patch, node.outputs[0]) !== 'float32') return;
  const q = new Quantising(patch, node, context);
  const shape = patch.get(node.outputs[0] as ValueId).shape ?? [];
  const inputs = [
    q.centred({ stored: a, zero: aZero, axis: 0 }),
    q.centred({ stored: b, zero: bZero, axis: -1 }),
  ];
  const sums = q.step('MatMul', inputs, { shape }, product(patch, a, b, rowTerms(patch, a)));
  const scales = q.apply('Mul', q.aligned(aScale, shape, -1), q.aligned(bScale, shape, -1));
  const real = q.apply('Mul', sums, scales);
  q.finish(bias === undefined ? real : q.apply('Add', real, bias));
};

/** Scale and zero point from the range of the data, widened to hold 0. */
function dynamicParameters(q: Quantising, x: ValueId): { readonly scale: ValueId; readonly zero: ValueId } {
  const extremum = (op: string) => q.step(op, [x], { shape: [] }, { keepdims: attr.int(0) });
  const high = q.apply('Max', extremum('ReduceMax'), q.number(0));
  const low = q.apply('Min', extremum('ReduceMin'), q.number(0));
  const step = q.apply('Div', q.apply('Sub', high, low), q.number(255));
  const empty = q.step('Equal', [step, q.number(0)], { shape: [], dtype: 'bool' });
  const scale = q.step('Where', [empty, q.number(1), step], { shape: [] });
  const offset = q.apply('Div', q.apply('Neg', low), scale);
  const held = q.step('Clip', [offset, q.number(0), q.number(255)], { shape: [] });
  return { scale, zero: q.apply('Round', held) };
}

const dynamicQuantizeLinear: Lowering = (node, patch, context) => {
  if (dtypeOf(patch, node.inputs[0]) !== 'float32') return;
  const q = new Quantising(patch, node, context);
  const { scale, zero } = dynamicParameters(q, q.input(0));
  const stored = q.stored(q.apply('Div', q.input(0), scale), zero, 'uint8');
  q.finish(stored, scale, q.clipped(zero, 'uint8'));
};

/** A (quantised on the way), B, B's scale, its zero point, bias. */
const dynamicQuantizeMatMul: Lowering = (node, patch, context) => {
  const [a, b, bScale, bZero, bias] = node.inputs;
  if (a === undefined || b === undefined || bScale === undefined) return;
  if (dtypeOf(patch, a) !== 'float32' || !isStored(patch, b) || patch.get(b).shape?.length !== 2) return;
  const q = new Quantising(patch, node, context);
  const shape = patch.get(node.outputs[0] as ValueId).shape ?? [];
  const { scale, zero } = dynamicParameters(q, a);
  const steps = q.stored(q.apply('Div', a, scale), zero, 'uint8');
  const left = q.apply('Sub', q.cast(steps, 'float32'), zero);
  const right = q.centred({ stored: b, zero: bZero, axis: -1 });
  const sums = q.step('MatMul', [left, right], { shape }, product(patch, steps, b, rowTerms(patch, a)));
  const real = q.apply('Mul', sums, q.apply('Mul', scale, q.aligned(bScale, shape, -1)));
  q.finish(bias === undefined ? real : q.apply('Add', real, bias));
};

const qLinearBinary =
  (op: string): Lowering =>
  (node, patch, context) => {
    if (!isStored(patch, node.inputs[0], node.inputs[3], node.outputs[0])) return;
    if (!isSingle(patch, ...[1, 2, 4, 5, 6, 7].map(i => node.inputs[i]))) return;
    const q = new Quantising(patch, node, context);
    q.finishReal(q.apply(op, q.real(q.quantised(0)), q.real(q.quantised(3))), 6, true);
  };

const qLinearUnary =
  (compute: (q: Quantising, real: ValueId) => ValueId): Lowering =>
  (node, patch, context) => {
    if (!isStored(patch, node.inputs[0], node.outputs[0])) return;
    if (!isSingle(patch, ...node.inputs.slice(1))) return;
    const q = new Quantising(patch, node, context);
    q.finishReal(compute(q, q.real(q.quantised(0))), 3);
  };

const qLinearGlobalAveragePool: Lowering = (node, patch, context) => {
  if (intAttribute(node, 'channels_last', 0) !== 0) return;
  qLinearUnary((q, real) => {
    const shape = patch.get(node.outputs[0] as ValueId).shape ?? [];
    return q.step('GlobalAveragePool', [real], { shape });
  })(node, patch, context);
};

/** Scale and zero point of the result, then tensor, scale, zero point of each part. */
const qLinearConcat: Lowering = (node, patch, context) => {
  const parts = [...node.inputs.keys()].filter(i => i >= 2 && (i - 2) % 3 === 0);
  const single = node.inputs.filter((_, i) => !parts.includes(i));
  if (!isStored(patch, ...parts.map(i => node.inputs[i])) || !isSingle(patch, ...single)) return;
  const q = new Quantising(patch, node, context);
  const shape = patch.get(node.outputs[0] as ValueId).shape ?? [];
  const dtype = q.outputDtype;
  // Each part is quantised anew by itself, so that it can be written where the whole wants it.
  const stored = parts.map(i => {
    const scaled = q.apply('Div', q.real(q.quantised(i)), q.aligned(q.input(0), shape, 0));
    return q.stored(scaled, node.inputs[1], dtype);
  });
  q.finish(q.step('Concat', stored, { shape, dtype }, node.attributes));
};

/** What results are elements of its input, or the largest of them: the same in float32. */
const picking: Lowering = (node, patch, context) => {
  const [x, ...others] = node.inputs;
  if (x === undefined || node.outputs[1] !== undefined || !isStored(patch, x)) return;
  const q = new Quantising(patch, node, context);
  const shape = patch.get(node.outputs[0] as ValueId).shape ?? [];
  const inputs = [q.cast(x, 'float32'), ...others];
  const picked = q.step(node.op, inputs, { shape }, node.attributes);
  q.finish(q.clipped(picked, q.outputDtype));
};

/** Scales are the third input since version 11. */
const nearestResize: Lowering = (node, patch, context) => {
  const nearest = stringAttribute(node, 'mode', 'nearest') === 'nearest';
  if (nearest && node.version >= 11) picking(node, patch, context);
};

const LOWERINGS: Readonly<Record<string, Lowering>> = {
  ...DEQUANTISED_PRODUCTS,
  ConvInteger: convInteger,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  MatMulInteger: matMulInteger,
  MaxPool: picking,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  QuantizeLinear: quantizeLinear,
  Resize: nearestResize,
  'com.microsoft.DequantizeLinear': dequantizeLinear,
  'com.microsoft.DynamicQuantizeMatMul': dynamicQuantizeMatMul,
  'com.microsoft.MatMulIntegerToFloat': matMulIntegerToFloat,
  'com.microsoft.QLinearAdd': qLinearBinary('Add'),
  'com.microsoft.QLinearConcat': qLinearConcat,
  'com.microsoft.QLinearGlobalAveragePool': qLinearGlobalAveragePool,
  'com.microsoft.QLinearLeakyRelu': qLinearUnary((q, real) => {
    const alpha = floatAttribute(q.node, 'alpha', 0.01);
    return q.step('LeakyRelu', [real], { shape: q.shape(real) }, { alpha: attr.float(alpha) });
  }),
  'com.microsoft.QLinearMul': qLinearBinary('Mul'),
  'com.microsoft.QLinearSigmoid': qLinearUnary((q, real) => q.apply('Sigmoid', real)),
  'com.microsoft.QuantizeLinear': quantizeLinear,
};

/** Whether an operator on quantised numbers becomes others. */
export const isLowered = (op: string): boolean => Object.hasOwn(LOWERINGS, op);
