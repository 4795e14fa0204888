// Operators whose kernels run along several axes as if they were one: fastest where those lie behind one another in
// the memory of everything the kernel touches. The layout pass sees to that.

import { intAttribute } from '../../ir/attributes.ts';
import { valueOf } from '../../ir/graph.ts';
import { mergedStride, stridesOf } from '../../ir/layout.ts';
import { normalizeAxis } from '../../ir/tensor.ts';
import type { Graph, Node, Shape, ValueId } from '../../ir/types.ts';

const from = (first: number, rank: number): number[] =>
  Array.from({ length: rank - first }, (_, i) => first + i);

/**
 * The axes a softmax or normalisation runs along, none for other operators. Before opset 13 softmax ran over all
 * axes from the given one on; normalisations run over everything behind the channel, or from an axis on.
 */
export function mergedAxes(node: Node, rank: number): number[] {
  switch (node.op) {
    case 'Softmax':
    case 'LogSoftmax': {
      const axis = normalizeAxis(intAttribute(node, 'axis', node.version < 13 ? 1 : -1), rank);
      return node.version < 13 ? from(axis, rank) : [axis];
    }
    case 'InstanceNormalization':
    case 'GroupNormalization':
      return from(2, rank);
    case 'LayerNormalization':
    case 'RMSNormalization':
      return from(normalizeAxis(intAttribute(node, 'axis', -1), rank), rank);
    default:
      return [];
  }
}

/** Channels of a normalisation in groups are seen as groups of channels. */
export function cutOf(node: Node): { readonly axis: number; readonly parts: number } | undefined {
  return node.op === 'GroupNormalization' ? { axis: 1, parts: intAttribute(node, 'num_groups') } : undefined;
}

/** All axes that lines run over, of the input's shape with its channels cut. */
export function lineAxes(node: Node, rank: number): number[] {
  return cutOf(node) ? from(2, rank + 1) : mergedAxes(node, rank);
}

/** Whether the value, broadcast to the shape on the right, can be walked along these axes as one. */
export function merges(graph: Graph, id: ValueId, space: Shape, axes: readonly number[]): boolean {
  const { shape = [], layout } = valueOf(graph, id);
  const own = stridesOf(shape, layout);
  const skipped = space.length - shape.length;
  const strides = space.map((_, axis) =>
    (shape[axis - skipped] ?? 1) === 1 ? 0 : (own[axis - skipped] ?? 0),
  );
  return mergedStride(space, strides, axes) !== undefined;
}
