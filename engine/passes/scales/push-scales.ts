// A scale that stands behind views, sums and products of two computed matrices moves back through them into the
// weights where they come from: the scores of attention are scaled for nothing.

import { consumersOf, producerOf, valueOf } from '../../ir/graph.ts';
import type { Graph, Node, ValueId } from '../../ir/types.ts';

/** What has to be scaled in place of a value: products by constant weights, and other constants that nodes read. */
export interface ScaledParts<P> {
  readonly products: readonly P[];
  readonly constants: readonly { readonly node: Node; readonly index: number }[];
}

const VIEWS: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Transpose']);
const NOTHING: ScaledParts<never> = { products: [], constants: [] };

/**
 * Undefined where the value depends on something that cannot be scaled, or somebody else reads it unscaled. `productOf`:
 * what a node is as a product by constant weights.
 */
export function scaledParts<P>(
  graph: Graph,
  id: ValueId,
  productOf: (node: Node) => P | undefined,
): ScaledParts<P> | undefined {
  const node = producerOf(graph, id);
  if (!node || consumersOf(graph, id).length !== 1 || graph.outputs.includes(id)) return undefined;
  const part = (index: number): ScaledParts<P> | undefined => {
    const input = node.inputs[index];
    if (input === undefined) return undefined;
    const { constant, dtype } = valueOf(graph, input);
    if (!constant) return scaledParts(graph, input, productOf);
    return dtype === 'float32' ? { ...NOTHING, constants: [{ node, index }] } : undefined;
  };
  const product = productOf(node);
  if (product) return { ...NOTHING, products: [product] };
  if (VIEWS.has(node.op)) return part(0);
  // Read twice, it would be scaled twice.
  if (node.inputs[0] === node.inputs[1]) return undefined;
  if (node.op === 'MatMul') return computed(graph, node, 0) ? (part(0) ?? part(1)) : undefined;
  if (node.op !== 'Add' && node.op !== 'Sub') return undefined;
  const [a, b] = [part(0), part(1)];
  if (!a || !b) return undefined;
  return { products: [...a.products, ...b.products], constants: [...a.constants, ...b.constants] };
}

const computed = (graph: Graph, node: Node, index: number): boolean =>
  node.inputs[index] !== undefined && valueOf(graph, node.inputs[index]).constant === undefined;
