// What becomes of a node, as far as passes and fusion ask: which kernel template it uses, and what that can take in.

import { dtypeSupported, primitiveSupported } from '../codegen/supports.ts';
import { takesPre } from '../fusion/absorb.ts';
import { takesPost } from '../fusion/grow.ts';
import { type KernelKind, kernelKind } from '../fusion/support.ts';
import type { Graph, Node, NodeId } from '../ir/types.ts';
import type { Role } from '../passes/movement/beside-kernels.ts';

/** The kernel template of a node; undefined where only the interpreter computes it. */
function kindOf(graph: Graph, node: Node): KernelKind | undefined {
  return kernelKind(graph, node, { primitive: primitiveSupported, dtype: dtypeSupported });
}

/** Whether there is a kernel for it. */
export const hasKernel = (graph: Graph, node: Node): boolean => kindOf(graph, node) !== undefined;

/** What passes that move elementwise operators ask of a node. */
export function roleOf(graph: Graph, node: Node): Role {
  const kind = kindOf(graph, node);
  const elementwise = kind === 'elementwise';
  return { elementwise, post: !elementwise && takesPost(kind), pre: takesPre(kind) };
}

/** The templates of all nodes that have one. */
export function kindsOf(graph: Graph): ReadonlyMap<NodeId, KernelKind> {
  const kinds = new Map<NodeId, KernelKind>();
  for (const node of graph.nodes) {
    const kind = kindOf(graph, node);
    if (kind) kinds.set(node.id, kind);
  }
  return kinds;
}
