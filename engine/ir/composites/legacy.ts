// Operators that left the default domain, and short forms of com.microsoft, in terms of today's.
// Source: docs/Changelog.md of ONNX before version 1.5; docs/ContribOperators.md of onnxruntime.

import {
  boolAttribute,
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
} from '../attributes.ts';
import { fusedActivation } from '../fused-activation.ts';
import { attr } from '../graph.ts';
import { tensorOf } from '../tensor.ts';
import type { Attribute } from '../types.ts';
import type { Composer } from './composer.ts';
import type { Composite } from './composite.ts';

/** alpha · x + beta. */
const affine =
  (alpha: number, beta: number) =>
  <V>(c: Composer<V>): V[] => {
    const x = c.input(0);
    const scaled = c.mul(x, c.number(floatAttribute(c.node, 'alpha', alpha), x));
    return [c.add(scaled, c.number(floatAttribute(c.node, 'beta', beta), x))];
  };

const scale = <V>(c: Composer<V>): V[] => {
  const x = c.input(0);
  return [c.mul(x, c.number(floatAttribute(c.node, 'scale', 1), x))];
};

/** One factor for everything and one offset per channel. */
const imageScaler = <V>(c: Composer<V>): V[] => {
  const x = c.input(0);
  const bias = floatsAttribute(c.node, 'bias') ?? [0];
  const offsets = c.constant(tensorOf(c.dtype(x), [bias.length, 1, 1], bias));
  return [c.add(c.mul(x, c.number(floatAttribute(c.node, 'scale', 1), x)), offsets)];
};

/** Cuts left, top, right and bottom borders off; with `scale`, down to that size from there. */
const crop = <V>(c: Composer<V>): V[] => {
  const x = c.input(0);
  const [, , height = 0, width = 0] = c.shape(x);
  const [left = 0, top = 0, right = 0, bottom = 0] = intsAttribute(c.node, 'border') ?? [];
  const size = intsAttribute(c.node, 'scale') ?? [];
  const [rows = height - top - bottom, columns = width - left - right] = size;
  return [c.slice(c.slice(x, 2, top, top + rows), 3, left, left + columns)];
};

/** alpha · log(1 + exp(beta · x)). */
const parametricSoftplus = <V>(c: Composer<V>): V[] => {
  const x = c.input(0);
  const [alpha, beta] = [floatAttribute(c.node, 'alpha', 1), floatAttribute(c.node, 'beta', 1)];
  return [c.scaled(c.apply('Softplus', [c.scaled(x, beta)]), alpha)];
};

/** alpha · tanh(beta · x). */
const scaledTanh = <V>(c: Composer<V>): V[] => {
  const x = c.input(0);
  const [alpha, beta] = [floatAttribute(c.node, 'alpha', 1), floatAttribute(c.node, 'beta', 1)];
  return [c.scaled(c.apply('Tanh', [c.scaled(x, beta)]), alpha)];
};

/** Another operator with the same inputs; attributes as they are but for those named. */
const as =
  (op: string, added: Readonly<Record<string, Attribute>> = {}) =>
  <V>(c: Composer<V>): V[] =>
    c.outputs(op, c.inputs, { ...c.node.attributes, ...added }, c.node.outputs.length);

/** Values of an attribute in a given shape. */
const given = <V>(c: Composer<V>): V[] => {
  const values = floatsAttribute(c.node, 'values') ?? c.fail('attribute values is missing');
  const extra = intsAttribute(c.node, 'extra_shape') ?? [];
  const fromInput = c.inputs[0] !== undefined;
  const shape =
    fromInput && boolAttribute(c.node, 'input_as_shape', false) ? c.numbers(c.input(0)) : undefined;
  const like = fromInput ? c.shape(c.input(0)) : (intsAttribute(c.node, 'shape') ?? [values.length]);
  return [c.constant(tensorOf('float32', [...(shape ?? like), ...extra], values))];
};

/** The elements in the order in which they come, where each element is among them, and how often they come. */
const unique = <V>(c: Composer<V>): V[] => {
  const [elements, , places, counts] = c.outputs('Unique', [c.input(0)], { sorted: attr.int(0) }, 4);
  return [elements, places, counts].flatMap(value => value ?? []);
};

/** One axis of extent 1 more. */
const expandDims = <V>(c: Composer<V>): V[] => [
  c.apply('Unsqueeze', [c.input(0), c.ints(...c.numbers(c.input(1)))]),
];

const fused =
  (op: string) =>
  <V>(c: Composer<V>): V[] => {
    const { node } = c;
    const {
      activation: _,
      activation_alpha: a,
      activation_beta: b,
      activation_gamma: g,
      ...rest
    } = node.attributes;
    const sum = c.apply(op, c.inputs, rest);
    const name = fusedActivation(node);
    if (name === '') return [sum];
    const named = { ...(a && { alpha: a }), ...(b && { beta: b }), ...(g && { gamma: g }) };
    return [c.apply(name, [sum], named)];
  };

/** The halves of x + bias: one gated by GELU of the other. */
const biasSplitGelu = <V>(c: Composer<V>): V[] => {
  const sum = c.add(c.input(0), c.input(1));
  const width = c.shape(sum).at(-1) ?? 0;
  const [left, right] = [c.slice(sum, -1, 0, width / 2), c.slice(sum, -1, width / 2, width)];
  return [c.mul(left, c.apply('Gelu', [right]))];
};

/** Softmax of data + bias over all axes from one on. */
const biasSoftmax = <V>(c: Composer<V>): V[] => {
  const data = c.input(0);
  const shape = c.shape(data);
  const axis = intAttribute(c.node, 'axis', 1);
  const at = axis < 0 ? axis + shape.length : axis;
  const extent = (from: number, to: number) => shape.slice(from, to).reduce((x, y) => x * y, 1);
  const bias = c.shape(c.input(1));
  // The inner broadcast repeats a batch of the bias for neighbouring batches of the data.
  const inner = boolAttribute(c.node, 'is_inner_broadcast', false) && bias.length === shape.length;
  if (inner && bias.some((e, i) => e !== shape[i] && e !== 1)) c.fail('this broadcast is not supported');
  const sum = c.add(data, c.input(1));
  const rows = c.reshape(sum, [extent(0, at), extent(at, shape.length)]);
  return [c.reshape(c.apply('Softmax', [rows], { axis: attr.int(-1) }), shape)];
};

/** Distances between the rows of two matrices. */
const distances = <V>(c: Composer<V>): V[] => {
  const [a, b] = [c.input(0), c.input(1)];
  const [[m = 0, k = 0], [n = 0]] = [c.shape(a), c.shape(b)];
  const difference = c.apply('Sub', [c.reshape(a, [m, 1, k]), c.reshape(b, [1, n, k])]);
  const squares = c.apply('ReduceSumSquare', [difference, c.ints(2)], { keepdims: attr.int(0) });
  return [
    stringAttribute(c.node, 'metric', 'sqeuclidean') === 'euclidean' ? c.apply('Sqrt', [squares]) : squares,
  ];
};

/** Products of complex numbers, pairs along the last axis. */
const complexProduct =
  (sign: 1 | -1) =>
  <V>(c: Composer<V>): V[] => {
    const part = (index: number, i: 0 | 1) => c.slice(c.input(index), -1, i, i + 1);
    const [a, b, x, y] = [part(0, 0), part(0, 1), part(1, 0), c.scaled(part(1, 1), sign)];
    const re = c.apply('Sub', [c.mul(a, x), c.mul(b, y)]);
    return [c.concat(-1, re, c.add(c.mul(a, y), c.mul(b, x)))];
  };

/** An axis that is a Gather of rows. */
const embedding = <V>(c: Composer<V>): V[] => [c.apply('Gather', [c.input(0), c.input(1)])];

const allFinite = <V>(c: Composer<V>): V[] => {
  if (c.inputs.length === 0) c.fail('expected inputs, found none');
  const each = c.inputs.map((_, i) => {
    const x = c.input(i);
    const wrong = c.cast(c.apply('Or', [c.apply('IsNaN', [x]), c.apply('IsInf', [x])]), 'int32');
    return c.apply('ReduceMax', [c.reshape(wrong, [c.shape(x).reduce((p, q) => p * q, 1)])], {
      keepdims: attr.int(0),
    });
  });
  return [
    c.apply('Not', [
      c.cast(
        each.reduce((p, q) => c.add(p, q)),
        'bool',
      ),
    ]),
  ];
};

const gridSample = <V>(c: Composer<V>): V[] => {
  const mode = stringAttribute(c.node, 'mode', 'bilinear');
  const modes: Readonly<Record<string, string>> = { bilinear: 'linear', bicubic: 'cubic' };
  return as('GridSample', { mode: attr.string(modes[mode] ?? mode) })(c);
};

/** Before opset 7 a slope of one axis belonged to the channels. */
const channelSlope = <V>(c: Composer<V>): V[] => {
  const slope = c.shape(c.input(1));
  const x = c.shape(c.input(0));
  const channels = slope[0] ?? 1;
  if (c.node.version >= 7 || slope.length !== 1 || x.length < 3 || channels !== x[1]) {
    return c.fail('the slope broadcasts');
  }
  const spread = c.reshape(c.input(1), [channels, ...x.slice(2).map(() => 1)]);
  return [c.apply('PRelu', [c.input(0), spread])];
};

/** What operators with a reference of their own are made of, in versions that differ. */
export const LEGACY_EXPANSIONS = { PRelu: channelSlope } as const;

const gemm = fused('Gemm');

export const LEGACY_COMPOSITES: readonly Composite[] = [
  { op: 'Affine', kind: 'elementwise', expand: affine(1, 0) },
  { op: 'Scale', kind: 'elementwise', expand: scale },
  { op: 'ImageScaler', kind: 'elementwise', expand: imageScaler },
  { op: 'Crop', kind: 'movement', expand: crop },
  { op: 'ParametricSoftplus', kind: 'elementwise', expand: parametricSoftplus },
  { op: 'ScaledTanh', kind: 'elementwise', expand: scaledTanh },
  { op: 'DynamicSlice', kind: 'movement', expand: as('Slice') },
  { op: 'GivenTensorFill', kind: 'generator', expand: given, dtypes: () => ['float32'] },
  { op: 'com.microsoft.ExpandDims', kind: 'movement', expand: expandDims },
  { op: 'com.microsoft.GatherND', kind: 'gather', expand: as('GatherND') },
  { op: 'com.microsoft.Trilu', kind: 'movement', expand: as('Trilu') },
  { op: 'com.microsoft.Pad', kind: 'movement', expand: as('Pad') },
  { op: 'com.microsoft.Range', kind: 'generator', expand: as('Range') },
  { op: 'com.microsoft.Unique', kind: 'gather', expand: unique },
  { op: 'com.microsoft.GridSample', kind: 'image', expand: gridSample },
  { op: 'com.microsoft.FusedGemm', kind: 'matmul', expand: gemm },
  { op: 'com.microsoft.FusedMatMulActivation', kind: 'matmul', expand: fused('com.microsoft.FusedMatMul') },
  { op: 'com.microsoft.TransposeMatMul', kind: 'matmul', expand: as('com.microsoft.FusedMatMul') },
  { op: 'com.microsoft.MulInteger', kind: 'elementwise', expand: mulInteger },
  {
    op: 'com.microsoft.BiasAdd',
    kind: 'elementwise',
    expand: c => [c.add(c.input(0), c.input(1), c.input(2))],
  },
  { op: 'com.microsoft.BiasSplitGelu', kind: 'elementwise', expand: biasSplitGelu },
  { op: 'com.microsoft.BiasSoftmax', kind: 'normalization', expand: biasSoftmax },
  { op: 'com.microsoft.BiasDropout', kind: 'elementwise', expand: biasDropout },
  { op: 'com.microsoft.CDist', kind: 'matmul', expand: distances },
  { op: 'com.microsoft.ComplexMul', kind: 'elementwise', expand: complexProduct(1) },
  { op: 'com.microsoft.ComplexMulConj', kind: 'elementwise', expand: complexProduct(-1) },
  { op: 'com.microsoft.TorchEmbedding', kind: 'gather', expand: embedding },
  { op: 'com.microsoft.IsAllFinite', kind: 'reduction', expand: allFinite, dtypes: () => ['bool'] },
];

/** A, its zero point, B, its zero point. */
function mulInteger<V>(c: Composer<V>): V[] {
  const centred = (index: number) => {
    const value = c.cast(c.input(index), 'int32');
    const zero = c.inputs[index + 1];
    return zero === undefined ? value : c.apply('Sub', [value, c.cast(zero, 'int32')]);
  };
  return [c.mul(centred(0), centred(2))];
}

/** data, bias, residual; nothing is dropped in inference. */
function biasDropout<V>(c: Composer<V>): V[] {
  const sum = c.add(c.input(0), c.input(1));
  const all = c.add(sum, c.inputs[2]);
  if (c.node.outputs.length < 2) return [all];
  return [all, c.apply('GreaterOrEqual', [c.mul(sum, c.number(0, sum)), c.number(0, sum)])];
}
