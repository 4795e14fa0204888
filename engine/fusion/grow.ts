// What joins a group: elementwise nodes behind it as long as they compute one result per result of the group, and
// what is done to an anchor's inputs before it. Every decision leaves a sentence that says why.

import { consumersOf, producerOf, valueOf } from '../ir/graph.ts';
import { elementCount, sameShape } from '../ir/tensor.ts';
import type { Node, ValueId } from '../ir/types.ts';
import { widens } from '../ir/widening.ts';
import { hiddenBy } from '../passes/bounded/mask.ts';
import { mergedAxes, merges } from '../passes/merged-axes.ts';
import type { Draft, Drafts } from './drafts.ts';
import { padOf } from './padding.ts';
import type { KernelKind } from './support.ts';
import { canCopyBefore, copyBefore } from './widening.ts';

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

/** Anchor inputs that are read through an expression. */
const PRE: Readonly<Partial<Record<KernelKind, readonly number[]>>> = {
  convolution: [0],
  depthwise: [0],
  matmul: [0, 1],
  pool: [0],
  reduce: [0],
  softmax: [0],
  normalize: [0],
  resize: [0],
};

/** Operations in one expression; beyond that, values no longer fit the registers and code grows without gain. */
export const MOST_NODES = 48;
/** Templates that read their input several times, and what that allows: operators that cost next to nothing. */
const READS_AGAIN: ReadonlySet<Draft['kind']> = new Set<Draft['kind']>([
  ...(['softmax', 'normalize', 'pool', 'resize'] as const),
]);
const CHEAP: ReadonlySet<string> = new Set([
  ...['Add', 'Sub', 'Mul', 'Neg', 'Relu', 'Clip', 'Max', 'Min', 'Abs', 'Where', 'Cast'],
]);

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
  const producers = new Set(values.flatMap(id => drafts.producer(id) ?? []));
  const candidates = [...producers]
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

const last = (drafts: Drafts, draft: Draft): number =>
  Math.max(...draft.nodes.map(node => drafts.position(node)));

const head = (draft: Draft): string => (draft.anchor ?? draft.nodes[0])?.name ?? '';

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
    return `${name} stays apart: ${MOST_NODES} operators fill the registers`;
  }
  const anchor = own.anchor ?? other.anchor;
  const { pre } = own.anchor ? own : other;
  const feeds = anchor?.inputs.some((id, index) => {
    const producer = pre.has(index) ? undefined : drafts.producer(id);
    return producer === own || producer === other;
  });
  if (anchor && feeds) return `${name} stays apart: part of it is an input of ${anchor.name}`;
  if (anchor && !allMerge(drafts, anchor, own.anchor ? other : own)) {
    return `${name} stays apart: the order of its operands in memory is not that of ${anchor.name}`;
  }
  const between = drafts.between([own, other]);
  if (between) return `${name} stays apart: it also waits for ${head(between)}, which waits for this group`;
  return undefined;
}

/** An anchor that runs along several axes as one must find them so in all that joins it. */
function allMerge({ graph }: Drafts, anchor: Node, joining: Draft): boolean {
  const axes = mergedAxes(anchor, joining.shape.length);
  const values = joining.nodes.flatMap(node => [...node.inputs, ...node.outputs]);
  return axes.length < 2 || values.every(id => id === undefined || merges(graph, id, joining.shape, axes));
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
    reasons: [...into.reasons, ...own.reasons, reason],
  });
}

/** Digits in threes. A formatter of the system's would take longer to load than all groups to find. */
const grouped = (count: number): string => `${count}`.replace(/\B(?=(?:\d{3})+$)/g, ',');

function note(drafts: Drafts, draft: Draft, reason: string): void {
  const now = drafts.of(draft.nodes[0] as Node);
  drafts.replace({ ...now, reasons: [...now.reasons, reason] });
}

/** Takes into an anchor's group what is only computed for its inputs. */
export function absorbInputs(drafts: Drafts, anchor: Node): void {
  const { kind } = drafts.of(anchor);
  if (kind === undefined || kind === 'view') return;
  for (const index of PRE[kind] ?? []) {
    const own = drafts.of(anchor);
    const producer = drafts.producer(anchor.inputs[index]);
    if (!producer || producer === own) continue;
    const obstacle = obstacleBefore(drafts, own, producer, anchor, index);
    if (obstacle === 'unrelated') continue;
    if (obstacle === SHARED && canCopyBefore(drafts, producer, anchor, index)) {
      copyBefore(drafts, producer, anchor, index);
      continue;
    }
    if (obstacle !== undefined) {
      note(drafts, own, obstacle === SHARED ? sharedReason(producer) : obstacle);
      continue;
    }
    const ops = producer.nodes.map(({ op }) => op).join(', ');
    drafts.replace({
      ...own,
      nodes: drafts.inOrder([...producer.nodes, ...own.nodes]),
      pre: new Map([...own.pre, [index, producer.nodes]]),
      reasons: [
        ...own.reasons,
        `${ops} happens while ${anchor.name} reads its input: nothing else needs the result`,
      ],
    });
  }
}

const SHARED = 'shared';
const sharedReason = ({ nodes }: Draft): string =>
  `${nodes.at(-1)?.name} stays apart: its result is needed elsewhere too`;

function obstacleBefore(
  drafts: Drafts,
  own: Draft,
  producer: Draft,
  anchor: Node,
  index: number,
): string | undefined {
  const id = anchor.inputs[index];
  if (id === undefined || valueOf(drafts.graph, id).dtype !== 'float32') return 'unrelated';
  const pads = producer.nodes.length === 1 && isAbsorbablePad(drafts, producer, anchor, own.kind);
  if (producer.anchor && !pads) return 'unrelated';
  const name = producer.nodes.at(-1)?.name;
  const readers = consumersOf(drafts.graph, id);
  const uses = anchor.inputs.filter(input => input === id).length;
  const needed = drafts.needed(producer);
  if (
    readers.length > 1 ||
    uses > 1 ||
    needed.some(value => value !== id) ||
    drafts.graph.outputs.includes(id)
  ) {
    return SHARED;
  }
  if (READS_AGAIN.has(own.kind) && !producer.nodes.every(({ op }) => CHEAP.has(op))) {
    return `${name} stays apart: ${anchor.op} reads its input several times and would compute it each time`;
  }
  if (!allMerge(drafts, anchor, producer)) {
    return `${name} stays apart: the order of its operands in memory is not that of ${anchor.name}`;
  }
  const between = drafts.between([own, producer]);
  return between ? `${name} stays apart: ${head(between)} lies between it and ${anchor.name}` : undefined;
}

/** A window's own padding is 0, so another fill can only be absorbed where the window has none. */
function isAbsorbablePad(drafts: Drafts, producer: Draft, anchor: Node, kind: Draft['kind']): boolean {
  const [node] = producer.nodes;
  if (!node || (kind !== 'convolution' && kind !== 'depthwise')) return false;
  const padding = node.op === 'Pad' ? padOf(drafts.graph, node) : undefined;
  if (!padding) return false;
  const spatial = [padding.begin, padding.end].every(
    amounts => amounts[0] === 0 && amounts[1] === 0 && amounts.every(amount => amount >= 0),
  );
  return (
    spatial &&
    (padding.fill === 0 || !hasPadding(anchor)) &&
    producerOf(drafts.graph, node.outputs[0] ?? (0 as never)) === node
  );
}

function hasPadding(anchor: Node): boolean {
  const { pads, auto_pad: auto } = anchor.attributes;
  const automatic = auto?.type === 'string' && auto.value.startsWith('SAME');
  return automatic || (pads?.type === 'ints' && pads.value.some(amount => amount !== 0));
}
