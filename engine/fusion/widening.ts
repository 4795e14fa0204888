// Numbers stored in few bits stay so in memory: what makes them wider (a cast, a dequantisation) belongs to those who
// read them, each for itself. Only what no kernel takes in so joins the group that stored them, and then nothing is
// stored in between.

import { consumersOf, producerOf, valueOf } from '../ir/graph.ts';
import type { Node, ValueId } from '../ir/types.ts';
import { widens } from '../ir/widening.ts';
import { CHEAP_OPS } from './cheap-ops.ts';
import type { Draft, Drafts } from './drafts.ts';

/** Whether the group only makes stored numbers wider, at next to no cost. */
function isWidening({ graph }: Drafts, { anchor, kind, nodes }: Draft): boolean {
  const known = (id: ValueId | undefined): boolean => {
    if (id === undefined || valueOf(graph, id).constant) return true;
    const producer = producerOf(graph, id);
    return producer !== undefined && nodes.includes(producer);
  };
  return (
    anchor === undefined &&
    kind === 'elementwise' &&
    nodes.every(node => CHEAP_OPS.widening.has(node.op) && (widens(graph, node) || node.inputs.every(known)))
  );
}

/** Whether the anchor can compute its input itself although others need it too. */
export function canCopyBefore(drafts: Drafts, producer: Draft, anchor: Node, index: number): boolean {
  const input = anchor.inputs[index];
  const others = drafts.needed(producer).filter(id => id !== input);
  const once = anchor.inputs.filter(id => id === input).length === 1;
  const stored = input !== undefined && drafts.graph.outputs.includes(input);
  return (
    once &&
    !stored &&
    others.length === 0 &&
    isWidening(drafts, producer) &&
    !drafts.between([drafts.of(anchor), producer])
  );
}

/** The anchor computes its input itself. */
export function copyBefore(drafts: Drafts, producer: Draft, anchor: Node, index: number): void {
  const own = drafts.of(anchor);
  const reason =
    `${producer.nodes.at(-1)?.name} is computed in each of the kernels that read it ` +
    `(${consumersOf(drafts.graph, anchor.inputs[index] ?? (-1 as ValueId)).length}), from narrower numbers`;
  drafts.replace({
    ...own,
    copies: [...own.copies, ...producer.nodes],
    pre: new Map([...own.pre, [index, producer.nodes]]),
    reasons: [...own.reasons, reason],
  });
}

/** What widens stored values and was taken in by no anchor, each with the values its group so widens. */
export function* widenedElsewhere(
  drafts: Drafts,
): Generator<readonly [Node, readonly (ValueId | undefined)[]]> {
  const { graph } = drafts;
  const copied = new Set(graph.nodes.flatMap(node => drafts.of(node).copies));
  for (const node of graph.nodes) {
    // What others compute again reads its operands there: they must be stored.
    if (!widens(graph, node) || copied.has(node)) continue;
    const members = drafts.of(node).nodes.filter(member => widens(graph, member));
    yield [node, members.flatMap(member => member.inputs)];
  }
}
