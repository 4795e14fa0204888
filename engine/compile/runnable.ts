// Why a graph cannot become a program: reasons in the user's model or options, found before anything is emitted.

import type { KernelKind } from '../fusion/support.ts';
import { unsealed } from '../ir/dynamic.ts';
import { subgraphsOf, valueOf } from '../ir/graph.ts';
import type { Graph, NodeId } from '../ir/types.ts';
import { hasReference } from '../reference/interpreter.ts';

/** This graph cannot become a program: the user's model or options are the reason. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}

/** The caller brings tensors of fixed shapes; what is no tensor, and strings, go by as they are. */
export function checkInputs(graph: Graph): void {
  for (const id of graph.inputs) {
    const { name, dtype, shape, container } = valueOf(graph, id);
    if (container || (dtype && shape)) continue;
    throw new CompileError(`the ${dtype ? 'shape' : 'type'} of the input '${name}' is unknown`);
  }
}

/** What has neither a kernel nor a reference cannot run, in bodies either. */
export function checkRunnable(graph: Graph, kinds: ReadonlyMap<NodeId, KernelKind>): void {
  for (const node of graph.nodes) {
    const { id, name, op, version } = unsealed(node);
    if (!kinds.has(id) && !hasReference(op, version)) {
      throw new CompileError(`node '${name}': the operator ${op} of opset ${version} is not supported`);
    }
    for (const body of subgraphsOf(node)) checkRunnable(body, new Map());
  }
}
