// How a Pad node pads, in any of its spellings.

import { floatAttribute, intsAttribute, stringAttribute } from '../ir/attributes.ts';
import { valueOf } from '../ir/graph.ts';
import { constantNumbers } from '../ir/patch.ts';
import type { Graph, Node } from '../ir/types.ts';
import type { Outside, Padding } from './types.ts';

/** Padding with one number. */
export interface ConstantPadding extends Padding {
  readonly fill: number;
}

/** Padding with elements of the tensor itself. */
export interface Continuation extends Padding {
  readonly fill: Exclude<Outside, number>;
}

/** What a Pad does, as long as it is known and kernels know it. */
export const paddingOf = (graph: Graph, node: Node): Padding | undefined =>
  padOf(graph, node) ?? continuationOf(graph, node);

/** Amounts and fill of a constant Pad; undefined when they are not constant or it pads otherwise. */
export function padOf(graph: Graph, node: Node): ConstantPadding | undefined {
  if (stringAttribute(node, 'mode', 'constant') !== 'constant') return undefined;
  const amounts = amountsOf(graph, node);
  const fill =
    node.inputs[2] === undefined
      ? floatAttribute(node, 'value', 0)
      : constantNumbers(graph, node.inputs[2])?.[0];
  return amounts && fill !== undefined ? { ...amounts, fill } : undefined;
}

/** Amounts of a Pad that continues the tensor, where each side needs to look at every element once at most. */
export function continuationOf(graph: Graph, node: Node): Continuation | undefined {
  const mode = stringAttribute(node, 'mode', 'constant');
  if (mode !== 'reflect' && mode !== 'edge' && mode !== 'wrap') return undefined;
  const amounts = amountsOf(graph, node);
  const shape = node.inputs[0] === undefined ? [] : (valueOf(graph, node.inputs[0]).shape ?? []);
  const within = (list: readonly number[]) =>
    list.every(
      (amount, axis) => amount === 0 || (amount > 0 && amount <= mostAround(shape[axis] ?? 0, mode)),
    );
  return amounts && within(amounts.begin) && within(amounts.end) ? { ...amounts, fill: mode } : undefined;
}

/** Elements on either side of an axis that need to look at each of its own once at most. */
export function mostAround(extent: number, fill: Continuation['fill']): number {
  return fill === 'edge' ? Number.POSITIVE_INFINITY : fill === 'wrap' ? extent : extent - 1;
}

/** Part of a padded axis: elements from `at` on, which are the tensor's at from, from + step, … */
export interface Segment {
  readonly at: number;
  readonly count: number;
  readonly from: number;
  readonly step: number;
}

/** An axis that is continued by so many elements, in up to three parts: before, inside and behind the tensor. */
export function segmentsOf(
  extent: number,
  begin: number,
  end: number,
  fill: Continuation['fill'],
): { readonly before: Segment; readonly inside: Segment; readonly behind: Segment } {
  const before = { reflect: [begin, -1], edge: [0, 0], wrap: [extent - begin, 1] } as const;
  const behind = { reflect: [extent - 2, -1], edge: [extent - 1, 0], wrap: [0, 1] } as const;
  return {
    before: { at: 0, count: begin, from: before[fill][0], step: before[fill][1] },
    inside: { at: begin, count: extent, from: 0, step: 1 },
    behind: { at: begin + extent, count: end, from: behind[fill][0], step: behind[fill][1] },
  };
}

function amountsOf(graph: Graph, node: Node): { begin: number[]; end: number[] } | undefined {
  if (node.inputs[0] === undefined) return undefined;
  const rank = valueOf(graph, node.inputs[0]).shape?.length ?? 0;
  const amounts =
    intsAttribute(node, 'pads') ?? intsAttribute(node, 'paddings') ?? constantNumbers(graph, node.inputs[1]);
  const chosen =
    node.inputs[3] === undefined ? [...Array(rank).keys()] : constantNumbers(graph, node.inputs[3]);
  if (!amounts || !chosen || amounts.length !== 2 * chosen.length) return undefined;
  const begin = new Array<number>(rank).fill(0);
  const end = new Array<number>(rank).fill(0);
  chosen.forEach((axis, i) => {
    const at = axis < 0 ? axis + rank : axis;
    begin[at] = amounts[i] ?? 0;
    end[at] = amounts[i + chosen.length] ?? 0;
  });
  return { begin, end };
}
