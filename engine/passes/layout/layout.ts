// Gives every value its order in memory. Operators with windows want channels innermost, and write so; elementwise
// operators and movements follow what they read; everything else is row-major. Kernels read any order through
// strides; the interpreter only row-major, so a 'Relayout' (an internal copy) stands before it where needed.

import { intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { consumersOf, valueOf } from '../../ir/graph.ts';
import { canonicalLayout, channelsLast, reshapedLayout } from '../../ir/layout.ts';
import { Patch } from '../../ir/patch.ts';
import { elementCount, normalizeAxis, sameShape } from '../../ir/tensor.ts';
import type { Graph, Layout, Node, Shape, ValueId } from '../../ir/types.ts';
import type { CompileOptions } from '../../options.ts';
import type { Pass } from '../pass.ts';
import { mergedAxes, merges } from './merged-axes.ts';
import { isView, viewLayout } from './views.ts';

/** How a kernel's outputs lie in memory. */
const SPATIAL: ReadonlySet<string> = new Set([
  'Conv',
  'ConvTranspose',
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'Resize',
  'DepthToSpace',
  'SpaceToDepth',
]);
const VIEWS: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Transpose']);
const ROW_MAJOR: ReadonlySet<string> = new Set(['MatMul', 'Gemm']);

/** Whether a node runs as a kernel. */
export type HasKernel = (graph: Graph, node: Node) => boolean;

/**
 * The layout pass. `hasKernel` says which nodes run as kernels: they follow the rules above, all others are
 * interpreted. With the layout option 'nchw' every value is row-major.
 */
export function layoutPass(hasKernel: HasKernel): Pass {
  return {
    name: 'assign layouts',
    run: (graph, { options }) => {
      const laidOut = withLayouts(graph, hasKernel, options);
      return laidOut === graph ? graph : relayoutWhereNeeded(laidOut, hasKernel);
    },
  };
}

/** The graph with every value's order in memory, whoever could not read that. */
export function withLayouts(
  graph: Graph,
  hasKernel: HasKernel,
  { layout: wanted, reference }: Pick<CompileOptions, 'layout' | 'reference'>,
): Graph {
  if (wanted === 'nchw' || reference) return graph;
  const values = [...graph.values];
  // Inputs' layouts are looked up in the graph under construction: nodes come in execution order.
  const current: Graph = { ...graph, values };
  for (const node of graph.nodes) {
    for (const id of node.outputs) {
      if (id === undefined) continue;
      const value = valueOf(graph, id);
      const layout = canonicalLayout(value.shape ?? [], layoutOf(current, node, id, hasKernel));
      if (layout) values[id] = { ...value, layout };
    }
  }
  return current;
}

function layoutOf(graph: Graph, node: Node, output: ValueId, hasKernel: HasKernel): Layout | undefined {
  const { shape } = valueOf(graph, output);
  if (!shape || graph.outputs.includes(output)) return undefined;
  const layout = wantedLayout(graph, node, output, hasKernel);
  // Asked of those only that would not be row-major anyway: to see whether there is a kernel takes the longest.
  const isPossible = () => hasKernel(graph, node) && isCopied(graph, node, output, hasKernel);
  return layout && isPossible() ? layout : undefined;
}

/** The layout that is best for a value of a node with a kernel. */
function wantedLayout(graph: Graph, node: Node, output: ValueId, hasKernel: HasKernel): Layout | undefined {
  const { shape = [] } = valueOf(graph, output);
  if (VIEWS.has(node.op)) {
    const layout = viewLayout(graph, node);
    return layout === 'copy' || isPicked(graph, output, layout) ? undefined : layout;
  }
  if (ROW_MAJOR.has(node.op)) return asTransposed(graph, output);
  if (SPATIAL.has(node.op)) {
    return shape.length >= 3 && !wantedRowMajor(graph, output, hasKernel)
      ? channelsLast(shape.length)
      : undefined;
  }
  if (isHandedOut(graph, output)) return undefined;
  const layout = followed(graph, node, shape.length);
  const [input] = node.inputs;
  const along = mergedAxes(node, shape.length);
  return input === undefined || merges(graph, input, shape, along) ? layout : undefined;
}

/**
 * Whether rows of it are picked, all in all as many elements as it has, that would not lie in one piece: a copy costs
 * less than reading them so.
 */
function isPicked(graph: Graph, id: ValueId, layout: Layout | undefined): boolean {
  const { shape = [] } = valueOf(graph, id);
  const last = shape.length - 1;
  if (layout === undefined || layout.at(-1) === last || graph.outputs.includes(id)) return false;
  const isPick = (node: Node): boolean =>
    node.op === 'Gather' &&
    node.inputs[0] === id &&
    normalizeAxis(intAttribute(node, 'axis', 0), shape.length) < last;
  const picks = consumersOf(graph, id).filter(isPick);
  const picked = picks.reduce((sum, { outputs: [y] }) => sum + sizeOf(graph, y), 0);
  return picked > 0 && picked >= elementCount(shape);
}

const sizeOf = (graph: Graph, id: ValueId | undefined): number =>
  id === undefined ? 0 : elementCount(valueOf(graph, id).shape ?? []);

/** Whether a kernel could bring the value into another order: what none copies stays row-major. */
function isCopied(graph: Graph, node: Node, output: ValueId, hasKernel: HasKernel): boolean {
  const ids = { inputs: [output], outputs: [output] };
  return hasKernel(graph, { ...node, ...ids, op: 'Relayout', version: 1, attributes: {} });
}

/**
 * A product whose only reader transposes it, behind a reshape maybe, is written in the order the transposed tensor has
 * when row-major, as long as its rows stay contiguous: the heads of attention come out side by side.
 */
function asTransposed(graph: Graph, id: ValueId): Layout | undefined {
  const { shape = [] } = valueOf(graph, id);
  const [reader, ...others] = consumersOf(graph, id);
  const [read] = reader?.outputs ?? [];
  if (!reader || read === undefined || others.length > 0 || graph.outputs.includes(id)) return undefined;
  const order = reader.op === 'Reshape' ? behindReshape(graph, read, shape) : transposition(reader);
  return order?.at(-1) === shape.length - 1 ? order : undefined;
}

const transposition = (node: Node): Layout | undefined =>
  node.op === 'Transpose' ? intsAttribute(node, 'perm') : undefined;

/** The order that a reshaped value is wanted in, for the value of this shape before. */
function behindReshape(graph: Graph, id: ValueId, before: Shape): Layout | undefined {
  const layout = asTransposed(graph, id);
  const { shape = [] } = valueOf(graph, id);
  const own = layout && reshapedLayout(shape, layout, before);
  return own === 'copy' ? undefined : own;
}

/** Channels of a group side by side that fill vectors. Groups of 2 to 4 took 8 to 50 % longer than row-major. */
const VECTOR_CHANNELS = 8;

/** Whether a normalisation would read a few channels of every pixel. */
function isByFewChannels(graph: Graph, node: Node): boolean {
  const [x] = node.inputs;
  if (node.op !== 'GroupNormalization' || x === undefined) return false;
  const [, channels = 1] = valueOf(graph, x).shape ?? [];
  const own = channels / intAttribute(node, 'num_groups');
  return own > 1 && own % VECTOR_CHANNELS > 0 && own < 2 * VECTOR_CHANNELS;
}

/** Every reader of the value would have to copy it from channels-last to row-major first, or is faster then. */
function wantedRowMajor(graph: Graph, id: ValueId, hasKernel: HasKernel): boolean {
  const { shape = [], ...value } = valueOf(graph, id);
  const values = [...graph.values];
  values[id] = { ...value, shape, layout: channelsLast(shape.length) };
  const trial = { ...graph, values };
  const readers = consumersOf(graph, id);
  return (
    readers.length > 0 &&
    readers.every(node =>
      VIEWS.has(node.op)
        ? viewLayout(trial, node) === 'copy'
        : !hasKernel(graph, node) || isByFewChannels(graph, node),
    )
  );
}

/** Whether it only is an output of the graph in another shape: callers find those row-major. */
function isHandedOut(graph: Graph, id: ValueId): boolean {
  const [reader, ...others] = consumersOf(graph, id);
  const [handed] = reader?.op === 'Reshape' ? reader.outputs : [];
  return handed !== undefined && others.length === 0 && graph.outputs.includes(handed);
}

/** The layout of the first operand that has one and the output's rank; whole operands before broadcast ones. */
function followed(graph: Graph, node: Node, rank: number): Layout | undefined {
  const operands = node.inputs.flatMap(id => (id === undefined ? [] : [valueOf(graph, id)]));
  const output = node.outputs[0] === undefined ? undefined : valueOf(graph, node.outputs[0]).shape;
  const whole = operands.filter(({ shape }) => shape && output && sameShape(shape, output));
  for (const { layout } of [...whole, ...operands]) if (layout?.length === rank) return layout;
  return undefined;
}

/** Its axes do not merge in the order its input has, so its output was made row-major. */
function mustCopyInput(graph: Graph, node: Node): boolean {
  const [input] = node.inputs;
  const { shape } = input === undefined ? {} : valueOf(graph, input);
  if (input === undefined || !shape) return false;
  return !merges(graph, input, shape, mergedAxes(node, shape.length));
}

function relayoutWhereNeeded(graph: Graph, hasKernel: HasKernel): Graph {
  const patch = new Patch(graph);
  const copies = new Map<ValueId, ValueId>();
  for (const node of graph.nodes) {
    if (!node.inputs.some(id => id !== undefined && valueOf(graph, id).layout)) continue;
    if (isView(graph, node) || (hasKernel(graph, node) && !mustCopyInput(graph, node))) continue;
    const drafts: Parameters<Patch['replace']>[1][number][] = [];
    const inputs = node.inputs.map(id => {
      const value = id === undefined ? undefined : valueOf(graph, id);
      if (id === undefined || !value?.layout) return id;
      const known = copies.get(id);
      if (known !== undefined) return known;
      const { layout: _, constant: __, ...fields } = value;
      const copy = patch.value({ ...fields, name: `${value.name}/row-major` });
      copies.set(id, copy);
      drafts.push({ op: 'Relayout', version: 1, inputs: [id], outputs: [copy], attributes: {} });
      return copy;
    });
    if (inputs.some((id, i) => id !== node.inputs[i])) {
      patch.replace(node, [...drafts, { op: node.op, inputs, outputs: node.outputs }]);
    }
  }
  return patch.build();
}
