// What runs along axes: reductions, softmax and normalisations. Their iteration spaces put those axes last.

import type { Group } from '../../fusion/types.ts';
import { floatAttribute, intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { valueOf } from '../../ir/graph.ts';
import { constantNumbers } from '../../ir/patch.ts';
import { normalizeAxis } from '../../ir/tensor.ts';
import type { Graph, Node, Shape, ValueId } from '../../ir/types.ts';
import { cutOf, lineAxes } from '../../passes/layout/merged-axes.ts';
import { type Axes, cutShape, extentsOf } from '../access.ts';
import { epilogueOf, prologueOf, required, type SelectContext } from '../context.ts';
import type { ReduceSpec } from '../spec/axis.ts';
import type { KernelSpec } from '../spec/kernel.ts';

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

/** One kernel, the reduced axes last. */
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

/** One kernel; the axes that the operator runs over are one. */
export function selectSoftmax(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  return [{ kind: 'softmax', log: node.op === 'LogSoftmax', ...linesOf(context, group, node) }];
}

/** One kernel; scale and bias are in what is fused behind it. */
export function selectNormalize(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  return [
    {
      kind: 'normalize',
      rms: node.op === 'RMSNormalization',
      epsilon: floatAttribute(node, 'epsilon', 1e-5),
      ...linesOf(context, group, node),
    },
  ];
}

/**
 * What an operator reads and writes line by line. The axes that it runs over are the last ones; those of them are one
 * that lie behind one another in all memory that is touched.
 */
function linesOf(context: SelectContext, group: Group, node: Node) {
  const { x, input } = ends(context, node);
  const cut = cutOf(node);
  const space = cutShape(input, cut);
  const along = lineAxes(node, input.length);
  const outer = [...space.keys()].filter(axis => !along.includes(axis)).map(axis => [axis]);
  const read = (axes: Axes) => prologueOf(context, group, 0, x, axes, cut);
  const written = (axes: Axes) => epilogueOf(context, group, input, axes, cut);
  const line = mergedRuns(space, along, run => read([run]) !== undefined && written([run]) !== undefined);
  const axes: Axes = [...outer, ...line];
  return {
    outer: extentsOf(space, outer),
    line: extentsOf(space, line),
    input: required(read(axes), node.name),
    epilogue: required(written(axes), node.name),
  };
}

/** Axes in the longest runs that are one for all accesses; there is at least one, and axes of extent 1 are in none. */
function mergedRuns(space: Shape, axes: readonly number[], fits: (run: readonly number[]) => boolean): Axes {
  const real = axes.filter(axis => space[axis] !== 1);
  if (real.length < 2 || fits(real)) return [real];
  const runs: number[][] = [];
  for (const axis of real) {
    const longer = [...(runs.at(-1) ?? []), axis];
    if (runs.length > 0 && fits(longer)) runs[runs.length - 1] = longer;
    else runs.push([axis]);
  }
  return runs;
}
