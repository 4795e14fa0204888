// What the steps of building a graph share, and how they name places.

import type { NodeIds } from '../ir/graph.ts';
import { type DiagnosticList, quoted } from './diagnostics.ts';
import type { FileModel, FileNode } from './file-model.ts';
import { type OrderedNodes, orderNodes } from './order.ts';

/** Nodes a model may have after functions were expanded: a few bytes can call for many. */
export const MAX_NODES = 1_000_000;

export interface BuildContext {
  readonly file: string;
  readonly model: FileModel;
  readonly diagnostics: DiagnosticList;
  readonly ids: NodeIds;
  /** nodes that may still be made; calls of functions count too */
  nodesLeft: number;
  /** domains whose missing version was reported */
  readonly reportedDomains: Set<string>;
  /** a function's nodes are ordered once, however often it is called */
  readonly orders: Map<readonly FileNode[], OrderedNodes>;
}

export const nodeWhere = (context: BuildContext, node: FileNode): string =>
  `${context.file}, byte ${node.at}, node ${quoted(node.name)} (${node.type})`;

/** The nodes in execution order; says so once when the file has them in another. */
export function orderOnce(context: BuildContext, nodes: readonly FileNode[], name: string): OrderedNodes {
  const known = context.orders.get(nodes);
  if (known) return known;
  const ordered = orderNodes(nodes);
  context.orders.set(nodes, ordered);
  for (const node of ordered.cyclic) {
    const problem = 'expected nodes without cycles, found one that needs its own result';
    context.diagnostics.error('cycle', nodeWhere(context, node), problem);
  }
  if (ordered.moved && ordered.cyclic.length === 0) {
    const problem = 'expected nodes in execution order, found some before what they need; they were sorted';
    context.diagnostics.warning('nodes-not-sorted', `${context.file}, graph ${quoted(name)}`, problem);
  }
  return ordered;
}
