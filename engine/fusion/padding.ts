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
  if (stringAttribute(node, 'mode', 'constant') !== 'constant' || node.inputs[0] === undefined)
    return undefined;
  const rank = valueOf(graph, node.inputs[0]).shape?.length ?? 0;
  const amounts =
    intsAttribute(node, 'pads') ?? intsAttribute(node, 'paddings') ?? constantNumbers(graph, node.inputs[1]);
  const fill =
    node.inputs[2] === undefined
      ? floatAttribute(node, 'value', 0)
      : constantNumbers(graph, node.inputs[2])?.[0];
  const chosen =
    node.inputs[3] === undefined ? [...Array(rank).keys()] : constantNumbers(graph, node.inputs[3]);
  if (!amounts || fill === undefined || !chosen || amounts.length !== 2 * chosen.length) return undefined;
  const begin = new Array<number>(rank).fill(0);
  const end = new Array<number>(rank).fill(0);
  chosen.forEach((axis, i) => {
    const at = axis < 0 ? axis + rank : axis;
    begin[at] = amounts[i] ?? 0;
    end[at] = amounts[i + chosen.length] ?? 0;
  });
  return { begin, end, fill };
}
