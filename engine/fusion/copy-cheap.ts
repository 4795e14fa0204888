// A cheap value with several readers can be computed again in each of them instead of being stored once: decided by
// what both cost, in element accesses, when every reader can take a copy.

import { consumersOf, producerOf, valueOf } from '../ir/graph.ts';
import { elementCount, sameShape } from '../ir/tensor.ts';
import type { Node, ValueId } from '../ir/types.ts';
import { CHEAP_OPS } from './cheap-ops.ts';
import type { Draft, Drafts } from './drafts.ts';

/** One simple operation in a register, against one element read or written. */
const OPERATION = 0.25;
/** An element of an operand that is much smaller than the result: it stays in the first-level cache. */
const CACHED_READ = 0.25;

/** Gives every group that reads the node's result a copy of the node, where that is legal and pays. */
export function copyCheap(drafts: Drafts, node: Node, mostNodes: number): void {
  const { graph } = drafts;
  const [value] = node.outputs;
  const own = drafts.of(node);
  if (value === undefined || own.anchor === node || own.kind === 'view') return;
  if (!CHEAP_OPS.lessThanAccess.has(node.op)) return;
  if (graph.outputs.includes(value) || !drafts.needed(own).includes(value)) return;
  const readers = [...new Set(consumersOf(graph, value).map(reader => drafts.of(reader)))].filter(
    draft => draft !== own,
  );
  const alone = own.nodes.length === 1;
  if (
    readers.length + (alone ? 0 : 1) < 2 ||
    !readers.every(draft => canCopy(drafts, node, draft, mostNodes))
  )
    return;
  if (!node.inputs.every(id => id === undefined || isStored(drafts, id))) return;
  const { stored, again } = costs(drafts, node, readers.length, alone);
  if (again >= stored) return;
  const reason =
    `${node.op} ${node.name} is computed in each kernel that reads it: ${again.toFixed(2)} accesses per element, ` +
    `against ${stored.toFixed(2)} to store and read it`;
  for (const draft of readers) {
    const now = drafts.of(draft.nodes[0] ?? node);
    drafts.replace({ ...now, copies: [...now.copies, node], reasons: [...now.reasons, reason] });
  }
}

/** Whether the group reads the value in its expressions, element by element. */
function canCopy({ graph }: Drafts, node: Node, draft: Draft, mostNodes: number): boolean {
  const [value] = node.outputs;
  if (value === undefined || draft.kind === undefined || draft.kind === 'view') return false;
  const before = new Set([...draft.pre.values()].flat());
  const members = draft.nodes.filter(member => member.inputs.includes(value));
  const inside = members.every(member => member !== draft.anchor && !before.has(member));
  const shape = valueOf(graph, value).shape ?? [];
  return inside && sameShape(shape, draft.shape) && draft.nodes.length + draft.copies.length < mostNodes;
}

/** Whether an operand lies in memory anyway: nothing is stored only for the copies. */
function isStored(drafts: Drafts, id: ValueId): boolean {
  const { graph } = drafts;
  const producer = producerOf(graph, id);
  if (valueOf(graph, id).constant || !producer) return true;
  const draft = drafts.of(producer);
  return draft.kind !== undefined && drafts.needed(draft).includes(id);
}

/** Accesses per element of the result; operations count as parts of one. */
function costs(
  { graph }: Drafts,
  node: Node,
  readers: number,
  alone: boolean,
): { stored: number; again: number } {
  const count = (id: ValueId | undefined): number =>
    id === undefined ? 0 : elementCount(valueOf(graph, id).shape ?? []);
  const size = count(node.outputs[0]);
  const reads = node.inputs.reduce((sum, id) => {
    if (id === undefined || count(id) === 1) return sum;
    return sum + (4 * count(id) > size ? 1 : CACHED_READ);
  }, 0);
  const once = OPERATION + reads;
  return { stored: (alone ? once : 0) + 1 + readers, again: readers * once };
}
