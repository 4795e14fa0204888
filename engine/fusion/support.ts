// Which nodes run on generated kernels, and on which kind of template. A node it does not know is interpreted.
// Grouping and selection rely on these answers: what is checked here is not checked again.

import { floatAttribute, intAttribute, stringAttribute } from '../ir/attributes.ts';
import { valueOf } from '../ir/graph.ts';
import { KNOWN_COORDINATES, mostTaps, resizeRule } from '../ir/ops/images/resampling.ts';
import { constantNumbers } from '../ir/patch.ts';
import { sliceOf } from '../ir/slice.ts';
import type { Dtype, Graph, Node, ValueId } from '../ir/types.ts';
import { ExpressionBuilder } from './expression.ts';
import { continuationOf, padOf } from './padding.ts';
import { applyScalarOp, hasNumbers, hasScalarOp, isArithmetic, scalarType } from './scalar-ops.ts';
import type { Primitive, ScalarType } from './types.ts';

/** Kinds of templates; `select` has a selector for each. */
export type KernelKind =
  | 'elementwise'
  | 'convolution'
  | 'depthwise'
  | 'transposed'
  | 'matmul'
  | 'pool'
  | 'reduce'
  | 'softmax'
  /** made by grouping: two products with a softmax between them */
  | 'attention'
  | 'normalize'
  | 'resize'
  | 'lrn'
  | 'recurrent'
  | 'gather'
  | 'scatter'
  | 'topk'
  | 'extreme'
  | 'suppression'
  | 'cumulate'
  | 'trees'
  /** copies: the output is elements of the inputs in another place */
  | 'movement';

/** What code generation can do; asked through this so that fusion does not depend on it. */
export interface Capabilities {
  /** on a first argument of this type */
  readonly primitive: (op: Primitive, type: ScalarType) => boolean;
  readonly dtype: (dtype: Dtype) => boolean;
}

type Check = (graph: Graph, node: Node, capabilities: Capabilities) => KernelKind | undefined;

/** The kind of kernel for a node, or undefined when it must be interpreted. */
export function kernelKind(graph: Graph, node: Node, capabilities: Capabilities): KernelKind | undefined {
  const known = [...node.inputs, ...node.outputs].every(id => {
    const value = id === undefined ? undefined : valueOf(graph, id);
    // An empty constant stands for an omitted input.
    const empty = value?.shape?.includes(0) && !value.constant;
    return !value || (value.shape && value.dtype && !value.container && !empty);
  });
  if (!known) return undefined;
  const check = Object.hasOwn(CHECKS, node.op) ? CHECKS[node.op] : undefined;
  return check ? check(graph, node, capabilities) : elementwise(graph, node, capabilities);
}

const typeOf = (graph: Graph, id: ValueId | undefined): Dtype | undefined =>
  id === undefined ? undefined : valueOf(graph, id).dtype;
const rankOf = (graph: Graph, id: ValueId | undefined): number =>
  id === undefined ? 0 : (valueOf(graph, id).shape?.length ?? 0);
const isConstant = (graph: Graph, id: ValueId | undefined): boolean =>
  id !== undefined && valueOf(graph, id).constant !== undefined;
const isFloat = (graph: Graph, ...ids: readonly (ValueId | undefined)[]): boolean =>
  ids.every(id => id === undefined || typeOf(graph, id) === 'float32');
const singleOutput = (node: Node): boolean => node.outputs.slice(1).every(id => id === undefined);

/** All operands of types that expressions know, and every primitive of the operator there. */
const elementwise: Check = (graph, node, capabilities) => {
  const output = typeOf(graph, node.outputs[0]);
  const casts = node.op === 'Cast' || node.op === 'CastLike';
  const inputs = node.inputs.map(id => typeOf(graph, id));
  const operands = node.op === 'CastLike' ? inputs.slice(0, 1) : inputs;
  const known = casts ? hasNumbers : isArithmetic;
  const stored = operands.every(type => !type || (capabilities.dtype(type) && known(type)));
  const type = scalarType(output);
  const storable = output !== undefined && capabilities.dtype(output) && known(output);
  if (!singleOutput(node) || !stored || !storable || !type) return undefined;
  const main = scalarType(operands[node.op === 'Where' ? 1 : 0]);
  if (!main || !hasScalarOp(node, main)) return undefined;
  const build = new ExpressionBuilder();
  const args = node.inputs.map((id, i) => {
    const argument = scalarType(typeOf(graph, id));
    return id === undefined || !argument ? undefined : build.input(i, argument);
  });
  const result = applyScalarOp({ node, build, args, type, dtype: output });
  const supported = build.nodes.every(
    part => part.kind !== 'apply' || capabilities.primitive(part.op, build.type(part.args[0] ?? 0)),
  );
  return supported && build.type(result) === type ? 'elementwise' : undefined;
};

/** One to three axes behind images and channels: lines, images, volumes. */
const hasPixels = (rank: number): boolean => rank >= 3 && rank <= 5;

const convolution: Check = (graph, node) => {
  const [x, w, bias] = node.inputs;
  const rank = rankOf(graph, x);
  const constant = bias === undefined || isConstant(graph, bias);
  if (!isFloat(graph, x, w, bias) || !constant || !hasPixels(rank)) return undefined;
  if (w === undefined) return undefined;
  const [outChannels = 1, perGroup = 1] = valueOf(graph, w).shape ?? [];
  const groups = intAttribute(node, 'group', 1);
  const depthwise = groups > 1 && perGroup === 1 && outChannels === groups && isConstant(graph, w);
  return depthwise ? 'depthwise' : 'convolution';
};

const transposed: Check = (graph, node, capabilities) =>
  convolution(graph, node, capabilities) && 'transposed';

/** Of other types than float32 it is computed as sums of products. */
const matmul: Check = (graph, node) => {
  const types = node.inputs.slice(0, 2).map(id => typeOf(graph, id) ?? 'string');
  return types.every(type => SUMMED.has(type)) ? 'matmul' : undefined;
};

const gemm: Check = (graph, node) => {
  const [, b, c] = node.inputs;
  const plain =
    isConstant(graph, b) &&
    (c === undefined || isConstant(graph, c)) &&
    intAttribute(node, 'transA', 0) === 0;
  const scaled = floatAttribute(node, 'alpha', 1) !== 1 || floatAttribute(node, 'beta', 1) !== 1;
  return plain && !scaled && isFloat(graph, ...node.inputs) ? 'matmul' : undefined;
};

const pool: Check = (graph, node) => {
  const rank = rankOf(graph, node.inputs[0]);
  if (!isFloat(graph, node.inputs[0]) || !singleOutput(node) || !hasPixels(rank)) return undefined;
  // Padding that counts and outputs rounded up: passes/canonical/pool.ts parts them where extents are known.
  const ceils = intAttribute(node, 'ceil_mode', 0) !== 0 && intAttribute(node, 'count_include_pad', 0) !== 0;
  return ceils ? undefined : 'pool';
};

const globalPool: Check = (graph, node) => (isFloat(graph, node.inputs[0]) ? 'reduce' : undefined);

const reduce: Check = (graph, node) => {
  const axes = node.inputs[1];
  const known = axes === undefined || constantNumbers(graph, axes) !== undefined;
  const type = typeOf(graph, node.inputs[0]) ?? 'string';
  const picks = node.op === 'ReduceMax' || node.op === 'ReduceMin';
  const types = picks ? REDUCED : SUMMED;
  return known && types.has(type) ? 'reduce' : undefined;
};

/** Sums of narrower integers would have to wrap. */
const SUMMED: ReadonlySet<Dtype> = new Set<Dtype>(['float32', 'float64', 'int32', 'int64']);
const REDUCED: ReadonlySet<Dtype> = new Set<Dtype>([...SUMMED, 'uint32', 'int16', 'uint16', 'int8', 'uint8']);

const softmax: Check = (graph, node) => (isFloat(graph, node.inputs[0]) ? 'softmax' : undefined);

/** Over the trailing axes. */
const layerNorm: Check = (graph, node) =>
  isFloat(graph, ...node.inputs) && singleOutput(node) ? 'normalize' : undefined;

/** Over everything behind the channel, or a group of channels; scale and bias one per channel, or left out. */
const channelNorm: Check = (graph, node) => {
  const [x, ...parameters] = node.inputs;
  const channels = x === undefined ? undefined : valueOf(graph, x).shape?.[1];
  const perChannel = parameters.every(id => id === undefined || valueOf(graph, id).shape?.[0] === channels);
  return isFloat(graph, ...node.inputs) && perChannel ? 'normalize' : undefined;
};

const groupNorm: Check = (graph, node, capabilities) => {
  const [x] = node.inputs;
  const channels = (x === undefined ? undefined : valueOf(graph, x).shape?.[1]) ?? 0;
  const whole = channels % intAttribute(node, 'num_groups') === 0;
  return whole ? channelNorm(graph, node, capabilities) : undefined;
};

const resize: Check = (graph, node) => {
  const [x] = node.inputs;
  const [y] = node.outputs;
  if (x === undefined || y === undefined || node.version < 10 || !isFloat(graph, x)) return undefined;
  const from = valueOf(graph, x).shape ?? [];
  const to = valueOf(graph, y).shape ?? [];
  const rule = resizeRule(node);
  const plane = from.length === 4 && from[0] === to[0] && from[1] === to[1];
  if (!plane || !KNOWN_COORDINATES.has(rule.coordinates) || !resizeScalesKnown(graph, node)) return undefined;
  const given = constantNumbers(graph, node.inputs[node.version < 11 ? 1 : 2]) ?? [];
  const taps = [2, 3].map(axis => mostTaps(rule, given[axis] ?? (to[axis] ?? 1) / (from[axis] ?? 1)));
  const [down = 1, across = 1] = taps.map((most, i) => (from[i + 2] === to[i + 2] ? 1 : most));
  return down * across <= MOST_TAPS ? 'resize' : undefined;
};

/** Input pixels that one output pixel may be a sum of: code for each is written out. */
const MOST_TAPS = 256;

/** Coordinates follow from scales where they are given, from the sizes otherwise. */
function resizeScalesKnown(graph: Graph, node: Node): boolean {
  const scales = node.inputs[node.version < 11 ? 1 : 2];
  if (node.attributes.axes || node.attributes.keep_aspect_ratio_policy) return false;
  return scales === undefined || constantNumbers(graph, scales) !== undefined;
}

/** Copies of stored elements; the inputs from `known` on must be constant, for they say which. */
const movement =
  (known = Number.POSITIVE_INFINITY): Check =>
  (graph, node, capabilities) => {
    const type = typeOf(graph, node.outputs[0]);
    const constant = node.inputs
      .slice(known)
      .every(id => id === undefined || constantNumbers(graph, id) !== undefined);
    return type && capabilities.dtype(type) && constant ? 'movement' : undefined;
  };

const gather: Check = (graph, node, capabilities) => {
  const [data, indices] = node.inputs.map(id => typeOf(graph, id));
  const picks = indices === 'int32' || indices === 'int64';
  return data && capabilities.dtype(data) && picks ? 'gather' : undefined;
};

/** Bools that are added up or multiplied have no expression. */
const scatter: Check = (graph, node, capabilities) => {
  const combines = stringAttribute(node, 'reduction', 'none') !== 'none';
  const type = typeOf(graph, node.inputs[0]);
  if (combines && (type === 'bool' || !isArithmetic(type))) return undefined;
  return gather(graph, node, capabilities) && 'scatter';
};

/** Types of 32 and 64 bits that kernels add one element at a time. */
const ONE_BY_ONE = new Set(['float32', 'float64', 'int32', 'int64']);
/** The same of comparing: narrower ones are widened. */
const COMPARED = new Set([...ONE_BY_ONE, 'int16', 'uint16', 'int8', 'uint8']);

/** Running totals along an axis that is known. */
const cumulated: Check = (graph, node) => {
  const [data, axis] = node.inputs;
  const known = axis !== undefined && constantNumbers(graph, axis) !== undefined && rankOf(graph, data) > 0;
  return known && ONE_BY_ONE.has(typeOf(graph, data) ?? '') ? 'cumulate' : undefined;
};

/** How many are picked is known. */
const topK: Check = (graph, node) => {
  const [data, count] = node.inputs;
  const known = node.version < 10 || (count !== undefined && constantNumbers(graph, count) !== undefined);
  const type = typeOf(graph, data);
  return known && rankOf(graph, data) > 0 && COMPARED.has(type ?? '') ? 'topk' : undefined;
};

/** The first of the largest or smallest elements. */
const extremePlace: Check = (graph, node) => {
  const type = typeOf(graph, node.inputs[0]);
  const first = intAttribute(node, 'select_last_index', 0) === 0 && rankOf(graph, node.inputs[0]) > 0;
  return first && COMPARED.has(type ?? '') ? 'extreme' : undefined;
};

const pad: Check = (graph, node, capabilities) =>
  padOf(graph, node) || continuationOf(graph, node) ? movement(1)(graph, node, capabilities) : undefined;

const slice: Check = (graph, node, capabilities) =>
  sliceOf(graph, node) ? movement(1)(graph, node, capabilities) : undefined;

const CHECKS: Readonly<Record<string, Check>> = {
  Conv: convolution,
  ConvTranspose: transposed,
  MatMul: matmul,
  Gemm: gemm,
  MaxPool: pool,
  AveragePool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  ReduceMean: reduce,
  ReduceSum: reduce,
  ReduceMax: reduce,
  ReduceMin: reduce,
  ReduceProd: reduce,
  ReduceSumSquare: reduce,
  Softmax: softmax,
  LogSoftmax: softmax,
  LayerNormalization: layerNorm,
  RMSNormalization: layerNorm,
  InstanceNormalization: channelNorm,
  GroupNormalization: groupNorm,
  Resize: resize,
  LRN: (graph, node) =>
    isFloat(graph, ...node.inputs) && rankOf(graph, node.inputs[0]) > 1 ? 'lrn' : undefined,
  /** made by a pass that knows what the kernel needs */
  Recurrent: () => 'recurrent',
  'trees.Sum': () => 'trees',
  'boxes.Keep': () => 'suppression',
  Gather: gather,
  GatherElements: gather,
  GatherND: gather,
  ScatterElements: scatter,
  ScatterND: scatter,
  TopK: topK,
  ArgMax: extremePlace,
  ArgMin: extremePlace,
  CumSum: cumulated,
  CumProd: cumulated,
  Identity: movement(),
  Relayout: (graph, node, capabilities) =>
    elementwise(graph, node, capabilities) ?? movement()(graph, node, capabilities),
  Reshape: movement(),
  Transpose: movement(),
  Concat: movement(),
  Split: movement(1),
  Slice: slice,
  Expand: movement(),
  Pad: pad,
  DepthToSpace: movement(),
  SpaceToDepth: movement(),
};
