// Operators that are parallel along run-time extents: every slice of a result along such an axis depends on the same
// slice of the operands alone, or what lies beyond the extent can be masked with what counts nothing.

import { hasAttribute, intAttribute, intsAttribute } from '../ir/attributes.ts';
import { valueOf } from '../ir/graph.ts';
import type { OperatorDefinition } from '../ir/ops/definition.ts';
import { constantNumbers } from '../ir/patch.ts';
import { elementCount, normalizeAxis } from '../ir/tensor.ts';
import type { Graph, Node, Shape, ValueId } from '../ir/types.ts';

/** A number that is known only while the model runs: how long a value is along an axis. */
export interface Extent {
  readonly source: ValueId;
  readonly axis: number;
}

/** Per axis; undefined where the shape says it. */
export type Extents = readonly (Extent | undefined)[];

/** What lies beyond the extent of an input's axis counts: it has to hold this number. */
export interface Mask {
  readonly input: number;
  readonly axis: number;
  readonly fill: number;
}

/** A node as rules see it. */
export class Operands {
  readonly graph: Graph;
  readonly node: Node;
  readonly #extents: ReadonlyMap<ValueId, Extents>;

  constructor(graph: Graph, node: Node, extents: ReadonlyMap<ValueId, Extents>) {
    this.graph = graph;
    this.node = node;
    this.#extents = extents;
  }

  has(input: number): boolean {
    return this.node.inputs[input] !== undefined;
  }

  shape(input: number): Shape {
    const id = this.node.inputs[input];
    return id === undefined ? [] : (valueOf(this.graph, id).shape ?? []);
  }

  extents(input: number): Extents {
    const id = this.node.inputs[input];
    return (id === undefined ? undefined : this.#extents.get(id)) ?? this.shape(input).map(() => undefined);
  }

  /** Whether an input has no extent of its own: its shape holds for every run. */
  isFixed(input: number): boolean {
    return !this.extents(input).some(Boolean);
  }

  othersFixed(...inputs: number[]): boolean {
    return this.node.inputs.every((_, i) => inputs.includes(i) || this.isFixed(i));
  }

  numbers(input: number): readonly number[] | undefined {
    return constantNumbers(this.graph, this.node.inputs[input]);
  }

  outputShape(output = 0): Shape {
    const id = this.node.outputs[output];
    return id === undefined ? [] : (valueOf(this.graph, id).shape ?? []);
  }

  /** Axes from an attribute or, in later versions, an input. */
  axes(input: number): readonly number[] | undefined {
    return intsAttribute(this.node, 'axes') ?? this.numbers(input);
  }
}

/** Extents of the results, and how to keep them right. */
export interface Along {
  readonly outputs: readonly Extents[];
  readonly masks?: readonly Mask[];
  readonly reshapes?: boolean;
}

export type Rule = (operands: Operands) => Along | undefined;

const sameExtent = (a: Extent | undefined, b: Extent | undefined): boolean =>
  a?.source === b?.source && a?.axis === b?.axis;

/** Extents of a broadcast result; undefined where operands are only by chance as long as each other. */
function broadcast(operands: readonly { shape: Shape; extents: Extents }[]): Extents | undefined {
  const rank = Math.max(0, ...operands.map(({ shape }) => shape.length));
  const result: (Extent | undefined)[] = [];
  for (let fromEnd = rank; fromEnd >= 1; fromEnd--) {
    const present = operands.filter(({ shape }) => shape.length >= fromEnd);
    const labels = present.map(({ extents }) => extents.at(-fromEnd));
    const label = labels.find(Boolean);
    const agrees = present.every(
      ({ shape }, i) => !label || sameExtent(labels[i], label) || (!labels[i] && shape.at(-fromEnd) === 1),
    );
    if (!agrees) return undefined;
    result.push(label);
  }
  return result;
}

const operandAt = (operands: Operands, i: number) => ({
  shape: operands.shape(i),
  extents: operands.extents(i),
});

/** NumPy broadcasting of everything; before opset 7 it was another one. */
const elementwise: Rule = operands => {
  const { node } = operands;
  if (node.version < 7 && node.inputs.length > 1 && !node.op.includes('.')) return undefined;
  const present = node.inputs.flatMap((id, i) => (id === undefined ? [] : [operandAt(operands, i)]));
  const extents = broadcast(present);
  return extents && { outputs: node.outputs.map(() => extents) };
};

/** One operand decides, the others have nothing to do with extents. */
const alone: Rule = operands => (operands.othersFixed(0) ? { outputs: [operands.extents(0)] } : undefined);

/** One scale for all. */
const quantisation: Rule = operands =>
  operands.node.inputs.every((_, i) => i === 0 || elementCount(operands.shape(i)) === 1)
    ? alone(operands)
    : undefined;

/** Images of a batch. */
const batched: Rule = operands => {
  const [label, ...others] = operands.extents(0);
  if (!operands.othersFixed(0) || others.some(Boolean)) return undefined;
  return {
    outputs: operands.node.outputs.map((_, i) =>
      operands.outputShape(i).map((__, axis) => (axis === 0 ? label : undefined)),
    ),
  };
};

/** A sum over products: what is beyond the extent of the summed axis counts nothing, on either side. */
const matmul: Rule = operands => {
  const [a, b] = [operands.shape(0), operands.shape(1)];
  if (a.length < 2 || b.length < 2) return undefined;
  const [left, right] = [operands.extents(0), operands.extents(1)];
  if (!sameExtent(left.at(-1), right.at(-2))) return undefined;
  const batches = broadcast([
    { shape: a.slice(0, -2), extents: left.slice(0, -2) },
    { shape: b.slice(0, -2), extents: right.slice(0, -2) },
  ]);
  const masks = left.at(-1)
    ? [
        { input: 0, axis: a.length - 1, fill: 0 },
        { input: 1, axis: b.length - 2, fill: 0 },
      ]
    : [];
  return batches && { outputs: [[...batches, left.at(-2), right.at(-1)]], masks };
};

const gemm: Rule = operands => {
  const side = (input: number, name: string) =>
    intAttribute(operands.node, name, 0) ? operands.extents(input).toReversed() : operands.extents(input);
  const [m, k] = side(0, 'transA');
  const [l, n] = side(1, 'transB');
  if (k || l) return undefined;
  const product = { shape: operands.outputShape(), extents: [m, n] };
  const extents = operands.has(2) ? broadcast([product, operandAt(operands, 2)]) : product.extents;
  return extents && { outputs: [extents] };
};

/** What a reduction of nothing gives. */
const NEUTRAL: Readonly<Record<string, number>> = {
  ...{ ReduceSum: 0, ReduceSumSquare: 0, ReduceL1: 0, ReduceL2: 0, ReduceProd: 1 },
  ...{ ReduceMax: Number.NEGATIVE_INFINITY, ReduceMin: Number.POSITIVE_INFINITY },
};

const reduction: Rule = operands => {
  const { node } = operands;
  const rank = operands.shape(0).length;
  const given = operands.axes(1);
  if ((given === undefined && operands.has(1)) || !operands.othersFixed(0)) return undefined;
  const keepsAll = intAttribute(node, 'noop_with_empty_axes', 0) !== 0;
  if ((given ?? []).length === 0 && keepsAll) return undefined;
  const all = operands.shape(0).map((_, axis) => axis);
  const axes = new Set(given && given.length > 0 ? given.map(axis => normalizeAxis(axis, rank)) : all);
  const keeps = intAttribute(node, 'keepdims', 1) !== 0;
  const labels = operands.extents(0);
  const fill = NEUTRAL[node.op];
  const masks: Mask[] = [];
  for (const axis of axes) {
    if (!labels[axis]) continue;
    if (fill === undefined) return undefined;
    masks.push({ input: 0, axis, fill });
  }
  const extents = labels.flatMap((label, axis) => (axes.has(axis) ? (keeps ? [undefined] : []) : [label]));
  return { outputs: [extents], masks };
};

/** Since opset 13 along one axis; before, along all from an axis on. */
const softmax: Rule = operands => {
  const labels = operands.extents(0);
  const { node } = operands;
  const axis = normalizeAxis(intAttribute(node, 'axis', node.version < 13 ? 1 : -1), labels.length);
  if (node.version < 13) return labels.slice(axis).some(Boolean) ? undefined : { outputs: [labels] };
  const masks = labels[axis] ? [{ input: 0, axis, fill: Number.NEGATIVE_INFINITY }] : [];
  return { outputs: [labels], masks };
};

/** Statistics over the last axes. */
const layerNorm: Rule = operands => {
  const labels = operands.extents(0);
  const axis = normalizeAxis(intAttribute(operands.node, 'axis', -1), labels.length);
  const single = operands.node.outputs.slice(1).every(id => id === undefined);
  const inside = labels.slice(axis).some(Boolean);
  return single && !inside && operands.othersFixed(0) ? { outputs: [labels] } : undefined;
};

const transpose: Rule = operands => {
  const labels = operands.extents(0);
  const order = intsAttribute(operands.node, 'perm') ?? labels.map((_, axis) => labels.length - 1 - axis);
  return { outputs: [order.map(axis => labels[axis])] };
};

/** Elements keep their order, so an axis is the same where as many elements lie before it. */
const reshape: Rule = operands => {
  const { graph, node } = operands;
  const labels = operands.extents(0);
  const [from] = labels.flatMap((label, axis) => (label ? [axis] : []));
  const [output] = node.outputs;
  const { shape, bounded } = output === undefined ? {} : valueOf(graph, output);
  const open = bounded?.flatMap((is, axis) => (is ? [axis] : [])) ?? [];
  const [to] = open;
  if (!shape || from === undefined || to === undefined || open.length > 1) return undefined;
  if (labels.filter(Boolean).length > 1) return undefined;
  const before = (extents: Shape, axis: number) => elementCount(extents.slice(0, axis));
  const same =
    shape[to] === operands.shape(0)[from] &&
    before(shape, to) === before(operands.shape(0), from) &&
    elementCount(shape) === elementCount(operands.shape(0));
  if (!same || elementCount(shape) === 0) return undefined;
  return { outputs: [shape.map((_, axis) => (axis === to ? labels[from] : undefined))], reshapes: true };
};

/** Slices picked by indices; counted from the end, an index would need the extent of the axis. */
const gather: Rule = operands => {
  const labels = operands.extents(0);
  const axis = normalizeAxis(intAttribute(operands.node, 'axis', 0), labels.length);
  if (labels[axis]) return undefined;
  return { outputs: [[...labels.slice(0, axis), ...operands.extents(1), ...labels.slice(axis + 1)]] };
};

const gatherNd: Rule = operands => {
  const indices = operands.extents(1);
  if (!operands.isFixed(0) || indices.at(-1) || intAttribute(operands.node, 'batch_dims', 0))
    return undefined;
  const taken = operands.shape(1).at(-1) ?? 0;
  return { outputs: [[...indices.slice(0, -1), ...operands.extents(0).slice(taken)]] };
};

const concat: Rule = operands => {
  const all = operands.node.inputs.map((_, i) => operands.extents(i));
  const [first = []] = all;
  const axis = normalizeAxis(intAttribute(operands.node, 'axis'), first.length);
  const alike = all.every(labels =>
    labels.every((label, i) => (i === axis ? !label : sameExtent(label, first[i]))),
  );
  return alike ? { outputs: [first] } : undefined;
};

/** Parts of axes other than those with extents. */
const slice: Rule = operands => {
  const labels = operands.extents(0);
  const { node } = operands;
  const older = hasAttribute(node, 'starts');
  const starts = intsAttribute(node, 'starts') ?? operands.numbers(1);
  const given = operands.axes(3);
  const known = older || [1, 2, 3, 4].every(i => !operands.has(i) || operands.numbers(i));
  if (!known || !starts || (operands.has(3) && !given)) return undefined;
  const axes = (given ?? starts.map((_, i) => i)).map(axis => normalizeAxis(axis, labels.length));
  return axes.some(axis => labels[axis]) ? undefined : { outputs: [labels] };
};

const split: Rule = operands => {
  const labels = operands.extents(0);
  const axis = normalizeAxis(intAttribute(operands.node, 'axis', 0), labels.length);
  const known = !operands.has(1) || operands.numbers(1);
  return labels[axis] || !known ? undefined : { outputs: operands.node.outputs.map(() => labels) };
};

const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    ['Identity', 'Cast', 'HardSigmoid', 'HardSwish'].map((op): [string, Rule] => [op, alone]),
  ),
  ...Object.fromEntries(
    ['QuantizeLinear', 'DequantizeLinear'].map((op): [string, Rule] => [op, quantisation]),
  ),
  ...Object.fromEntries(
    [
      ...['Conv', 'ConvTranspose', 'MaxPool', 'AveragePool', 'LpPool', 'GlobalAveragePool', 'GlobalMaxPool'],
      ...['GlobalLpPool', 'InstanceNormalization', 'GroupNormalization', 'LRN'],
    ].map((op): [string, Rule] => [op, batched]),
  ),
  BatchNormalization: operands => (operands.node.outputs.length === 1 ? batched(operands) : undefined),
  Dropout: operands =>
    operands.node.outputs.length === 1 && operands.isFixed(1) ? alone(operands) : undefined,
  MatMul: matmul,
  Gemm: gemm,
  ...Object.fromEntries(
    [...Object.keys(NEUTRAL), 'ReduceMean', 'ReduceLogSum', 'ReduceLogSumExp', 'ArgMax', 'ArgMin'].map(
      (op): [string, Rule] => [op, op.startsWith('Arg') ? argument : reduction],
    ),
  ),
  Softmax: softmax,
  LogSoftmax: softmax,
  LayerNormalization: layerNorm,
  RMSNormalization: layerNorm,
  Transpose: transpose,
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Gather: gather,
  GatherND: gatherNd,
  Concat: concat,
  Slice: slice,
  Split: split,
};

/** The place of the largest along one axis. */
function argument(operands: Operands): Along | undefined {
  const labels = operands.extents(0);
  const axis = normalizeAxis(intAttribute(operands.node, 'axis', 0), labels.length);
  if (labels[axis]) return undefined;
  const keeps = intAttribute(operands.node, 'keepdims', 1) !== 0;
  return { outputs: [labels.flatMap((label, i) => (i === axis ? (keeps ? [undefined] : []) : [label]))] };
}

/** The rule for an operator; undefined where it is not known to be parallel along anything. */
export function ruleOf({ op, kind }: OperatorDefinition): Rule | undefined {
  if (Object.hasOwn(RULES, op)) return RULES[op];
  return kind === 'elementwise' ? elementwise : undefined;
}
