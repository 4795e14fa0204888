// Nodes that move nothing: their output is their input's memory, looked at in another way.

import { intsAttribute } from '../../ir/attributes.ts';
import { valueOf } from '../../ir/graph.ts';
import { canonicalLayout, reshapedLayout, sameLayout, transposedLayout } from '../../ir/layout.ts';
import type { Graph, Layout, Node, Shape } from '../../ir/types.ts';

/** The layout its output must have for this node to be a view of its input; 'copy' when it cannot be one. */
export function viewLayout(graph: Graph, node: Node): Layout | undefined | 'copy' {
  const [input] = node.inputs;
  const [output] = node.outputs;
  if (input === undefined || output === undefined) return 'copy';
  const from = valueOf(graph, input);
  const to = valueOf(graph, output);
  if (from.constant || !from.shape || !to.shape || from.dtype !== to.dtype) return 'copy';
  switch (node.op) {
    case 'Identity':
      return canonicalLayout(from.shape, from.layout);
    case 'Reshape':
      return reshapedLayout(from.shape, from.layout, to.shape);
    case 'Transpose': {
      const permutation = intsAttribute(node, 'perm') ?? [...from.shape.keys()].reverse();
      return transposedLayout(from.shape, from.layout, permutation);
    }
    default:
      return 'copy';
  }
}

/** Whether the node moves nothing: its output is its input's memory. */
export function isView(graph: Graph, node: Node): boolean {
  const layout = viewLayout(graph, node);
  const output = node.outputs[0];
  if (layout === 'copy' || output === undefined) return false;
  const { shape, layout: actual } = valueOf(graph, output);
  return shape !== undefined && sameLayout(shape, layout, actual);
}

/**
 * For each axis of `from`, the axes of `to` that it was split into (axes of extent 1 belong to whichever comes
 * first). Undefined where a reshape joins axes.
 */
export function splitAxes(from: Shape, to: Shape): number[][] | undefined {
  let at = 0;
  const parts = from.map(extent => {
    const axes: number[] = [];
    let product = 1;
    while (product < extent && at < to.length) {
      product *= to[at] ?? 1;
      axes.push(at++);
    }
    return product === extent ? axes : undefined;
  });
  while (at < to.length && to[at] === 1) at++;
  return at === to.length && parts.every(axes => axes !== undefined) ? parts : undefined;
}
