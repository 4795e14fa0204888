// Matrices turned: the last two axes exchanged by a Transpose.

import { intsAttribute } from '../../ir/attributes.ts';
import { attr, producerOf, valueOf } from '../../ir/graph.ts';
import { sameShape } from '../../ir/tensor.ts';
import type { Graph, ValueId } from '../../ir/types.ts';
import type { Rewrite } from '../rewrite.ts';

/** The permutation that exchanges the last two axes. */
const swapped = (rank: number): number[] =>
  Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));

/** What is turned to get this. */
export function turnedFrom(graph: Graph, id: ValueId): ValueId | undefined {
  const node = producerOf(graph, id);
  const order = swapped(valueOf(graph, id).shape?.length ?? 0);
  const swaps = node?.op === 'Transpose' && sameShape(intsAttribute(node, 'perm') ?? [], order);
  return swaps ? node.inputs[0] : undefined;
}

/** Writes a turned matrix. */
export function turn(rewrite: Rewrite, id: ValueId): ValueId {
  const shape = rewrite.shape(id);
  const perm = swapped(shape.length);
  const turned = perm.map(axis => shape[axis] ?? 1);
  return rewrite.step('Transpose', [id], { shape: turned }, { perm: attr.ints(perm) });
}
