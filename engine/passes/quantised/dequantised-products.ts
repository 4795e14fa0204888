// Convolutions and matrix products between dequantisation and whatever follows: both operands are stored integers, so
// the product is one of integers, and the scales come behind it. With scales sx and sw per output channel,
// Σ (sx·x)·(sw·w) = sx·sw · Σ x·w; bias, activation and quantisation stay as they are and fuse behind.

import { intAttribute } from '../../ir/attributes.ts';
import { constantDtype, constantShape, loadConstant } from '../../ir/constants/constant.ts';
import { attr, producerOf } from '../../ir/graph.ts';
import type { Patch } from '../../ir/patch.ts';
import { elementCount, numbersOf, tensorOf } from '../../ir/tensor.ts';
import type { Attribute, Dequantised, Node, ValueId } from '../../ir/types.ts';
import type { PassContext } from '../pass.ts';
import { isSingle, isStored, type Lowering, product, rowTerms, windowTerms } from './integer-products.ts';
import { type Quantised, Quantising } from './quantising.ts';
import { isDequantisation } from './stored-movement.ts';

/** A tensor that was dequantised with one scale from 8 bits when the model runs. */
function activationOf(patch: Patch, id: ValueId | undefined): Quantised | undefined {
  const node = id === undefined ? undefined : producerOf(patch.graph, id);
  const [stored, scale, zero] = node?.inputs ?? [];
  if (!node || !isDequantisation(node) || stored === undefined || scale === undefined) return undefined;
  const single = isSingle(patch, scale, zero) && intAttribute(node, 'block_size', 0) === 0;
  if (!single || !isStored(patch, stored) || patch.get(scale).dtype !== 'float32') return undefined;
  return { stored, scale, zero, axis: 0 };
}

/** The integers of constant weights, where each has the scale of its output channel or all have one. */
function weightsOf(patch: Patch, id: ValueId | undefined, channelAxis: number): Dequantised | undefined {
  const constant = id === undefined ? undefined : patch.get(id).constant;
  const known = constant && constant.kind !== 'file' ? constant.dequantised : undefined;
  if (!known || known.block || constantDtype(known.stored) === 'int32') return undefined;
  const single = [known.scale, known.zero].every(
    parameter => !parameter || elementCount(constantShape(parameter)) === 1,
  );
  return single || known.axis === channelAxis ? known : undefined;
}

/** Scale of each output channel. */
function factorsOf(q: Quantising, x: Quantised, weights: Dequantised): ValueId {
  const scales = numbersOf(loadConstant(weights.scale, q.read));
  const { constant, name } = q.patch.get(x.scale);
  if (!constant) {
    const known = q.patch.constant(`${q.node.name}/scales`, tensorOf('float32', [scales.length], scales));
    return q.apply('Mul', q.aligned(x.scale, [], 0), known);
  }
  const [scale = 1] = numbersOf(loadConstant(constant, q.read));
  const factors = scales.map(factor => Math.fround(factor * scale));
  return q.patch.constant(`${name}/product`, tensorOf('float32', [factors.length], factors));
}

interface Parts {
  readonly op: 'Conv' | 'Gemm' | 'MatMul';
  /** of the weights, of the result */
  readonly channelAxis: number;
  readonly outputAxis: number;
  readonly terms: (patch: Patch, node: Node) => number;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Writes the node out with integers, where both operands are stored as such. */
function lower(node: Node, patch: Patch, context: PassContext, parts: Parts): void {
  const [input, w, bias] = node.inputs;
  const [output] = node.outputs;
  const x = activationOf(patch, input);
  const weights = weightsOf(patch, w, parts.channelAxis);
  if (!x || !weights || w === undefined || output === undefined) return;
  const q = new Quantising(patch, node, context);
  const { shape = [] } = patch.get(output);
  const { name } = patch.get(w);
  const stored = patch.constant(`${name}/stored`, weights.stored);
  const zero = weights.zero && patch.constant(`${name}/zero`, weights.zero);
  const operands = [q.centred(x), q.centred({ stored, zero, axis: weights.axis })];
  const integers = product(patch, x.stored, stored, parts.terms(patch, node));
  const sums = q.step(parts.op, operands, { shape }, { ...parts.attributes, ...integers });
  const scaled = q.apply('Mul', sums, q.aligned(factorsOf(q, x, weights), shape, parts.outputAxis));
  q.finish(bias === undefined ? scaled : q.apply('Add', scaled, q.aligned(bias, shape, parts.outputAxis)));
}

const convolution: Lowering = (node, patch, context) => {
  const terms = () => windowTerms(patch, node.inputs[1]);
  lower(node, patch, context, {
    ...{ op: 'Conv', channelAxis: 0, outputAxis: 1 },
    ...{ terms, attributes: node.attributes },
  });
};

const matrixProduct: Lowering = (node, patch, context) => {
  const [a, b] = node.inputs;
  if (b === undefined || patch.get(b).shape?.length !== 2) return;
  const turned = node.op === 'Gemm' ? intAttribute(node, 'transB', 0) : 0;
  const terms = () => rowTerms(patch, a);
  lower(node, patch, context, {
    ...{ op: node.op === 'Gemm' ? 'Gemm' : 'MatMul', channelAxis: turned ? 0 : 1, outputAxis: -1 },
    ...{ terms, attributes: turned ? { transB: attr.int(1) } : {} },
  });
};

export const DEQUANTISED_PRODUCTS: Readonly<Record<string, Lowering>> = {
  Conv: convolution,
  Gemm: matrixProduct,
  MatMul: matrixProduct,
};
