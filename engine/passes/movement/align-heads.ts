// Attention in which heads go in and out of the batch axis, or groups of query heads get copies of their key head:
// scores, what is done to them and their products with values are written over one set of batch axes, the finest
// that occurs, and keys and values broadcast along it. What is left are reshapes of memory, which cost nothing.

import { intAttribute } from '../../ir/attributes.ts';
import { attr, consumersOf, operandShape, producerOf, valueOf } from '../../ir/graph.ts';
import { Patch } from '../../ir/patch.ts';
import { elementCount, normalizeAxis, sameShape } from '../../ir/tensor.ts';
import type { Graph, Node, Shape, ValueId } from '../../ir/types.ts';
import type { Pass } from '../pass.ts';
import { Rewrite } from '../rewrite.ts';
import { turn, turnedFrom } from './turned.ts';

export const alignHeads: Pass = {
  name: 'align heads',
  run: graph => {
    const patch = new Patch(graph);
    for (const node of graph.nodes) if (node.op === 'Softmax') alignAt(graph, patch, node);
    return patch.build();
  },
};

/** What lies between a product and its softmax, elementwise and reshapes of the batch, and the product behind. */
interface Chain {
  readonly product: Node;
  /** in execution order */
  readonly between: readonly Node[];
  readonly softmax: Node;
  readonly context: Node;
}

/** Operators of scores with one operand that has the scores' shape; others broadcast to it. */
const REFINING: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div', 'Where', 'Tanh', 'Max', 'Min']);

function chainOf(graph: Graph, softmax: Node): Chain | undefined {
  const [output] = softmax.outputs;
  const [context, ...others] = output === undefined ? [] : consumersOf(graph, output);
  const rank = output === undefined ? 0 : (valueOf(graph, output).shape?.length ?? 0);
  const axis = normalizeAxis(intAttribute(softmax, 'axis', softmax.version < 13 ? 1 : -1), Math.max(1, rank));
  const behind = context?.op === 'MatMul' && context.inputs[0] === output && others.length === 0;
  if (!context || !behind || axis !== rank - 1) return undefined;
  const between: Node[] = [];
  let at = softmax.inputs[0];
  while (at !== undefined) {
    const node = producerOf(graph, at);
    if (!node || consumersOf(graph, at).length !== 1 || graph.outputs.includes(at)) return undefined;
    if (node.op === 'MatMul') return { product: node, between: between.toReversed(), softmax, context };
    const input: ValueId | undefined = mainOperand(graph, node);
    const reshapes = node.op === 'Reshape' && keepsMatrices(graph, node);
    if (input === undefined || !(reshapes || REFINING.has(node.op))) return undefined;
    between.push(node);
    at = input;
  }
  return undefined;
}

/** The operand that is computed and as large as the result. */
function mainOperand(graph: Graph, node: Node): ValueId | undefined {
  if (node.op === 'Reshape') return node.inputs[0];
  const size = elementCount(operandShape(graph, node.outputs[0]));
  const whole = node.inputs.filter(
    id => id !== undefined && !valueOf(graph, id).constant && elementCount(operandShape(graph, id)) === size,
  );
  const scores = whole.filter(id => id !== undefined && isFloat(graph, id));
  return scores.length === 1 ? scores[0] : undefined;
}

const isFloat = (graph: Graph, id: ValueId): boolean => valueOf(graph, id).dtype === 'float32';

const keepsMatrices = (graph: Graph, node: Node): boolean =>
  sameShape(operandShape(graph, node.inputs[0]).slice(-2), operandShape(graph, node.outputs[0]).slice(-2));

function alignAt(graph: Graph, patch: Patch, softmax: Node): void {
  const chain = chainOf(graph, softmax);
  if (!chain) return;
  const { product, between, context } = chain;
  const [q, k] = product.inputs;
  const [, v] = context.inputs;
  if (q === undefined || k === undefined || v === undefined) return;
  const [keys, values] = [repeatedHeads(graph, k), repeatedHeads(graph, v)];
  const shapes = [product, ...between].map(node => operandShape(graph, node.outputs[0]).slice(0, -2));
  const batches = [...shapes, ...[keys, values].flatMap(part => (part ? [part.batch] : []))];
  const batch = batches.reduce((a, b) => (b.length > a.length ? b : a));
  const full = elementCount(batch);
  const changes = keys || values || shapes.some(shape => !sameShape(shape, batch));
  if (!changes || shapes.some(shape => elementCount(shape) !== full)) return;
  const rewrite = new Rewrite(patch, context);
  const operand = (node: Node, id: ValueId, repeated?: Repeated): ValueId | undefined => {
    if (repeated && sameShape(repeated.batch, batch)) return repeated.write(rewrite);
    return matrixOver(rewrite, graph, id, operandShape(graph, node.outputs[0]).slice(0, -2), batch);
  };
  const [query, key, value] = [operand(product, q), operand(product, k, keys), operand(context, v, values)];
  if (query === undefined || key === undefined || value === undefined) return;
  const matrix = operandShape(graph, softmax.outputs[0]).slice(-2);
  const type = { shape: [...batch, ...matrix] };
  let scores = rewrite.step('MatMul', [query, key], type);
  let previous = product.outputs[0];
  for (const node of between) {
    const from = operandShape(graph, node.outputs[0]);
    const before = previous;
    previous = node.outputs[0];
    if (node.op === 'Reshape') continue;
    const inputs = node.inputs.map(id =>
      id === before ? scores : id === undefined ? undefined : over(rewrite, id, from, type.shape),
    );
    if (inputs.some((id, i) => id === undefined && node.inputs[i] !== undefined)) return;
    scores = rewrite.step(node.op, inputs, type, node.attributes);
  }
  const weights = rewrite.step('Softmax', [scores], type, { axis: attr.int(-1) });
  const result = operandShape(graph, context.outputs[0]);
  const means = rewrite.step('MatMul', [weights, value], { shape: [...batch, ...result.slice(-2)] });
  rewrite.finish(rewrite.reshape(means, result));
}

/** An operand that broadcast to results of the one shape, for results of the other; undefined where axes do not fit. */
function over(rewrite: Rewrite, id: ValueId, from: Shape, to: Shape): ValueId | undefined {
  const shape = rewrite.shape(id);
  const wanted = regrouped(shape, from, to);
  if (wanted === undefined) return undefined;
  return sameShape(shape, wanted) ? id : rewrite.reshape(id, wanted);
}

/** A matrix of a product; what turns it is done last, so that memory is looked at as it is. */
function matrixOver(
  rewrite: Rewrite,
  graph: Graph,
  id: ValueId,
  from: Shape,
  to: Shape,
): ValueId | undefined {
  const turned = turnedFrom(graph, id);
  if (turned === undefined) {
    const matrix = operandShape(graph, id).slice(-2);
    return over(rewrite, id, [...from, ...matrix], [...to, ...matrix]);
  }
  const straight = matrixOver(rewrite, graph, turned, from, to);
  return straight === undefined ? undefined : turn(rewrite, straight);
}

/** `from` and `to` hold the same elements in order: axes that form a group on both sides are all there, or all 1. */
function regrouped(shape: Shape, from: Shape, to: Shape): Shape | undefined {
  const own = [...new Array<number>(Math.max(0, from.length - shape.length)).fill(1), ...shape];
  const result: number[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const [firstFrom, firstTo] = [i, j];
    let [a, b] = [from[i++] ?? 1, to[j++] ?? 1];
    while (a !== b) {
      if (a < b) a *= from[i++] ?? Number.NaN;
      else b *= to[j++] ?? Number.NaN;
      if (Number.isNaN(a * b)) return undefined;
    }
    const given = own.slice(firstFrom, i);
    if (given.every(extent => extent === 1)) result.push(...to.slice(firstTo, j).map(() => 1));
    else if (sameShape(given, from.slice(firstFrom, i))) result.push(...to.slice(firstTo, j));
    else return undefined;
  }
  return result;
}

/** Keys or values of which each group of query heads has a copy. */
interface Repeated {
  /** … key heads, query heads per key head */
  readonly batch: Shape;
  /** the value without copies, 1 along the copies */
  readonly write: (rewrite: Rewrite) => ValueId;
}

/** (…, heads, 1, n, d) expanded to (…, heads, group, n, d), reshaped to (…, heads · group, n, d), maybe turned. */
function repeatedHeads(graph: Graph, id: ValueId): Repeated | undefined {
  const made = (from: ValueId | undefined, op: string): Node | undefined => {
    const node = from === undefined ? undefined : producerOf(graph, from);
    return node?.op === op ? node : undefined;
  };
  const turned = turnedFrom(graph, id);
  const merge = made(turned ?? id, 'Reshape');
  const expand = made(merge?.inputs[0], 'Expand');
  const [source] = expand?.inputs ?? [];
  if (!merge || !expand || source === undefined || !keepsMatrices(graph, merge)) return undefined;
  const wide = operandShape(graph, expand.outputs[0]);
  const narrow = operandShape(graph, source);
  const copies = narrow.length === wide.length && narrow.at(-3) === 1;
  if (!copies || !sameShape(narrow.toSpliced(-3, 1), wide.toSpliced(-3, 1))) return undefined;
  const write = (rewrite: Rewrite): ValueId => (turned === undefined ? source : turn(rewrite, source));
  return { batch: wide.slice(0, -2), write };
}
