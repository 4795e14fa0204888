// Which elements a Slice takes, in any of its spellings.

import { intsAttribute } from './attributes.ts';
import { valueOf } from './graph.ts';
import { sliceStart } from './ops/movement/movement.ts';
import { constantNumbers } from './patch.ts';
import type { Graph, Node } from './types.ts';

/** A Slice whose bounds are known. */
export interface SliceStart {
  /** first element and distance to the next, backwards where it is negative, for every axis */
  readonly starts: readonly number[];
  readonly steps: readonly number[];
}

/** Undefined when the bounds are not constant. */
export function sliceOf(graph: Graph, node: Node): SliceStart | undefined {
  if (node.inputs[0] === undefined) return undefined;
  const shape = valueOf(graph, node.inputs[0]).shape ?? [];
  const given = intsAttribute(node, 'starts') ?? constantNumbers(graph, node.inputs[1]);
  const axes =
    intsAttribute(node, 'axes') ?? constantNumbers(graph, node.inputs[3]) ?? given?.map((_, i) => i);
  const strides = constantNumbers(graph, node.inputs[4]) ?? given?.map(() => 1);
  const missing = [3, 4].some(i => node.inputs[i] !== undefined && !constantNumbers(graph, node.inputs[i]));
  if (!given || !axes || !strides || missing || strides.includes(0)) return undefined;
  const starts = shape.map(() => 0);
  const steps = shape.map(() => 1);
  axes.forEach((axis, i) => {
    const at = axis < 0 ? axis + shape.length : axis;
    const extent = shape[at] ?? 0;
    const [start = 0, step = 1] = [given[i], strides[i]];
    starts[at] = sliceStart(extent, start, step);
    steps[at] = step;
  });
  return { starts, steps };
}
