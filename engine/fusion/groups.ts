// Grouping: which nodes run together as one kernel. Everything starts alone; elementwise nodes join the groups before
// them, then anchors take in what is computed for them alone. What results is written as expressions.

import type { Graph, Node, NodeId } from '../ir/types.ts';
import { isView } from '../passes/layout/views.ts';
import { absorbInputs } from './absorb.ts';
import { joinAttention } from './attention.ts';
import { buildGroup } from './build-group.ts';
import { copyCheap } from './copy-cheap.ts';
import { type Draft, Drafts } from './drafts.ts';
import { joinGroups, joinProducers, MOST_NODES, note } from './grow.ts';
import { unjoined } from './horizontal.ts';
import type { KernelKind } from './support.ts';
import type { Group } from './types.ts';
import { widenedElsewhere } from './widening.ts';

/** Which groups there may be. */
export interface GroupingOptions {
  /** false: every node its own group */
  readonly fusion: boolean;
  /** ids of groups that shall be single nodes */
  readonly disabledGroups: readonly string[];
}

/** A group with the kind of kernel that runs it; undefined is the interpreter, then it is a single node. */
export interface KindedGroup {
  readonly group: Group;
  readonly kind: KernelKind | undefined;
}

/** Groups in an order in which they can run. Views are in none: they cost nothing. */
export function groupNodes(
  graph: Graph,
  kinds: ReadonlyMap<NodeId, KernelKind>,
  options: GroupingOptions,
): KindedGroup[] {
  const kindOf = (node: Node): Draft['kind'] => (isView(graph, node) ? 'view' : kinds.get(node.id));
  const drafts = new Drafts(graph, kindOf);
  if (options.fusion) {
    for (const node of graph.nodes) joinProducers(drafts, node);
    for (const node of graph.nodes) if (drafts.of(node).anchor === node) absorbInputs(drafts, node);
    for (const [node, values] of widenedElsewhere(drafts)) joinGroups(drafts, node, values);
    for (const node of graph.nodes) copyCheap(drafts, node, MOST_NODES);
    for (const node of graph.nodes) joinAttention(drafts, node);
    const hasKernel = (_: Graph, node: Node): boolean => kinds.has(node.id);
    for (const [node, reason] of unjoined(graph, hasKernel)) note(drafts, drafts.of(node), reason);
    const disabled = new Set(options.disabledGroups);
    for (const draft of drafts.sorted()) {
      if (disabled.has(draft.nodes[0]?.name ?? '')) drafts.split(draft, kindOf);
    }
  }
  return drafts.sorted().flatMap(draft => {
    const { kind } = draft;
    return kind === 'view' || drafts.vanishes(draft) ? [] : [{ group: buildGroup(drafts, draft), kind }];
  });
}
