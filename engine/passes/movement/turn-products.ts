// Values times turned weights, V · Pᵀ, as the turned product (P · Vᵀ)ᵀ: rows of a softmax are then the left operand,
// as wherever attention is, and need not be stored. Image models write it so (V as channels × places: Zhang et al.,
// "Self-Attention Generative Adversarial Networks", arXiv 1805.08318).

import { intAttribute } from '../../ir/attributes.ts';
import { consumersOf, producerOf, valueOf } from '../../ir/graph.ts';
import { Patch } from '../../ir/patch.ts';
import { normalizeAxis } from '../../ir/tensor.ts';
import type { Graph, Node, Shape, ValueId } from '../../ir/types.ts';
import type { Pass } from '../pass.ts';
import { Rewrite } from '../rewrite.ts';
import { turn, turnedFrom } from './turned.ts';

export const turnProducts: Pass = {
  name: 'turn products',
  run: graph => {
    const patch = new Patch(graph);
    for (const node of graph.nodes) if (node.op === 'MatMul') turnAt(graph, patch, node);
    return patch.build();
  },
};

function turnAt(graph: Graph, patch: Patch, node: Node): void {
  const [values, right] = node.inputs;
  const [output] = node.outputs;
  const weights = right === undefined ? undefined : turnedFrom(graph, right);
  if (values === undefined || right === undefined || output === undefined || weights === undefined) return;
  if (!isSoftmaxOfRows(graph, weights) || !isReadOnce(graph, weights) || !isReadOnce(graph, right)) return;
  const { dtype, shape = [] } = valueOf(graph, output);
  const batched = [values, weights].every(id => (valueOf(graph, id).shape?.length ?? 0) >= 2);
  if (dtype !== 'float32' || !batched) return;
  const rewrite = new Rewrite(patch, node);
  const product = rewrite.step('MatMul', [weights, turn(rewrite, values)], { shape: turnedShape(shape) });
  rewrite.finish(turn(rewrite, product));
}

const turnedShape = (shape: Shape): Shape => [...shape.slice(0, -2), ...shape.slice(-2).toReversed()];

function isSoftmaxOfRows(graph: Graph, id: ValueId): boolean {
  const node = producerOf(graph, id);
  const rank = valueOf(graph, id).shape?.length ?? 0;
  if (node?.op !== 'Softmax' || rank < 2) return false;
  return normalizeAxis(intAttribute(node, 'axis', node.version < 13 ? 1 : -1), rank) === rank - 1;
}

const isReadOnce = (graph: Graph, id: ValueId): boolean =>
  consumersOf(graph, id).length === 1 && !graph.outputs.includes(id);
