// What joins a group: elementwise nodes behind it as long as they compute one result per result of the group. Every
// decision leaves a sentence that says why. What is done to an anchor's inputs before it is absorb.ts.

import { valueOf } from '../ir/graph.ts';
import { elementCount, sameShape } from '../ir/tensor.ts';
import type { Node, ValueId } from '../ir/types.ts';
import { widens } from '../ir/widening.ts';
import { hiddenBy } from '../passes/bounded/mask.ts';
import type { Draft, Drafts } from './drafts.ts';

/** Templates that take an expression behind their result. */
const POST: ReadonlySet<Draft['kind']> = new Set<Draft['kind']>([
  'elementwise',
  'convolution',
  'depthwise',
  'matmul',
  'pool',
  'reduce',
  'softmax',
  'normalize',
  'resize',
  'transposed',
]);

/** Whether the template stores its results through an expression. */
export const takesPost = (kind: Draft['kind']): boolean => POST.has(kind);

/**
 * Operators in one kernel. Longer ones were measured slower than two, however few values live at once: what is computed
 * of one element waits for itself, and the numbers of all operators do not fit the registers. 60 functions behind a
 * convolution took 2.6 times as long, 200 cheap operators in a row 1.7 times.
 */
export const MOST_NODES = 48;

/**
 * Merges a node with the groups that compute its operands, where that is legal. What widens a stored value waits for
 * readers that do so as they read it; see widening.ts. So does what hides all beyond a run-time extent: the group that
 * computes it may leave that out.
 */
export function joinProducers(drafts: Drafts, node: Node): void {
  const { graph } = drafts;
  if (!widens(graph, node) && !hiddenBy(graph, node)) joinGroups(drafts, node, node.inputs);
}

/** Merges a node's group with those that compute these values. */
export function joinGroups(drafts: Drafts, node: Node, values: readonly (ValueId | undefined)[]): void {
  if (drafts.of(node).kind !== 'elementwise') return;
  const producers = () => [...new Set(values.flatMap(id => drafts.producer(id) ?? []))];
  for (const producer of producers()) noteUnfit(drafts, producer, node);
  // A group with one more sentence is another object.
  const candidates = producers()
    .filter(({ kind }) => POST.has(kind))
    .sort(
      (a, b) =>
        Number(b.anchor !== undefined) - Number(a.anchor !== undefined) || last(drafts, b) - last(drafts, a),
    );
  for (const candidate of candidates) {
    const own = drafts.of(node);
    if (candidate === own || drafts.of(candidate.nodes[0] ?? node) === own) continue;
    const obstacle = obstacleTo(drafts, own, candidate);
    if (obstacle === undefined) merge(drafts, candidate, own, node);
    else note(drafts, candidate, obstacle);
  }
}

/** Says why a kernel whose results a node reads is none that it could join. */
function noteUnfit(drafts: Drafts, producer: Draft, node: Node): void {
  const { kind, anchor } = producer;
  if (kind === undefined || POST.has(kind)) return;
  if (kind !== 'view') {
    if (anchor)
      note(drafts, producer, `${node.name} stays apart: ${anchor.op} stores its results as they are`);
    return;
  }
  const behind = behindViews(drafts, producer);
  if (!behind?.anchor || !POST.has(behind.kind)) return;
  const { shape } = drafts.of(node);
  const obstacle = sameShape(shape, behind.shape)
    ? 'it reads these results in another order'
    : `its shape [${shape}] is not [${behind.shape}]`;
  note(drafts, behind, `${node.name} stays apart: ${obstacle}, with ${producer.nodes[0]?.op} between`);
}

/** What made the memory that views look at. */
function behindViews(drafts: Drafts, view: Draft): Draft | undefined {
  let at: Draft | undefined = view;
  while (at?.kind === 'view') at = drafts.producer(at.nodes[0]?.inputs[0]);
  return at;
}

const last = (drafts: Drafts, draft: Draft): number =>
  Math.max(...draft.nodes.map(node => drafts.position(node)));

/** What a group is called in sentences. */
export const head = (draft: Draft): string => (draft.anchor ?? draft.nodes[0])?.name ?? '';

/** Why two groups cannot be one, as a sentence; undefined when they can. */
function obstacleTo(drafts: Drafts, own: Draft, other: Draft): string | undefined {
  const name = own.nodes.at(-1)?.name;
  if (own.anchor && other.anchor) return `${name} stays apart: it already follows ${own.anchor.name}`;
  if (!sameShape(own.shape, other.shape)) {
    return elementCount(own.shape) > elementCount(other.shape)
      ? `${name} stays apart: it would compute this group again for each of [${own.shape}] instead of [${other.shape}]`
      : `${name} stays apart: its shape [${own.shape}] is not [${other.shape}]`;
  }
  if (own.nodes.length + other.nodes.length > MOST_NODES) {
    return `${name} stays apart: one kernel of more than ${MOST_NODES} operators is slower than two`;
  }
  const anchor = own.anchor ?? other.anchor;
  const [anchored, joining] = own.anchor ? [own, other] : [other, own];
  if (anchor && feeds(drafts, joining, anchored, anchor))
    return `${name} stays apart: part of it is an input of ${anchor.name}`;
  const between = drafts.between([own, other]);
  if (between) return `${name} stays apart: it also waits for ${head(between)}, which waits for this group`;
  return undefined;
}

/** Whether an anchor, or what is computed while it reads its inputs, needs results of a group that is to follow it. */
function feeds(drafts: Drafts, joining: Draft, { pre }: Draft, anchor: Node): boolean {
  return anchor.inputs.some((input, index) => {
    const before = pre.get(index) ?? [];
    const made = new Set(before.flatMap(({ outputs }) => outputs));
    const read = [input, ...before.flatMap(({ inputs }) => inputs)].filter(id => !made.has(id));
    return read.some(id => drafts.producer(id) === joining);
  });
}

function merge(drafts: Drafts, into: Draft, own: Draft, node: Node): void {
  const count = grouped(elementCount(into.shape));
  const residual =
    node.inputs.filter(id => id !== undefined && !valueOf(drafts.graph, id).constant).length > 1;
  const what = residual ? 'combines' : 'is applied to';
  const reason = `${node.op} ${node.name} ${what} each of the ${count} results while they are in registers`;
  drafts.replace({
    nodes: drafts.inOrder([...into.nodes, ...own.nodes]),
    kind: into.anchor ? into.kind : own.kind,
    anchor: into.anchor ?? own.anchor,
    shape: into.shape,
    pre: new Map([...into.pre, ...own.pre]),
    copies: [...into.copies, ...own.copies],
    // A node that combines results of two groups joins both.
    reasons: [...new Set([...into.reasons, ...own.reasons, reason])],
  });
}

/** Digits in threes. A formatter of the system's would take longer to load than all groups to find. */
const grouped = (count: number): string => `${count}`.replace(/\B(?=(?:\d{3})+$)/g, ',');

/** Leaves a sentence with a group, once. */
export function note(drafts: Drafts, draft: Draft, reason: string): void {
  const now = drafts.of(draft.nodes[0] as Node);
  if (now.reasons.includes(reason)) return;
  drafts.replace({ ...now, reasons: [...now.reasons, reason] });
}
