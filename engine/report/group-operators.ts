// What a fused group is called: by the operators that the file has. Passes rewrite some before they are fused (a MatMul
// with a bias becomes a Gemm), and whoever opened the file looks for what is in it.

import type { FusedGroup, NodeSummary } from './types.ts';

type KnownNodes = ReadonlyMap<number, Pick<NodeSummary, 'op' | 'subgraphs'>>;

/**
 * Operators of the group's nodes in the file, in its order; those the kernel computes where the file has none, or has
 * them in the body of one.
 */
export function groupOperators(
  group: Pick<FusedGroup, 'nodes' | 'ops'>,
  nodes: KnownNodes,
): readonly string[] {
  const ids = group.nodes.toSorted((a, b) => a - b);
  const given = ids.flatMap(id => nodes.get(id)?.op ?? []).filter(op => op !== 'Constant');
  return given.length > 0 && !isOfBody(group, nodes) ? given : group.ops;
}

/** Whether its operators stand in the body of an If, Loop or Scan, which is all that is known of where. */
export const isOfBody = ({ nodes: ids }: Pick<FusedGroup, 'nodes'>, nodes: KnownNodes): boolean =>
  ids.some(id => (nodes.get(id)?.subgraphs.length ?? 0) > 0);
