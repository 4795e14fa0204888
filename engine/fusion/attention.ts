// Attention: two products with a softmax between them become one group, so that scores exist for a few rows at a time
// only. Nothing is matched but that structure: what is done to scores before softmax (scale, mask, bias, capping) and
// to weights behind it is any expression, and transposes are views.

import { consumersOf, valueOf } from '../ir/graph.ts';
import { sameShape } from '../ir/tensor.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import { mergedAxes } from '../passes/layout/merged-axes.ts';
import type { Draft, Drafts } from './drafts.ts';

/** Makes one group of a product, the softmax of its left operand, and the product of which that is taken. */
export function joinAttention(drafts: Drafts, node: Node): void {
  const own = drafts.of(node);
  const softmax = drafts.producer(node.inputs[0]);
  if (own.kind !== 'matmul' || own.anchor !== node || softmax?.kind !== 'softmax') return;
  const product = softmax.pre.has(0) ? undefined : drafts.producer(softmax.anchor?.inputs[0]);
  const obstacle = obstacleTo(drafts, own, softmax, product);
  if (obstacle !== undefined || !product?.anchor) {
    // Said where it is looked for: the product of scores may be a group of several, the other one alone.
    for (const group of obstacle && product ? [product, own] : [])
      drafts.replace({ ...group, reasons: [...group.reasons, `${obstacle}`] });
    return;
  }
  const [rows = 1, keys = 1] = product.shape.slice(-2);
  const count = product.shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const nodes = drafts.inOrder([...product.nodes, ...softmax.nodes, ...own.nodes]);
  // What kept them apart before they were one.
  const isOver = (reason: string): boolean =>
    nodes.some(member => reason.startsWith(`${member.name} stays apart:`));
  const before = [product, softmax, own].flatMap(({ reasons }) => reasons);
  drafts.replace({
    ...own,
    kind: 'attention',
    nodes,
    copies: [...new Set([...product.copies, ...softmax.copies, ...own.copies])],
    attention: { product, softmax },
    reasons: [
      ...before.filter(reason => !isOver(reason)),
      `${product.anchor.name}, ${softmax.anchor?.name} and ${node.name} run block by block of rows: ` +
        `${count} matrices of ${rows} × ${keys} scores are never stored`,
    ],
  });
}

/** Why the three stay apart; undefined when they may be one, and empty when they have nothing to do with each other. */
function obstacleTo(
  drafts: Drafts,
  own: Draft,
  softmax: Draft,
  product: Draft | undefined,
): string | undefined {
  const { graph } = drafts;
  const [weights] = own.anchor?.inputs ?? [];
  const [scores] = softmax.anchor?.inputs ?? [];
  if (!product?.anchor || !softmax.anchor || product.kind !== 'matmul') return '';
  if (weights === undefined || scores === undefined || softmax.anchor.op !== 'Softmax') return '';
  // A Gemm may carry a bias or a transposed constant: no product of queries and keys.
  if (product.anchor.op !== 'MatMul' || own.anchor?.op !== 'MatMul') return '';
  const rank = product.shape.length;
  const along = mergedAxes(softmax.anchor, rank);
  const shaped = sameShape(valueOf(graph, scores).shape ?? [], product.shape);
  const sameBatch = sameShape(own.shape.slice(0, -2), product.shape.slice(0, -2));
  if (!shaped || !sameBatch || along.length !== 1 || along[0] !== rank - 1) return '';
  const name = product.anchor.name;
  if (drafts.needed(product).some(id => id !== scores || readBeside(graph, id, softmax))) {
    return `${name} stays apart: its scores are needed elsewhere too`;
  }
  if (
    drafts.needed(softmax).some(id => id !== weights || readBeside(graph, id, own)) ||
    own.anchor.inputs[1] === weights
  ) {
    return `${name} stays apart: the weights of ${softmax.anchor.name} are needed elsewhere too`;
  }
  const between = drafts.between([product, softmax, own]);
  return between ? `${name} stays apart: other nodes lie between it and ${own.anchor.name}` : undefined;
}

/** Whether the caller, or a node outside the group, reads a value too. */
const readBeside = (graph: Graph, id: ValueId, { nodes }: Draft): boolean =>
  graph.outputs.includes(id) || consumersOf(graph, id).some(reader => !nodes.includes(reader));
