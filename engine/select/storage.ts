// Where every value lies relative to the buffer that owns its memory. Views own nothing: a reshape, a transpose or a
// slice is its input's memory under other strides, the parts of a concatenation are written where the whole wants
// them, and what is as long as a run says lies in its capacity. Offsets of the buffers are the planner's.

import type { KindedGroup } from '../fusion/groups.ts';
import type { KernelKind } from '../fusion/support.ts';
import { intAttribute, intsAttribute } from '../ir/attributes.ts';
import { isBounded, isHost, unsealed } from '../ir/dynamic.ts';
import { consumersOf, operandShape, producerOf, valueOf } from '../ir/graph.ts';
import { sameLayout, stridesOf } from '../ir/layout.ts';
import { isFit } from '../ir/ops/control/bounded.ts';
import { sliceOf } from '../ir/slice.ts';
import { normalizeAxis } from '../ir/tensor.ts';
import type { Graph, Node, NodeId, Shape, ValueId } from '../ir/types.ts';
import { mergedAxes } from '../passes/layout/merged-axes.ts';
import { isView, splitAxes } from '../passes/layout/views.ts';

/** Element (i0, i1, …) of a value lies at the owner's buffer + offset + Σ i_k · strides[k]; all in elements. */
export interface Storage {
  readonly owner: ValueId;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** By value; constants have none. */
export type Storages = ReadonlyMap<ValueId, Storage>;

/** What the nodes run on. */
interface Kernels {
  readonly kinds: ReadonlyMap<NodeId, KernelKind>;
  /** members of groups that run along several axes as one, which memory with gaps would break */
  readonly unbroken: ReadonlySet<NodeId>;
}

/** A value that is a box inside another one's memory. */
interface Inside {
  readonly whole: ValueId;
  /** first element along each axis of the whole, and how far the next one is */
  readonly start: readonly number[];
  readonly steps?: readonly number[];
}

/** A value that, seen in another way maybe, is a part of another one: in its place there where that has no gaps. */
interface Piece extends Inside {
  readonly part: ValueId;
}

/** Storage of everything that is no constant, for a grouped graph. */
export function storagesOf(graph: Graph, groups: readonly KindedGroup[]): Storages {
  const kernels = kernelsOf(graph, groups);
  const inside = boxesOf(graph, kernels);
  const pieces = piecesOf(graph, kernels, inside);
  const storages = new Map<ValueId, Storage>();
  const place = (id: ValueId): Storage => {
    const known = storages.get(id);
    if (known) return known;
    const { shape = [], layout } = valueOf(graph, id);
    const own = { owner: id, offset: 0, strides: stridesOf(shape, layout) };
    const box = inside.get(id);
    const piece = pieces.get(id);
    const producer = producerOf(graph, id);
    const [source] = producer?.inputs ?? [];
    let storage: Storage = own;
    if (box) storage = boxIn(place(box.whole), box);
    else if (piece) storage = pieceIn(graph, place(piece.whole), piece, own);
    else if (producer && source !== undefined && isFit(producer.op)) storage = place(source);
    else if (producer && source !== undefined && isView(graph, producer)) {
      storage = viewOf(graph, producer, place(source), own.strides);
    }
    storages.set(id, storage);
    return storage;
  };
  const outputs = graph.nodes.flatMap(node => node.outputs.filter(id => id !== undefined));
  for (const id of [...graph.inputs, ...outputs]) {
    const value = valueOf(graph, id);
    if (!value.constant && !isHost(value)) place(id);
  }
  return storages;
}

/** The input's memory as the output of a view sees it. Only views that keep axes may look at memory with gaps. */
function viewOf(graph: Graph, node: Node, source: Storage, dense: readonly number[]): Storage {
  const { from, to } = shapesOf(graph, node);
  if (node.op === 'Transpose') {
    const permutation = intsAttribute(node, 'perm') ?? [...from.keys()].reverse();
    return { ...source, strides: permutation.map(axis => source.strides[axis] ?? 0) };
  }
  const parts = splitAxes(from, to);
  if (!parts) return { ...source, strides: dense };
  const strides = to.map(() => 0);
  parts.forEach((axes, axis) => {
    let stride = source.strides[axis] ?? 0;
    for (const at of axes.toReversed()) {
      if (to[at] === 1) continue;
      strides[at] = stride;
      stride *= to[at] ?? 1;
    }
  });
  return { ...source, strides };
}

/** Of the first input and the first output. */
function shapesOf(graph: Graph, { inputs, outputs }: Node): Readonly<Record<'from' | 'to', Shape>> {
  return { from: operandShape(graph, inputs[0]), to: operandShape(graph, outputs[0]) };
}

/** Whether a view's output has its input's axes, in another order, split, or with others of extent 1 between them. */
function keepsAxes(graph: Graph, node: Node): boolean {
  if (node.op === 'Transpose') return true;
  const { from, to } = shapesOf(graph, node);
  return splitAxes(from, to) !== undefined;
}

/** Storage when every node is interpreted: every value owns its memory, row-major. */
export function separateStorages(graph: Graph): Storages {
  const storages = new Map<ValueId, Storage>();
  for (const value of graph.values) {
    if (!value || value.constant || isHost(value)) continue;
    storages.set(value.id, { owner: value.id, offset: 0, strides: stridesOf(value.shape ?? []) });
  }
  return storages;
}

function kernelsOf(graph: Graph, groups: readonly KindedGroup[]): Kernels {
  const kinds = new Map<NodeId, KernelKind>();
  const unbroken = new Set<NodeId>();
  const nodes = new Map(graph.nodes.map(node => [node.id, node]));
  for (const { group, kind } of groups) {
    const anchor = group.anchor === undefined ? undefined : nodes.get(group.anchor);
    const [input] = anchor?.inputs ?? [];
    const rank = input === undefined ? 0 : (valueOf(graph, input).shape?.length ?? 0);
    for (const id of group.nodes) {
      if (kind) kinds.set(id, kind);
      if (anchor && mergedAxes(anchor, rank).length > 1) unbroken.add(id);
    }
  }
  return { kinds, unbroken };
}

function boxIn({ owner, offset, strides }: Storage, { start, steps }: Inside): Storage {
  const shift = start.reduce((sum, index, axis) => sum + index * (strides[axis] ?? 0), 0);
  const own = steps ? strides.map((stride, axis) => stride * (steps[axis] ?? 1)) : strides;
  return { owner, offset: offset + shift, strides: own };
}

/** Its elements as it counts them, from where the part begins; memory of its own where the part would have gaps. */
function pieceIn(graph: Graph, whole: Storage, piece: Piece, own: Storage): Storage {
  const { owner, offset, strides } = boxIn(whole, piece);
  const { shape = [], layout } = valueOf(graph, piece.part);
  const dense = stridesOf(shape, layout);
  const isDense = shape.every((extent, axis) => extent === 1 || strides[axis] === dense[axis]);
  return isDense ? { owner, offset, strides: own.strides } : own;
}

/** Slices and parts of splits inside what they are cut from, parts of concatenations inside the whole. */
function boxesOf(graph: Graph, kernels: Kernels): Map<ValueId, Inside> {
  const inside = new Map<ValueId, Inside>();
  for (const node of graph.nodes) {
    if (kernels.kinds.get(node.id) !== 'movement') continue;
    for (const [id, box] of cutBoxes(graph, node)) {
      const steps = box.steps?.some(step => step !== 1);
      if (steps && !isReadInLoops(graph, kernels, id)) continue;
      if (canBeStrided(graph, kernels, id)) inside.set(id, box);
    }
  }
  for (const node of graph.nodes) {
    if (node.op !== 'Concat' || kernels.kinds.get(node.id) !== 'movement') continue;
    for (const [id, box] of joinedBoxes(graph, node)) {
      const producer = producerOf(graph, id);
      const written = producer && writesStrided(kernels, producer) && !inside.has(id);
      if (written && canBeStrided(graph, kernels, id)) inside.set(id, box);
    }
  }
  for (const node of graph.nodes) {
    const id = continuedBy(graph, kernels, node);
    const [whole] = node.outputs;
    if (id === undefined || whole === undefined || inside.has(id)) continue;
    inside.set(id, { whole, start: operandShape(graph, whole).map(() => 0) });
  }
  return inside;
}

/**
 * The first part of a concatenation that the interpreter computes, as long as a run says: it stays where it is, and
 * what is behind it is written there. Beyond its extent lies then what belongs to the whole.
 */
function continuedBy(graph: Graph, kernels: Kernels, node: Node): ValueId | undefined {
  const [first, ...others] = node.inputs;
  const [whole] = node.outputs;
  if (unsealed(node).op !== 'Concat' || first === undefined || whole === undefined) return undefined;
  const [part, all] = [valueOf(graph, first), valueOf(graph, whole)];
  if ([part, all].some(value => !isBounded(value) || isHost(value)) || others.includes(first))
    return undefined;
  const { shape = [], layout } = all;
  const axis = normalizeAxis(intAttribute(node, 'axis', 1), shape.length);
  const fits = shape.every((extent, at) => at === axis || part.shape?.[at] === extent);
  const isDense = shape.slice(0, axis).every(extent => extent === 1);
  const placed = fits && sameLayout(shape, part.layout, layout) && isPlacedAnywhere(graph, kernels, first);
  return placed && (isDense || canBeCutStrided(graph, kernels, first)) ? first : undefined;
}

/** Whether nothing but the interpreter and who calls the program writes the value, and it is no view. */
function isPlacedAnywhere(graph: Graph, { kinds }: Kernels, id: ValueId): boolean {
  const producer = producerOf(graph, id);
  return !producer || !(kinds.has(producer.id) || isFit(producer.op) || isView(graph, producer));
}

/** Whether all that looks at the value in its capacity follows strides; the interpreter looks at its extents. */
const canBeCutStrided = (graph: Graph, kernels: Kernels, id: ValueId): boolean =>
  consumersOf(graph, id).every(
    node =>
      !isFit(node.op) ||
      node.outputs.every(output => output === undefined || canBeStrided(graph, kernels, output)),
  );

/** What kernels write that a concatenation reads, as it is or through views. */
function piecesOf(graph: Graph, kernels: Kernels, inside: ReadonlyMap<ValueId, Inside>): Map<ValueId, Piece> {
  const pieces = new Map<ValueId, Piece>();
  for (const node of graph.nodes) {
    if (node.op !== 'Concat' || kernels.kinds.get(node.id) !== 'movement') continue;
    // One that is copied all the same would only be there for longer.
    const there = node.inputs.filter(id => id !== undefined && inside.get(id)?.whole === node.outputs[0]);
    const boxes = joinedBoxes(graph, node).filter(([part]) => !inside.has(part));
    const found = boxes.map(([part, box]) => [writtenFor(graph, kernels, part), { ...box, part }] as const);
    const isFree = ([written]: (typeof found)[number]) =>
      written !== undefined && !inside.has(written) && !pieces.has(written);
    if (there.length + found.length < node.inputs.length || !found.every(isFree)) continue;
    for (const [written, piece] of found) if (written !== undefined) pieces.set(written, piece);
  }
  return pieces;
}

/** What a kernel writes behind the views that make a value; undefined where the caller wants any of it. */
function writtenFor(graph: Graph, { kinds }: Kernels, value: ValueId): ValueId | undefined {
  let at: ValueId | undefined = value;
  while (at !== undefined && !graph.outputs.includes(at)) {
    const producer = producerOf(graph, at);
    if (!producer) return undefined;
    if (kinds.has(producer.id)) return at;
    at = isView(graph, producer) ? producer.inputs[0] : undefined;
  }
  return undefined;
}

/** Outputs of a Slice or Split as boxes of its input, where elements stay neighbours. */
function cutBoxes(graph: Graph, node: Node): (readonly [ValueId, Inside])[] {
  const [whole] = node.inputs;
  if (whole === undefined || valueOf(graph, whole).constant) return [];
  const { shape = [] } = valueOf(graph, whole);
  if (node.op === 'Slice') {
    const range = sliceOf(graph, node);
    const [output] = node.outputs;
    if (!range || output === undefined || range.steps[innermostOf(graph, whole)] !== 1) return [];
    return [[output, { whole, start: range.starts, steps: range.steps }]];
  }
  return node.op === 'Split'
    ? along(graph, node.outputs, whole, normalizeAxis(intAttribute(node, 'axis', 0), shape.length))
    : [];
}

/** Inputs of a Concat as boxes of its output: those of the same layout that occur once and are computed. */
function joinedBoxes(graph: Graph, node: Node): (readonly [ValueId, Inside])[] {
  const [whole] = node.outputs;
  if (whole === undefined) return [];
  const { shape = [], layout } = valueOf(graph, whole);
  const axis = normalizeAxis(intAttribute(node, 'axis', 1), shape.length);
  return along(graph, node.inputs, whole, axis).filter(([id]) => {
    const part = valueOf(graph, id);
    const once = node.inputs.filter(input => input === id).length === 1;
    return once && !part.constant && sameLayout(shape, part.layout, layout);
  });
}

/** Parts that follow one another along an axis of the whole. */
function along(
  graph: Graph,
  parts: readonly (ValueId | undefined)[],
  whole: ValueId,
  axis: number,
): (readonly [ValueId, Inside])[] {
  const { name, shape = [] } = valueOf(graph, whole);
  let first = 0;
  return parts.map(id => {
    if (id === undefined) throw new Error(`a part of '${name}' is left out`);
    const start = shape.map((_, at) => (at === axis ? first : 0));
    first += valueOf(graph, id).shape?.[axis] ?? 0;
    return [id, { whole, start }] as const;
  });
}

/** Whether the value may lie with gaps: nobody outside the program sees it, and every reader follows strides. */
function canBeStrided(graph: Graph, kernels: Kernels, id: ValueId): boolean {
  if (graph.inputs.includes(id) || graph.outputs.includes(id)) return false;
  return consumersOf(graph, id).every(node => followsStrides(graph, kernels, node));
}

/** Whether loops of their own read the value, from any place on and in any direction: templates go forwards. */
const isReadInLoops = (graph: Graph, { kinds }: Kernels, id: ValueId): boolean =>
  consumersOf(graph, id).every(node => kinds.get(node.id) === 'elementwise');

/** The axis along which elements are neighbours. */
function innermostOf(graph: Graph, id: ValueId): number {
  const { shape = [], layout } = valueOf(graph, id);
  return stridesOf(shape, layout).findLastIndex((stride, axis) => stride === 1 && (shape[axis] ?? 1) > 1);
}

/** A reshaping copy counts on dense memory; views write nothing. */
const writesStrided = ({ kinds, unbroken }: Kernels, node: Node): boolean =>
  node.op !== 'Reshape' && kinds.has(node.id) && !unbroken.has(node.id);

/** The interpreter looks at dense memory, and so do views that join or split axes; they are in no kernel's group. */
function followsStrides(graph: Graph, kernels: Kernels, node: Node): boolean {
  if (kernels.kinds.has(node.id)) return !kernels.unbroken.has(node.id);
  if (!isView(graph, node) || !keepsAxes(graph, node)) return false;
  return node.outputs.every(id => id === undefined || canBeStrided(graph, kernels, id));
}
