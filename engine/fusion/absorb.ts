// What joins a group before its anchor: what is computed for its inputs alone happens while they are read. First a Pad,
// which becomes part of how positions outside the input are read; then what is done to each element. Every decision
// leaves a sentence that says why.

import { intAttribute, intsAttribute } from '../ir/attributes.ts';
import { consumersOf, operandShape, valueOf } from '../ir/graph.ts';
import { elementCount, sameShape } from '../ir/tensor.ts';
import type { Node, ValueId } from '../ir/types.ts';
import { CHEAP_OPS } from './cheap-ops.ts';
import type { Draft, Drafts } from './drafts.ts';
import { head, note, takesPost } from './grow.ts';
import { paddingOf } from './padding.ts';
import type { KernelKind } from './support.ts';
import { canCopyBefore, copyBefore } from './widening.ts';

/** Anchor inputs that are read through an expression. */
const PRE: Readonly<Partial<Record<KernelKind, readonly number[]>>> = {
  convolution: [0],
  depthwise: [0],
  transposed: [0],
  matmul: [0, 1],
  pool: [0],
  reduce: [0],
  softmax: [0],
  normalize: [0],
  resize: [0],
};

/** Whether the template reads some input through an expression. */
export const takesPre = (kind: KernelKind | undefined): boolean =>
  kind !== undefined && PRE[kind] !== undefined;

/** Templates whose windows may look outside the input. */
const PADS: ReadonlySet<Draft['kind']> = new Set<Draft['kind']>([
  ...(['convolution', 'depthwise', 'transposed', 'pool'] as const),
]);
/** Templates that read their input several times: operators before them are computed each time. */
const READS_AGAIN: ReadonlySet<Draft['kind']> = new Set<Draft['kind']>([
  ...(['softmax', 'normalize', 'pool', 'resize', 'transposed'] as const),
]);

/** Takes into an anchor's group what is only computed for its inputs. */
export function absorbInputs(drafts: Drafts, anchor: Node): void {
  const { kind } = drafts.of(anchor);
  if (kind === undefined || kind === 'view') return;
  if (!takesPre(kind)) noteReadAsIs(drafts, anchor);
  for (const index of PRE[kind] ?? []) {
    if (PADS.has(kind)) absorbPad(drafts, anchor, index);
    absorbExpression(drafts, anchor, index);
  }
}

/** Says what is computed for an anchor that reads elements as they lie in memory. */
function noteReadAsIs(drafts: Drafts, anchor: Node): void {
  const producers = new Set(anchor.inputs.flatMap((_, index) => producerOf(drafts, anchor, index) ?? []));
  for (const producer of producers) {
    if (!takesPost(producer.kind)) continue;
    const reason = `${producer.nodes.at(-1)?.name} stays apart: ${anchor.op} reads its input as it lies in memory`;
    note(drafts, drafts.of(anchor), reason);
  }
}

/** The value that an anchor reads in front of what it took in. */
function sourceOf(drafts: Drafts, anchor: Node, index: number): ValueId | undefined {
  const [first] = drafts.of(anchor).pre.get(index) ?? [];
  return first ? first.inputs[0] : anchor.inputs[index];
}

/** The group that makes what the anchor reads, where it is float32 and the group another one. */
function producerOf(drafts: Drafts, anchor: Node, index: number): Draft | undefined {
  const id = sourceOf(drafts, anchor, index);
  const producer = drafts.producer(id);
  const floats = id !== undefined && valueOf(drafts.graph, id).dtype === 'float32';
  return floats && producer !== drafts.of(anchor) ? producer : undefined;
}

function absorb(drafts: Drafts, producer: Draft, anchor: Node, index: number, reason: string): void {
  const own = drafts.of(anchor);
  drafts.replace({
    ...own,
    nodes: drafts.inOrder([...producer.nodes, ...own.nodes]),
    pre: new Map([...own.pre, [index, [...producer.nodes, ...(own.pre.get(index) ?? [])]]]),
    copies: [...producer.copies, ...own.copies],
    reasons: [...own.reasons, reason],
  });
}

function absorbExpression(drafts: Drafts, anchor: Node, index: number): void {
  const producer = producerOf(drafts, anchor, index);
  if (!producer) return;
  const own = drafts.of(anchor);
  if (producer.anchor) {
    const obstacle = obstacleToAnchor(producer, own.kind, anchor);
    if (obstacle) note(drafts, own, obstacle);
    return;
  }
  const source = sourceOf(drafts, anchor, index);
  const copied = own.pre.get(index)?.some(node => own.copies.includes(node));
  if (copied || isShared(drafts, producer, anchor, source)) {
    if (source === anchor.inputs[index] && canCopyBefore(drafts, producer, anchor, index))
      copyBefore(drafts, producer, anchor, index);
    else note(drafts, own, sharedReason(producer));
    return;
  }
  const obstacle = obstacleBefore(drafts, own, producer, anchor);
  if (obstacle !== undefined) {
    note(drafts, own, obstacle);
    return;
  }
  const ops = producer.nodes.map(({ op }) => op).join(', ');
  const happen = producer.nodes.length === 1 ? 'happens' : 'happen';
  const reason = `${ops} ${happen} while ${anchor.name} reads its input: nothing else needs the result`;
  absorb(drafts, producer, anchor, index, reason);
}

/** Templates whose every result needs a row, or all, of what they read. */
const WHOLE_ROWS: ReadonlySet<Draft['kind']> = new Set<Draft['kind']>([
  ...(['normalize', 'softmax', 'reduce'] as const),
]);

/** Templates that can run depth-first. */
const IN_ROWS: ReadonlySet<Draft['kind']> = new Set<Draft['kind']>([
  ...(['convolution', 'depthwise', 'matmul', 'pool', 'resize'] as const),
]);

/** Why two kernels are not one; undefined for what has no memory of its own, or already its reason. */
function obstacleToAnchor(
  { kind, anchor: before }: Draft,
  into: Draft['kind'],
  anchor: Node,
): string | undefined {
  if (!before || (before.op === 'Pad' && PADS.has(into))) return undefined;
  if (WHOLE_ROWS.has(kind)) {
    return `${before.name} stays apart: its results need all of a row first, and ${anchor.name} would compute them again for each of its blocks`;
  }
  if (kind === 'movement') {
    return `${before.name} stays apart: ${before.op} moves elements to where ${anchor.name} does not read them by strides alone`;
  }
  if (kind === undefined || kind === 'view') return undefined;
  if (into !== undefined && WHOLE_ROWS.has(into)) {
    return `${before.name} stays apart: ${anchor.name} goes through whole rows, which are not made one after the other`;
  }
  const held =
    IN_ROWS.has(kind) && IN_ROWS.has(into) ? ', unless both run row by row, with depth-first on' : '';
  return `${before.name} stays apart: ${anchor.name} reads each of its results more than once, and would compute it again${held}`;
}

// Convolutions that each compute what all of them read, as they read it, took 1 to 6 % longer than with it stored
// (scale, shift and activation before 1×1 and 3×3 ones of 64 to 512 channels), though they access less.
const sharedReason = ({ nodes }: Draft): string =>
  `${nodes.at(-1)?.name} stays apart: its result is needed elsewhere too`;

/** Whether anything but this input of the anchor, or of the Pad before it, needs what the group computes. */
function isShared(drafts: Drafts, producer: Draft, anchor: Node, id: ValueId | undefined): boolean {
  if (id === undefined) return true;
  const { graph } = drafts;
  const uses = anchor.inputs.filter(input => input === id).length;
  return (
    consumersOf(graph, id).length > 1 ||
    uses > 1 ||
    graph.outputs.includes(id) ||
    drafts.needed(producer).some(value => value !== id)
  );
}

function obstacleBefore(drafts: Drafts, own: Draft, producer: Draft, anchor: Node): string | undefined {
  const name = producer.nodes.at(-1)?.name;
  if (READS_AGAIN.has(own.kind) && !producer.nodes.every(({ op }) => CHEAP_OPS.fewInstructions.has(op))) {
    return `${name} stays apart: ${anchor.op} reads its input several times and would compute it each time`;
  }
  return obstacleInPhases(drafts, own, producer, anchor) ?? obstacleBetween(drafts, own, producer, anchor);
}

/** A transposed convolution reads its input for every phase of its strides: so often, each operand is read. */
function obstacleInPhases(
  { graph }: Drafts,
  { kind }: Draft,
  producer: Draft,
  anchor: Node,
): string | undefined {
  if (kind !== 'transposed') return undefined;
  const phases = elementCount(intsAttribute(anchor, 'strides') ?? []);
  const inside = new Set(producer.nodes.flatMap(({ outputs }) => outputs));
  const whole = (id: ValueId): boolean => sameShape(valueOf(graph, id).shape ?? [], producer.shape);
  const operands = new Set(producer.nodes.flatMap(({ inputs }) => inputs)).difference(inside);
  const read = [...operands].filter(id => id !== undefined && whole(id)).length;
  const [together, apart] = [phases * read, read + 1 + phases];
  if (together <= apart) return undefined;
  const name = producer.nodes.at(-1)?.name;
  return `${name} stays apart: ${anchor.name} would access ${together} values per element in ${phases} phases, not ${apart}`;
}

function obstacleBetween(drafts: Drafts, own: Draft, producer: Draft, anchor: Node): string | undefined {
  const between = drafts.between([own, producer]);
  const name = producer.nodes.at(-1)?.name;
  return between ? `${name} stays apart: ${head(between)} lies between it and ${anchor.name}` : undefined;
}

function absorbPad(drafts: Drafts, anchor: Node, index: number): void {
  const producer = producerOf(drafts, anchor, index);
  const pad = producer?.anchor;
  if (!producer || pad?.op !== 'Pad') return;
  const own = drafts.of(anchor);
  const shared = isShared(drafts, producer, anchor, anchor.inputs[index]);
  const elsewhere = shared && !isForWindows(drafts, pad) ? sharedReason(producer) : undefined;
  const between = shared ? undefined : obstacleBetween(drafts, own, producer, anchor);
  const obstacle = elsewhere ?? obstacleToPad(drafts, pad, anchor, own.kind) ?? between;
  if (obstacle !== undefined) {
    note(drafts, own, obstacle);
    return;
  }
  const reason = `${pad.name} is how ${anchor.name} reads positions outside its input: nothing is copied for it`;
  if (!shared) absorb(drafts, producer, anchor, index, reason);
  else {
    const pre = new Map([...own.pre, [index, [pad]]]);
    drafts.replace({ ...own, pre, copies: [...own.copies, pad], reasons: [...own.reasons, reason] });
  }
}

/** Whether all that read what a Pad makes are windows that could each look at what it reads instead. */
function isForWindows(drafts: Drafts, pad: Node): boolean {
  const { graph } = drafts;
  const [padded] = pad.outputs;
  if (padded === undefined || graph.outputs.includes(padded)) return false;
  return consumersOf(graph, padded).every(reader => {
    const { kind, anchor } = drafts.of(reader);
    const once = reader.inputs.filter(id => id === padded).length === 1 && reader.inputs[0] === padded;
    return (
      once && anchor === reader && PADS.has(kind) && obstacleToPad(drafts, pad, reader, kind) === undefined
    );
  });
}

/** Why a window cannot be over what the Pad reads. Its own padding is 0, or left out, and lies around the Pad's. */
function obstacleToPad(drafts: Drafts, pad: Node, anchor: Node, kind: Draft['kind']): string | undefined {
  const padding = paddingOf(drafts.graph, pad);
  if (!padding) return `${pad.name} stays apart: how much it pads is not known, or goes round its input`;
  const { begin, end, fill } = padding;
  const pixels = [begin, end].every(
    amounts => amounts[0] === 0 && amounts[1] === 0 && amounts.every(amount => amount >= 0),
  );
  if (!pixels) return `${pad.name} stays apart: it does more than put pixels around an image`;
  const what = typeof fill === 'number' ? `${fill}` : `pixels (${fill})`;
  if (kind === 'transposed' && fill !== 0) {
    return `${pad.name} stays apart: around its ${what}, ${anchor.name} reads zeros`;
  }
  if (hasPadding(anchor) && (fill !== 0 || kind === 'pool')) {
    return `${pad.name} stays apart: around its ${what}, ${anchor.name} pads by itself`;
  }
  if (kind === 'pool' && intAttribute(anchor, 'ceil_mode', 0) !== 0) {
    return `${pad.name} stays apart: windows of ${anchor.name} reach beyond it`;
  }
  const repacked = kind === 'convolution' ? obstacleInStrips(drafts, anchor) : undefined;
  return repacked && `${pad.name} stays apart: ${repacked}`;
}

/** Bytes of input that a convolution packs at once, in multiply-adds the cost of packing one of its elements. */
const PACKED_BYTES = 256 * 1024;
const PACKING_COST = 8;
/** What packing the same rows again and again may cost, as a share of the convolution. */
const REPACKED_SHARE = 0.02;

/** Rows that windows share are packed for each few rows of results; apart, a Pad copies them once. */
function obstacleInStrips({ graph }: Drafts, anchor: Node): string | undefined {
  const [x, w] = anchor.inputs.map(id => operandShape(graph, id));
  const [outChannels = 1, channels = 1, ...kernel] = w ?? [];
  const columns = x?.at(-1) ?? 1;
  const [dilation = 1] = intsAttribute(anchor, 'dilations')?.slice(-2) ?? [];
  const span = kernel.length < 2 ? 1 : ((kernel.at(-2) ?? 1) - 1) * dilation + 1;
  const rows = Math.max(1, Math.floor(PACKED_BYTES / (4 * columns * channels)) - span + 1);
  const times = (rows + span - 1) / rows;
  const strides = elementCount(intsAttribute(anchor, 'strides') ?? []);
  const groups = intAttribute(anchor, 'group', 1);
  const work = ((outChannels / groups) * elementCount(kernel)) / strides;
  if (times <= 2 || times * PACKING_COST < REPACKED_SHARE * work) return undefined;
  return `its rows would be packed ${times.toFixed(1)} times for ${anchor.name}, once for every ${rows} rows of results`;
}

/** For a transposed convolution these are no pads but what is cut off, and no matter here. */
function hasPadding(anchor: Node): boolean {
  const { pads, auto_pad: auto } = anchor.attributes;
  const automatic = auto?.type === 'string' && auto.value.startsWith('SAME');
  return automatic || (pads?.type === 'ints' && pads.value.some(amount => amount !== 0));
}
