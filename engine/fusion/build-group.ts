// A grown group as data: its members' operators composed to expressions, its operands and its outputs.

import { consumersOf, valueOf } from '../ir/graph.ts';
import { constantNumbers } from '../ir/patch.ts';
import { elementCount } from '../ir/tensor.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import type { Draft, Drafts } from './drafts.ts';
import { ExpressionBuilder } from './expression.ts';
import { joinedReason } from './horizontal.ts';
import { paddingOf } from './padding.ts';
import { applyScalarOp, scalarType } from './scalar-ops.ts';
import type { AttentionParts, Expression, Group, Operand, PreFusion, ScalarType } from './types.ts';

/** The group with expressions for everything but the anchor itself. */
export function buildGroup(drafts: Drafts, draft: Draft): Group {
  const { graph } = drafts;
  const { anchor, pre } = draft;
  const nodes = drafts.inOrder([...draft.nodes, ...draft.copies]);
  const inner = draft.attention ? [draft.attention.product, draft.attention.softmax] : [];
  const ahead = inner.flatMap(({ nodes: members, copies }) => [...members, ...copies]);
  const before = new Set([...pre.values(), ahead].flat());
  const outputs = drafts.needed(draft).concat(unread(drafts, draft));
  const composer = new Composer(graph, anchor ? 1 : 0);
  if (anchor) composeAnchor(composer, graph, anchor, draft.kind);
  const behind = nodes.filter(node => node !== anchor && !before.has(node));
  for (const node of withCopies(drafts, behind, draft.copies)) composer.apply(node);
  const joined = nodes.flatMap(node => joinedReason(graph, node) ?? []);
  const single = nodes.length === 1 && anchor !== undefined && draft.kind !== 'normalize';
  return {
    id: draft.nodes[0]?.name ?? '',
    nodes: nodes.map(node => node.id),
    ...(draft.copies.length > 0 && { copies: draft.copies.map(node => node.id) }),
    ...(anchor && { anchor: anchor.id }),
    pre: new Map([...pre].map(([index]) => [index, composePre(drafts, draft, index)])),
    ...(draft.attention && { attention: attentionParts(drafts, draft.attention) }),
    post: single ? identityOf(scalarType(graph.values[outputs[0] ?? -1]?.dtype)) : composer.build(outputs),
    postOperands: single ? [] : composer.operands,
    outputs,
    reasons: [...joined, ...draft.reasons],
  };
}

/** The groups inside an attention group, each composed on its own. */
function attentionParts(drafts: Drafts, { product, softmax }: Required<Draft>['attention']): AttentionParts {
  const { graph } = drafts;
  const inputOf = (draft: Draft, index: number) => {
    const value = draft.anchor?.inputs[index];
    if (value === undefined || !draft.anchor) throw new Error(`no input ${index} to attend to`);
    return { value, ...(draft.pre.has(index) && { pre: composePre(drafts, draft, index) }) };
  };
  const refined = (draft: Draft): PreFusion => {
    const { anchor, pre, kind } = draft;
    const nodes = drafts.inOrder([...draft.nodes, ...draft.copies]);
    if (!anchor) throw new Error('a product or a softmax without a node');
    const before = new Set([...pre.values()].flat());
    const composer = new Composer(graph, 1);
    composeAnchor(composer, graph, anchor, kind);
    const behind = nodes.filter(node => node !== anchor && !before.has(node));
    for (const node of withCopies(drafts, behind, draft.copies)) composer.apply(node);
    const inside = new Set(nodes);
    const results = draft.nodes.flatMap(node => node.outputs.filter(id => id !== undefined));
    const needed = results.filter(id => consumersOf(graph, id).some(node => !inside.has(node)));
    return { expression: composer.build(needed), operands: composer.operands };
  };
  if (!product.anchor || !softmax.anchor) throw new Error('attention without its anchors');
  return {
    product: product.anchor.id,
    softmax: softmax.anchor.id,
    query: inputOf(product, 0),
    key: inputOf(product, 1),
    scores: refined(product),
    probabilities: refined(softmax),
  };
}

/** What has no type in expressions is only moved, and its kernels do not ask. */
const identityOf = (type: ScalarType = 'f32'): Expression => ({
  nodes: [{ kind: 'input', index: 0, type }],
  results: [0],
});

/** A node whose results nobody reads still writes its first one. */
function unread(drafts: Drafts, draft: Draft): ValueId[] {
  if (drafts.needed(draft).length > 0) return [];
  return (draft.nodes.at(-1)?.outputs ?? []).filter(id => id !== undefined).slice(0, 1);
}

/** Collects operands while members are composed into one expression. */
class Composer {
  readonly operands: Operand[] = [];
  readonly #graph: Graph;
  readonly #build = new ExpressionBuilder();
  /** expression inputs before those that read operands */
  readonly #carried: number;
  readonly #ids = new Map<ValueId, number>();

  constructor(graph: Graph, carried: 0 | 1) {
    this.#graph = graph;
    this.#carried = carried;
  }

  /** The anchor's result as the kernel hands it over. */
  carried(type: ScalarType): number {
    return this.#build.input(0, type);
  }

  define(value: ValueId, id: number): void {
    this.#ids.set(value, id);
  }

  /** Node of the expression for a value: computed here, a number, or an operand. */
  read(value: ValueId, extra: Partial<Operand> = {}): number {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    const { dtype, shape } = valueOf(this.#graph, value);
    const type = scalarType(dtype);
    if (!dtype || !type) throw new Error(`no expression reads '${valueOf(this.#graph, value).name}'`);
    const number = elementCount(shape ?? []) === 1 ? constantNumbers(this.#graph, value)?.[0] : undefined;
    // A 64-bit integer that no number says exactly is read from memory.
    if (number !== undefined && (type !== 'i64' || Number.isSafeInteger(number))) {
      return this.#build.constant(number, type);
    }
    this.operands.push({ value, dtype, ...extra });
    const id = this.#build.input(this.#carried + this.operands.length - 1, type);
    this.#ids.set(value, id);
    return id;
  }

  apply(node: Node): void {
    const [output] = node.outputs;
    if (output === undefined) return;
    const { dtype } = valueOf(this.#graph, output);
    const type = scalarType(dtype);
    if (!type) throw new Error(`${node.name} has no expression`);
    // The second input of CastLike only tells a type.
    const inputs = node.op === 'CastLike' ? node.inputs.slice(0, 1) : node.inputs;
    const args = inputs.map(id => (id === undefined ? undefined : this.read(id)));
    this.#ids.set(output, applyScalarOp({ node, build: this.#build, args, type, dtype }));
  }

  get builder(): ExpressionBuilder {
    return this.#build;
  }

  build(results: readonly ValueId[]): Expression {
    return this.#build.build(results.map(value => this.read(value)));
  }
}

/** Normalisations whose scale and bias have one number for each channel. */
const PER_CHANNEL: ReadonlySet<string> = new Set(['InstanceNormalization', 'GroupNormalization']);

/** What an anchor's template leaves to the epilogue: scale and bias of a normalisation. */
function composeAnchor(composer: Composer, graph: Graph, anchor: Node, kind: Draft['kind']): void {
  const [output] = anchor.outputs;
  if (output === undefined) return;
  const type = scalarType(valueOf(graph, output).dtype);
  if (!type) return;
  let result = composer.carried(type);
  if (kind === 'normalize') {
    const [, scale, bias] = anchor.inputs;
    const align = PER_CHANNEL.has(anchor.op) ? { axis: 1 } : {};
    const { builder } = composer;
    if (scale !== undefined) result = builder.apply('mul', result, composer.read(scale, align));
    if (bias !== undefined) result = builder.apply('add', result, composer.read(bias, align));
  }
  composer.define(output, result);
}

/** Nobody stores what is copied: every expression of a group computes for itself the copies that its nodes read. */
function withCopies(drafts: Drafts, nodes: readonly Node[], copies: readonly Node[]): Node[] {
  const found = new Set(nodes);
  for (const copy of drafts.inOrder(copies).reverse()) {
    if ([...found].some(({ inputs }) => copy.outputs.some(id => inputs.includes(id)))) found.add(copy);
  }
  return drafts.inOrder([...found]);
}

function composePre(drafts: Drafts, { anchor, pre, copies }: Draft, index: number): PreFusion {
  const { graph } = drafts;
  const members = pre.get(index) ?? [];
  const value = anchor?.inputs[index];
  if (value === undefined) throw new Error(`no input ${index} to fuse into`);
  // A Pad is taken in first, so it is the last of them, and has no expression.
  const pad = members.at(-1);
  const padding = pad?.op === 'Pad' ? paddingOf(graph, pad) : undefined;
  const result = padding ? pad?.inputs[0] : value;
  if (result === undefined) throw new Error(`${pad?.name} pads nothing`);
  const composer = new Composer(graph, 0);
  for (const node of withCopies(drafts, members, copies)) if (!padding || node !== pad) composer.apply(node);
  const expression = composer.build([result]);
  return { expression, operands: composer.operands, ...(padding && { padded: { value: result, padding } }) };
}
