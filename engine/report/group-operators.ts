// What a fused group is called: by the operators that the file has. Passes rewrite some before they are fused (a MatMul
// with a bias becomes a Gemm), and whoever opened the file looks for what is in it.

import type { FusedGroup, NodeSummary } from './types.ts';

/** Operators of the group's nodes in the file, in its order; those the kernel computes where the file has none. */
export function groupOperators(
  group: Pick<FusedGroup, 'nodes' | 'ops'>,
  nodes: ReadonlyMap<number, Pick<NodeSummary, 'op'>>,
): readonly string[] {
  const ids = group.nodes.toSorted((a, b) => a - b);
  const given = ids.flatMap(id => nodes.get(id)?.op ?? []).filter(op => op !== 'Constant');
  return given.length > 0 ? given : group.ops;
}
