// What runs along axes: reductions, softmax and normalisations. Their iteration spaces put those axes last.

import type { Group } from '../../fusion/types.ts';
import { floatAttribute, intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { valueOf } from '../../ir/graph.ts';
import { constantNumbers } from '../../ir/patch.ts';
import { normalizeAxis } from '../../ir/tensor.ts';
import type { Graph, Node, Shape, ValueId } from '../../ir/types.ts';
import { mergedAxes } from '../../passes/merged-axes.ts';
import { type Axes, extentsOf } from '../access.ts';
import { epilogueOf, prologueOf, required, type SelectContext } from '../context.ts';
import type { KernelSpec, ReduceSpec } from '../spec.ts';

const REDUCTIONS: Readonly<Record<string, ReduceSpec['op']>> = {
  GlobalAveragePool: 'mean',
  GlobalMaxPool: 'max',
  ReduceMean: 'mean',
  ReduceSum: 'sum',
  ReduceMax: 'max',
  ReduceMin: 'min',
  ReduceProd: 'prod',
  ReduceSumSquare: 'sumSquare',
};

function ends(context: SelectContext, node: Node) {
  const [x] = node.inputs;
  const [y] = node.outputs;
  if (x === undefined || y === undefined) throw new Error(`${node.name}: no input or output`);
  const shape = (id: ValueId): Shape => valueOf(context.graph, id).shape ?? [];
  return { x, input: shape(x), output: shape(y) };
}

/** Axes a reduction runs over, ascending. */
function reducedAxes(graph: Graph, node: Node, rank: number): number[] {
  const all = Array.from({ length: rank }, (_, axis) => axis);
  if (node.op.startsWith('Global')) return all.slice(2);
  const axes = intsAttribute(node, 'axes') ?? constantNumbers(graph, node.inputs[1]);
  if (axes === undefined || axes.length === 0) {
    return intAttribute(node, 'noop_with_empty_axes', 0) !== 0 ? [] : all;
  }
  return [...new Set(axes.map(axis => normalizeAxis(axis, rank)))].sort((a, b) => a - b);
}

export function selectReduce(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const { x, input, output } = ends(context, node);
  const reduced = reducedAxes(context.graph, node, input.length);
  const kept = [...input.keys()].filter(axis => !reduced.includes(axis));
  const keeps = node.op.startsWith('Global') || intAttribute(node, 'keepdims', 1) !== 0;
  const single = (axes: readonly number[]): Axes => axes.map(axis => [axis]);
  const op = REDUCTIONS[node.op];
  if (!op) throw new Error(`${node.op} is no reduction`);
  return [
    {
      kind: 'reduce',
      op,
      outer: kept.map(axis => input[axis] ?? 1),
      reduced: reduced.map(axis => input[axis] ?? 1),
      input: required(prologueOf(context, group, 0, x, single([...kept, ...reduced])), node.name),
      epilogue: required(
        epilogueOf(context, group, output, single(keeps ? kept : [...kept.keys()])),
        node.name,
      ),
    },
  ];
}

export function selectSoftmax(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const { x, input } = ends(context, node);
  const along = alongAxes(input, mergedAxes(node, input.length));
  return [
    {
      kind: 'softmax',
      log: node.op === 'LogSoftmax',
      outer: along.outer,
      axis: along.extent,
      input: required(prologueOf(context, group, 0, x, along.axes), node.name),
      epilogue: required(epilogueOf(context, group, input, along.axes), node.name),
    },
  ];
}

export function selectNormalize(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const { x, input } = ends(context, node);
  const along = alongAxes(input, mergedAxes(node, input.length));
  return [
    {
      kind: 'normalize',
      rms: node.op === 'RMSNormalization',
      epsilon: floatAttribute(node, 'epsilon', 1e-5),
      outer: along.outer,
      axis: along.extent,
      input: required(prologueOf(context, group, 0, x, along.axes), node.name),
      epilogue: required(epilogueOf(context, group, input, along.axes), node.name),
    },
  ];
}

/** All axes with these merged to one at the end. */
function alongAxes(shape: Shape, merged: readonly number[]) {
  const outer = [...shape.keys()].filter(axis => !merged.includes(axis)).map(axis => [axis]);
  const axes: Axes = [...outer, merged];
  const extents = extentsOf(shape, axes);
  return { axes, outer: extents.slice(0, -1), extent: extents.at(-1) ?? 1 };
}
