// Multiplications and additions of one constant per channel behind a convolution or matrix product move into its
// weights and bias. Batch normalisation comes here as such a pair (canonical/norm.ts). Weights that others read as they
// are stay so: scaled for one of them they would be stored twice, and behind a kernel a factor costs next to nothing.

import { intAttribute } from '../../ir/attributes.ts';
import { constantDtype, loadConstant } from '../../ir/constants/constant.ts';
import type { FloatParts } from '../../ir/constants/reading.ts';
import { attr, consumersOf, producerOf, valueOf } from '../../ir/graph.ts';
import { type NodeDraft, Patch } from '../../ir/patch.ts';
import { elementCount, numbersOf, tensorOf } from '../../ir/tensor.ts';
import type { Constant, Graph, Node, Shape, ValueId } from '../../ir/types.ts';
import { deriveFloats, deriveParts } from '../derive.ts';
import type { Pass, PassContext } from '../pass.ts';
import { isDequantisation } from '../quantised/stored-movement.ts';
import { type ScaledParts, scaledParts } from './push-scales.ts';

export const foldScales: Pass = {
  name: 'fold scales',
  run: (graph, context) => {
    let before = graph;
    for (;;) {
      const patch = new Patch(before);
      const touched = new Set<Node>();
      const folds = before.nodes.flatMap(node => foldOf(before, node, context) ?? []);
      const kept = keptWeights(before, folds);
      for (const fold of folds) {
        const scaled = scaledBy(fold).map(({ weights }) => storedConstant(weights));
        if (!scaled.some(weights => kept.has(weights))) applyFold(fold, patch, touched, context);
      }
      const after = patch.build();
      if (after === before) return after;
      before = after;
    }
  },
};

/** A product with constant weights: which axis of its output, and of its weights, is the channel. */
interface Product {
  readonly node: Node;
  readonly weights: Constant;
  readonly bias: Constant | undefined;
  readonly channels: number;
  readonly outputAxis: number;
  readonly order: ChannelOrder;
  readonly canAdd: boolean;
}

/**
 * Where a constant's channels lie: [group][repeat][channel of the group][inner]. Millions of weights are scaled when
 * a model is loaded.
 */
interface ChannelOrder {
  readonly groups: number;
  readonly repeat: number;
  readonly channels: number;
  readonly inner: number;
}

const PLAIN: ChannelOrder = { groups: 1, repeat: 1, channels: 1, inner: 1 };

/** A constant behind a product, or a number behind what products are made to: what becomes part of their weights. */
interface Fold {
  readonly node: Node;
  readonly operand: Operand;
  readonly into: Product | ScaledParts<Product>;
}

const isProduct = (into: Fold['into']): into is Product => 'weights' in into;

/** What a node could become part of; undefined where it stays as it is. */
function foldOf(graph: Graph, node: Node, context: PassContext): Fold | undefined {
  const operand = affineOperand(graph, node);
  const [output] = node.outputs;
  if (!operand || output === undefined) return undefined;
  const product = productOf(graph, producerOf(graph, operand.from));
  if (!product) return pushOf(graph, { node, operand, output }, context);
  const onlyUse = consumersOf(graph, operand.from).length === 1 && !graph.outputs.includes(operand.from);
  const shape = valueOf(graph, operand.from).shape ?? [];
  if (!onlyUse || !isPerChannel(operand.constant.shape, shape, product)) return undefined;
  if (operand.adds ? !product.canAdd : !keepsRange(operand, context)) return undefined;
  return { node, operand, into: product };
}

/** A number behind something that no weights belong to moves on to those it is made from (push-scales.ts). */
function pushOf(
  graph: Graph,
  { node, operand, output }: Pick<Fold, 'node' | 'operand'> & { readonly output: ValueId },
  context: PassContext,
): Fold | undefined {
  if (operand.adds || elementCount(operand.constant.shape) !== 1) return undefined;
  if (!keepsRange(operand, context)) return undefined;
  const [from, to] = [operand.from, output].map(id => elementCount(valueOf(graph, id).shape ?? []));
  const into = from === to && scaledParts(graph, operand.from, other => productOf(graph, other));
  return into ? { node, operand, into } : undefined;
}

/** Products whose weights a fold changes: what is added goes into the bias. */
function scaledBy({ into, operand }: Fold): readonly Product[] {
  if (!isProduct(into)) return into.products;
  return operand.adds ? [] : [into];
}

/** Weights that are not scaled alike wherever they are read. */
function keptWeights(graph: Graph, folds: readonly Fold[]): ReadonlySet<Constant> {
  const scales = new Map<Node, Fold>();
  for (const fold of folds) for (const { node } of scaledBy(fold)) scales.set(node, fold);
  const readers = new Map<Constant, Node[]>();
  for (const node of graph.nodes) {
    for (const id of node.inputs) {
      const { constant } = id === undefined ? {} : valueOf(graph, id);
      if (!constant) continue;
      const stored = storedConstant(constant);
      readers.set(stored, [...(readers.get(stored) ?? []), node]);
    }
  }
  const isOther = (a: Fold | undefined, b: Fold | undefined): boolean =>
    a?.operand.constant.data !== b?.operand.constant.data || a?.operand.how !== b?.operand.how;
  const kept = [...readers].filter(([, [first, ...others]]) =>
    others.some(other => isOther(scales.get(other), first && scales.get(first))),
  );
  return new Set(kept.map(([constant]) => constant));
}

/** What the elements lie in that a constant has in another order. */
function storedConstant(constant: Constant): Constant {
  const { order, from: [from] = [] } = (constant.kind === 'file' ? undefined : constant.recipe) ?? {};
  return order && from ? storedConstant(from) : constant;
}

function applyFold(fold: Fold, patch: Patch, touched: Set<Node>, context: PassContext): void {
  const { node, operand, into } = fold;
  const [output] = node.outputs;
  if (output === undefined) return;
  if (!isProduct(into)) {
    pushScale({ node, operand, into }, output, patch, touched, context);
    return;
  }
  if (touched.has(into.node)) return;
  touched.add(into.node);
  patch.replace(node, []);
  const draft = (operand.adds ? withOffset : withScale)(into, operand, patch, context);
  patch.replace(into.node, [{ ...draft, outputs: [output], absorbs: [node] }]);
}

function pushScale(
  { node, operand, into }: Fold & { readonly into: ScaledParts<Product> },
  output: ValueId,
  patch: Patch,
  touched: Set<Node>,
  context: PassContext,
): void {
  const nodes = [...into.products, ...into.constants].map(part => part.node);
  if (nodes.some(other => touched.has(other)) || !patch.alias(output, operand.from)) return;
  patch.replace(node, []);
  for (const product of into.products) {
    const { node: other } = product;
    touched.add(other);
    patch.replace(other, [{ ...withScale(product, operand, patch, context), outputs: other.outputs }]);
  }
  for (const { node: other, index } of into.constants) {
    const id = other.inputs[index];
    const { constant, shape = [], name } = patch.get(id ?? (-1 as ValueId));
    if (!constant) throw new Error(`${other.name}: input ${index} is no constant`);
    const data = deriveFloats(
      `scaled by ${operand.how}`,
      shape,
      [constant, operand.constant.data],
      context.read,
      (values, scale) => values.map(value => value * operand.read(scale[0] ?? 1)),
    );
    touched.add(other);
    const inputs = other.inputs.with(index, patch.constant(`${name}/scaled`, data));
    patch.replace(other, [{ op: other.op, inputs, outputs: other.outputs }]);
  }
}

interface Operand {
  readonly from: ValueId;
  readonly constant: { readonly data: Constant; readonly shape: Shape };
  readonly adds: boolean;
  /** the operator */
  readonly how: string;
  readonly read: (element: number) => number;
}

/** What is added or multiplied, given the constant's element. */
const MEANING: ReadonlyMap<string, (c: number) => number> = new Map([
  ['Add', c => c],
  ['Sub', c => -c],
  ['Mul', c => c],
  ['Div', c => 1 / c],
]);

/**
 * Factors that weights stand, whatever they are: beyond them a weight overflows, or loses its bits, and no result
 * does.
 */
const MOST_FACTOR = 2 ** 60;

function keepsRange({ constant, read }: Operand, context: PassContext): boolean {
  return numbersOf(loadConstant(constant.data, context.read)).every(element => {
    const factor = Math.abs(read(element));
    return factor === 0 || (factor >= 1 / MOST_FACTOR && factor <= MOST_FACTOR);
  });
}

/** The two operands of an addition or multiplication by a constant. */
function affineOperand(graph: Graph, node: Node): Operand | undefined {
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined || intAttribute(node, 'broadcast', 0) !== 0) return undefined;
  const left = valueOf(graph, a);
  const right = valueOf(graph, b);
  const commutes = node.op === 'Add' || node.op === 'Mul';
  const [from, value] = commutes && left.constant ? [b, left] : [a, right];
  if (!value.constant || constantDtype(value.constant) !== 'float32' || !value.shape) return undefined;
  const meaning = MEANING.get(node.op);
  if (!meaning) return undefined;
  const constant = { data: value.constant, shape: value.shape };
  return { from, constant, adds: node.op === 'Add' || node.op === 'Sub', how: node.op, read: meaning };
}

/** Whether the constant broadcasts along everything but the channel, without making the result larger. */
function isPerChannel(constant: Shape, output: Shape, product: Product): boolean {
  const skipped = output.length - constant.length;
  if (skipped < 0) return false;
  return constant.every(
    (extent, i) => extent === 1 || (i + skipped === product.outputAxis && extent === product.channels),
  );
}

function productOf(graph: Graph, node: Node | undefined): Product | undefined {
  if (!node) return undefined;
  const [x, w, b] = node.inputs;
  if (x === undefined || w === undefined) return undefined;
  const { constant: weights, shape, dtype } = valueOf(graph, w);
  const bias = b === undefined ? undefined : valueOf(graph, b).constant;
  if (!weights || !shape || dtype !== 'float32' || (b !== undefined && !bias)) return undefined;
  if (isProductOfIntegers(graph, x, weights)) return undefined;
  const rank = valueOf(graph, x).shape?.length ?? 0;
  const common = { node, weights, bias };
  switch (node.op) {
    case 'Conv': {
      const channels = shape[0] ?? 1;
      const order = { ...PLAIN, channels, inner: elementCount(shape.slice(1)) };
      return { ...common, channels, outputAxis: 1, order, canAdd: true };
    }
    case 'ConvTranspose': {
      const perGroup = shape[1] ?? 1;
      const groups = intAttribute(node, 'group', 1);
      const repeat = (shape[0] ?? 1) / groups;
      const order = { groups, repeat, channels: perGroup, inner: elementCount(shape.slice(2)) };
      return { ...common, channels: perGroup * groups, outputAxis: 1, order, canAdd: true };
    }
    case 'Gemm':
    case 'MatMul': {
      if (shape.length !== 2) return undefined;
      const transposed = intAttribute(node, 'transB', 0) !== 0;
      const [rows = 1, columns = 1] = shape;
      const channels = transposed ? rows : columns;
      const order = transposed
        ? { ...PLAIN, channels, inner: columns }
        : { ...PLAIN, channels, repeat: rows };
      return { ...common, channels, outputAxis: rank - 1, order, canAdd: node.op === 'Gemm' };
    }
    default:
      return undefined;
  }
}

/** It keeps them, for its results are scaled behind it anyway. */
function isProductOfIntegers(graph: Graph, x: ValueId, weights: Constant): boolean {
  const producer = producerOf(graph, x);
  const known = weights.kind !== 'file' && weights.dequantised !== undefined;
  return known && producer !== undefined && isDequantisation(producer);
}

type Draft = Omit<NodeDraft, 'outputs'>;

function withScale(product: Product, operand: Operand, patch: Patch, { read }: PassContext): Draft {
  const { node, weights, bias, order, channels } = product;
  const [x, w, b] = node.inputs;
  const scaled = (id: ValueId | undefined, constant: Constant, its: ChannelOrder) => {
    const { name, shape = [] } = patch.get(id ?? (-1 as ValueId));
    const data = deriveParts(
      `channels scaled by ${operand.how} ${JSON.stringify(its)}`,
      shape,
      constant,
      [operand.constant.data],
      read,
      (values, scale) => {
        const factors = Float64Array.from({ length: channels }, (_, channel) =>
          operand.read(scale[scale.length === 1 ? 0 : channel] ?? 1),
        );
        return scaledFloats(values, factors, its);
      },
    );
    return patch.constant(`${name}/scaled`, data);
  };
  const inputs = [x, scaled(w, weights, order), ...(bias ? [scaled(b, bias, { ...PLAIN, channels })] : [])];
  return { op: node.op, inputs };
}

/** Every element times the factor of its channel. */
function scaledFloats(values: FloatParts, factors: Float64Array, order: ChannelOrder): FloatParts {
  const { repeat, channels, inner } = order;
  let scaled = new Float32Array();
  return (from, to) => {
    if (scaled.length < to - from) scaled = new Float32Array(to - from);
    const part = values(from, to);
    // A run of elements has one channel; channels come round `repeat` times in each group.
    let run = Math.floor(from / inner);
    let channel = run % channels;
    for (let at = from; at < to; run++) {
      const group = Math.floor(run / (channels * repeat));
      const factor = factors[group * channels + channel] ?? 1;
      const end = Math.min(to, (run + 1) * inner) - from;
      for (let i = at - from; i < end; i++) scaled[i] = (part[i] ?? 0) * factor;
      at = end + from;
      channel = channel + 1 === channels ? 0 : channel + 1;
    }
    return scaled.subarray(0, to - from);
  };
}

function withOffset(product: Product, operand: Operand, patch: Patch, { read }: PassContext): Draft {
  const { node, channels } = product;
  const [x, w] = node.inputs;
  const bias = product.bias ?? {
    kind: 'inline' as const,
    tensor: tensorOf('float32', [channels], new Array<number>(channels).fill(0)),
  };
  const data = deriveFloats(
    `sum with ${operand.how}`,
    [channels],
    [bias, operand.constant.data],
    read,
    (values, offset) =>
      Float32Array.from(
        { length: channels },
        (_, c) => (values[c] ?? 0) + operand.read(offset[offset.length === 1 ? 0 : c] ?? 0),
      ),
  );
  const sum = patch.constant(`${node.name}/bias`, data);
  const attributes =
    node.op === 'Gemm' ? { transB: attr.int(intAttribute(node, 'transB', 0)) } : node.attributes;
  return { op: node.op, inputs: [x, w, sum], attributes };
}
