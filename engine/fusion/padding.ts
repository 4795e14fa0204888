// How a Pad node pads, in any of its spellings.

import { floatAttribute, intsAttribute, stringAttribute } from '../ir/attributes.ts';
import { valueOf } from '../ir/graph.ts';
import { constantNumbers } from '../ir/patch.ts';
import type { Graph, Node } from '../ir/types.ts';

export interface Padding {
  /** elements before and after each axis; negative ones crop */
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly fill: number;
}

/** Amounts and fill of a constant Pad; undefined when they are not constant or it pads otherwise. */
export function padOf(graph: Graph, node: Node): Padding | undefined {
  if (stringAttribute(node, 'mode', 'constant') !== 'constant') return undefined;
  const amounts = amountsOf(graph, node);
  const fill =
    node.inputs[2] === undefined
      ? floatAttribute(node, 'value', 0)
      : constantNumbers(graph, node.inputs[2])?.[0];
  return amounts && fill !== undefined ? { ...amounts, fill } : undefined;
}

/** Padding with elements of the tensor itself. */
export interface Continuation {
  readonly begin: readonly number[];
  readonly end: readonly number[];
  /** mirrored without the border, the border again and again, or the other end */
  readonly mode: 'reflect' | 'edge' | 'wrap';
}

/** Amounts of a Pad that continues the tensor, where each side needs to look at every element once at most. */
export function continuationOf(graph: Graph, node: Node): Continuation | undefined {
  const mode = stringAttribute(node, 'mode', 'constant');
  if (mode !== 'reflect' && mode !== 'edge' && mode !== 'wrap') return undefined;
  const amounts = amountsOf(graph, node);
  const shape = node.inputs[0] === undefined ? [] : (valueOf(graph, node.inputs[0]).shape ?? []);
  const most = (extent: number) =>
    mode === 'edge' ? Number.POSITIVE_INFINITY : mode === 'wrap' ? extent : extent - 1;
  const within = (list: readonly number[]) =>
    list.every((amount, axis) => amount === 0 || (amount > 0 && amount <= most(shape[axis] ?? 0)));
  return amounts && within(amounts.begin) && within(amounts.end) ? { ...amounts, mode } : undefined;
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
