// Parts of a graph that are a function of one value: a node with what is computed for it alone, back to the single
// value all of it depends on. Elementwise operators and reductions only, so that such a function works on every
// line along the reduced axes by itself and can be tried on a few numbers.

import { intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { loadConstant } from '../../ir/constants/constant.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { consumersOf, producerOf, valueOf } from '../../ir/graph.ts';
import { constantNumbers } from '../../ir/patch.ts';
import { elementCount, normalizeAxis, sameShape } from '../../ir/tensor.ts';
import type { Graph, Node, Shape, Tensor, ValueId } from '../../ir/types.ts';
import { evaluateNode } from '../../reference/interpreter.ts';

const ELEMENTWISE: ReadonlySet<string> = new Set([
  ...[
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Pow',
    'Neg',
    'Abs',
    'Reciprocal',
    'Sqrt',
    'Exp',
    'Log',
    'Sum',
    'Min',
    'Max',
  ],
  ...['Erf', 'Tanh', 'Sigmoid', 'HardSigmoid', 'Softplus', 'Relu', 'LeakyRelu', 'Clip', 'Where'],
  ...['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Not'],
]);
const REDUCTIONS: ReadonlySet<string> = new Set([
  ...['ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceSumSquare', 'ReduceL2', 'ReduceLogSumExp', 'Softmax'],
]);

/** Nodes of the longest spelling known, and some. */
const MOST_NODES = 20;

/** Nodes through which one value, and constants, become another one. */
export interface Cone {
  readonly input: ValueId;
  readonly output: ValueId;
  /** in execution order */
  readonly nodes: readonly Node[];
  /** axes that are reduced, ascending; none for a function of single elements */
  readonly axes: readonly number[];
  /** constants of other than one element; they lie along the reduced axes */
  readonly parameters: readonly ValueId[];
  /** numbers that occur */
  readonly numbers: readonly number[];
}

/** All cones of a node, from the smallest on. */
export function conesOf(graph: Graph, node: Node): Cone[] {
  const [output] = node.outputs;
  const found: Cone[] = [];
  if (output === undefined || !ELEMENTWISE.has(node.op)) return found;
  const nodes = new Set<Node>([node]);
  const frontier = new Set(operandsOf(graph, node));
  while (nodes.size <= MOST_NODES) {
    const [only] = frontier;
    if (only === undefined) break;
    if (frontier.size === 1 && nodes.size > 1) {
      const cone = coneOf(graph, only, output, nodes);
      if (cone) found.push(cone);
    }
    const latest = [...frontier].reduce((a, b) => (depthOf(graph, b) > depthOf(graph, a) ? b : a));
    const producer = producerOf(graph, latest);
    const inside = consumersOf(graph, latest).every(reader => nodes.has(reader));
    const plain = producer && (ELEMENTWISE.has(producer.op) || REDUCTIONS.has(producer.op));
    if (!plain || !inside || graph.outputs.includes(latest)) break;
    frontier.delete(latest);
    nodes.add(producer);
    for (const id of operandsOf(graph, producer)) frontier.add(id);
  }
  return found;
}

const positions = new WeakMap<Graph, ReadonlyMap<Node, number>>();

/** Place of a value's producer among the nodes; −1 for inputs. */
function depthOf(graph: Graph, id: ValueId): number {
  let known = positions.get(graph);
  if (!known) {
    known = new Map(graph.nodes.map((node, index) => [node, index]));
    positions.set(graph, known);
  }
  const producer = producerOf(graph, id);
  return producer ? (known.get(producer) ?? -1) : -1;
}

/** Inputs that are computed; what tells axes or bounds is constant. */
const operandsOf = (graph: Graph, node: Node): ValueId[] =>
  node.inputs.flatMap(id => (id === undefined || valueOf(graph, id).constant ? [] : [id]));

function coneOf(graph: Graph, input: ValueId, output: ValueId, nodes: ReadonlySet<Node>): Cone | undefined {
  const { shape, dtype } = valueOf(graph, input);
  const result = valueOf(graph, output);
  if (!shape || !result.shape || dtype !== 'float32' || result.dtype !== 'float32') return undefined;
  if (!sameShape(shape, result.shape)) return undefined;
  const ordered = [...nodes].sort((a, b) => orderOf(graph, a) - orderOf(graph, b));
  const reduced = ordered
    .filter(({ op }) => REDUCTIONS.has(op))
    .map(node => axesOf(graph, node, shape.length));
  const [axes = []] = reduced;
  if (reduced.some(other => other === undefined || String(other) !== String(axes))) return undefined;
  const constants = new Set(ordered.flatMap(node => constantOperands(graph, node)));
  const parameters = [...constants].filter(id => elementCount(valueOf(graph, id).shape ?? []) !== 1);
  if (!parameters.every(id => liesAlong(valueOf(graph, id).shape ?? [], shape.length, axes)))
    return undefined;
  const numbers = [...constants].flatMap(id => {
    const [number, ...more] = constantNumbers(graph, id) ?? [];
    return number === undefined || more.length > 0 ? [] : [number];
  });
  return { input, output, nodes: ordered, axes, parameters, numbers };
}

const orderOf = (graph: Graph, node: Node): number =>
  node.outputs[0] === undefined ? -1 : depthOf(graph, node.outputs[0]);

/** Constants the node computes with, not those that name axes. */
export const constantOperands = (graph: Graph, node: Node): ValueId[] =>
  (REDUCTIONS.has(node.op) ? node.inputs.slice(0, 1) : node.inputs).flatMap(id =>
    id !== undefined && valueOf(graph, id).constant ? [id] : [],
  );

/** Axes of a reduction that keeps them, ascending. */
function axesOf(graph: Graph, node: Node, rank: number): number[] | undefined {
  if (node.op === 'Softmax') {
    return node.version < 13 ? undefined : [normalizeAxis(intAttribute(node, 'axis', -1), rank)];
  }
  const given = intsAttribute(node, 'axes') ?? constantNumbers(graph, node.inputs[1]);
  if (!given || given.length === 0 || intAttribute(node, 'keepdims', 1) === 0) return undefined;
  return given.map(axis => normalizeAxis(axis, rank)).sort((a, b) => a - b);
}

const liesAlong = (shape: Shape, rank: number, axes: readonly number[]): boolean =>
  shape.every((extent, i) => extent === 1 || axes.includes(rank - shape.length + i));

/** How a cone is tried. */
export interface Trial {
  readonly read: ReadBytes;
  /** in the place of its constants */
  readonly given?: ReadonlyMap<ValueId, Tensor>;
  /** hears of every node */
  readonly look?: (node: Node, inputs: readonly (Tensor | undefined)[], result: Tensor) => void;
}

/** The function's values for an input of any shape that has the cone's extents along its axes. */
export function valuesOf(
  graph: Graph,
  cone: Cone,
  input: Tensor,
  { read, given = new Map(), look }: Trial,
): Float32Array | undefined {
  const known = new Map<ValueId, Tensor>([...given, [cone.input, input]]);
  const tensorOf = (id: ValueId): Tensor | undefined => {
    const { constant } = valueOf(graph, id);
    return known.get(id) ?? (constant && loadConstant(constant, read));
  };
  for (const node of cone.nodes) {
    const inputs = node.inputs.map(id => (id === undefined ? undefined : tensorOf(id)));
    const [result] = evaluateNode(node, inputs, { read });
    const [output] = node.outputs;
    if (!result || output === undefined) return undefined;
    look?.(node, inputs, result);
    known.set(output, result);
  }
  const data = known.get(cone.output)?.data;
  return data instanceof Float32Array ? data : undefined;
}
