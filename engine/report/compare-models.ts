// Two models, or two versions of one, node by node. Pure and light: the renderer imports it.
// Nodes are matched by name, then by what they look like, then by what is around them. Invariant: every node of
// both graphs is in exactly one pair, or among those removed or added.

import { typeText } from './shape-text.ts';
import type { GraphSummary, NodeSummary, TensorSummary } from './types/model.ts';

export interface NodePair {
  /** ids in the first and in the second graph */
  readonly a: number;
  readonly b: number;
  readonly by: 'name' | 'structure' | 'neighbours';
  /** what differs, in words: 'strides: [1, 1] → [2, 2]'; none where nothing does */
  readonly changes: readonly string[];
  /** of If, Loop and Scan: the bodies that both have, compared like graphs of their own */
  readonly bodies?: readonly { readonly attribute: string; readonly difference: ModelDifference }[];
}

export interface ModelDifference {
  /** in the order of the first graph */
  readonly pairs: readonly NodePair[];
  /** ids in the first graph */
  readonly removed: readonly number[];
  /** ids in the second graph */
  readonly added: readonly number[];
}

/** A weight that both sides have at the same place, of the same type: whether its values differ, only bytes tell. */
export interface WeightPair {
  /** tensor ids in the first and in the second graph */
  readonly a: number;
  readonly b: number;
  /** who reads it: positions in ModelDifference.pairs, and which input it is there */
  readonly readers: readonly { readonly pair: number; readonly input: number }[];
}

/** Each once, however many operators read it. */
export function weightPairs(
  first: GraphSummary,
  second: GraphSummary,
  { pairs }: ModelDifference,
): readonly WeightPair[] {
  const [a, b] = [sideOf(first), sideOf(second)];
  const found = new Map<string, { a: number; b: number; readers: { pair: number; input: number }[] }>();
  for (const [pair, { a: m, b: n }] of pairs.entries()) {
    const others = b.node.get(n)?.inputs ?? [];
    for (const [input, id] of (a.node.get(m)?.inputs ?? []).entries()) {
      const [left, right] = [tensorOf(id, a), tensorOf(others[input] ?? null, b)];
      if (left?.kind !== 'constant' || right?.kind !== 'constant') continue;
      if (typeText(left) !== typeText(right)) continue;
      const key = `${left.id} ${right.id}`;
      const known = found.get(key) ?? { a: left.id, b: right.id, readers: [] };
      found.set(key, known);
      known.readers.push({ pair, input });
    }
  }
  return [...found.values()];
}

/** The difference with weights whose values were found to differ told at the operators that read them. */
export function withChangedWeights(
  difference: ModelDifference,
  changed: readonly WeightPair[],
  nameOf: (tensor: number) => string,
): ModelDifference {
  const told = new Map<number, string[]>();
  for (const { b, readers } of changed) {
    for (const { pair, input } of readers) {
      told.set(pair, [...(told.get(pair) ?? []), `values of input ${input} (${nameOf(b)})`]);
    }
  }
  const pairs = difference.pairs.map((pair, at) => {
    const more = told.get(at);
    return more ? { ...pair, changes: [...pair.changes, ...more] } : pair;
  });
  return { ...difference, pairs };
}

/** One side, with what is looked up in it. */
interface Side {
  readonly nodes: readonly NodeSummary[];
  readonly node: ReadonlyMap<number, NodeSummary>;
  readonly tensor: ReadonlyMap<number, TensorSummary>;
}

/** The nodes that two graphs have in common, and those that only one has; all at once, see comparingModels. */
export function compareModels(first: GraphSummary, second: GraphSummary): ModelDifference {
  const steps = comparingModels(first, second);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** So many nodes are looked at between two rests. */
const CHUNK = 128;

/** The same, resting now and then: a page has other things to do meanwhile. */
export function* comparingModels(
  first: GraphSummary,
  second: GraphSummary,
): Generator<void, ModelDifference, void> {
  const a = sideOf(first);
  yield;
  const b = sideOf(second);
  yield;
  const matching = new Matching(a, b);
  yield* matching.byKey('name', node => (node.name === '' ? undefined : `${node.op} ${node.name}`));
  yield* matching.byKey('structure', (node, side) => looksOf(node, side, 2));
  yield* matching.byKey('structure', (node, side) => looksOf(node, side, 1));
  yield* matching.byNeighbours();
  // What kept its name and became another operator was replaced in its place.
  yield* matching.byKey('name', node => node.name || undefined);
  const pairs: NodePair[] = [];
  for (const { a: m, b: n, by } of matching.pairs) {
    if (pairs.length % CHUNK === 0) yield;
    const bodies = yield* comparingBodies(m, n);
    const changes = [...changesOf(m, n, a, b, matching), ...bodyChanges(m, n, bodies)];
    pairs.push({ a: m.id, b: n.id, by, changes, ...(bodies.length > 0 && { bodies }) });
  }
  return {
    pairs: pairs.toSorted((p, q) => p.a - q.a),
    removed: a.nodes.filter(({ id }) => !matching.ofA.has(id)).map(({ id }) => id),
    added: b.nodes.filter(({ id }) => !matching.ofB.has(id)).map(({ id }) => id),
  };
}

const sideOf = ({ nodes, tensors }: GraphSummary): Side => ({
  nodes,
  node: new Map(nodes.map(node => [node.id, node])),
  tensor: new Map(tensors.map(tensor => [tensor.id, tensor])),
});

class Matching {
  readonly ofA = new Map<number, number>();
  readonly ofB = new Map<number, number>();
  readonly pairs: { readonly a: NodeSummary; readonly b: NodeSummary; readonly by: NodePair['by'] }[] = [];
  readonly #a: Side;
  readonly #b: Side;

  constructor(a: Side, b: Side) {
    this.#a = a;
    this.#b = b;
  }

  /** Matches what is alike on both sides, equally often: then the order decides which is which. */
  *byKey(
    by: NodePair['by'],
    key: (node: NodeSummary, side: Side) => string | undefined,
  ): Generator<void, void, void> {
    const candidates = yield* grouped(this.#open(this.#b, this.ofB), node => key(node, this.#b));
    for (const [shared, nodes] of yield* grouped(this.#open(this.#a, this.ofA), node => key(node, this.#a))) {
      const others = candidates.get(shared) ?? [];
      if (others.length !== nodes.length) continue;
      for (const [at, node] of nodes.entries()) this.#match(node, others[at], by);
    }
  }

  /**
   * From pairs outwards, along the edges: of two operators of one kind that read what a pair makes, or make what it
   * reads, at the same place, one is the other's counterpart. Until nothing new is found.
   */
  *byNeighbours(): Generator<void, void, void> {
    // Pairs that are found meanwhile are visited too.
    let visited = 0;
    for (const pair of this.pairs) {
      if (visited++ % CHUNK === 0) yield;
      for (const [place, node] of neighbours(pair.a, this.#a)) {
        if (this.ofA.has(node.id)) continue;
        const other = neighbours(pair.b, this.#b).find(
          ([where, candidate]) => where === place && candidate.op === node.op && !this.ofB.has(candidate.id),
        );
        this.#match(node, other?.[1], 'neighbours');
      }
    }
  }

  #open(side: Side, matched: ReadonlyMap<number, number>): readonly NodeSummary[] {
    return side.nodes.filter(({ id }) => !matched.has(id));
  }

  #match(a: NodeSummary, b: NodeSummary | undefined, by: NodePair['by']): void {
    if (!b) return;
    this.ofA.set(a.id, b.id);
    this.ofB.set(b.id, a.id);
    this.pairs.push({ a, b, by });
  }
}

/** Nodes by key, without those that have none. */
function* grouped(
  nodes: readonly NodeSummary[],
  key: (node: NodeSummary) => string | undefined,
): Generator<void, ReadonlyMap<string, readonly NodeSummary[]>, void> {
  const groups = new Map<string, NodeSummary[]>();
  for (const [at, node] of nodes.entries()) {
    if (at % CHUNK === 0) yield;
    const own = key(node);
    if (own === undefined) continue;
    const known = groups.get(own);
    if (known) known.push(node);
    else groups.set(own, [node]);
  }
  return groups;
}

/** Makers of inputs and readers of outputs, with the place they stand at: 'in 0', 'out 0'. */
function neighbours(node: NodeSummary, side: Side): readonly (readonly [string, NodeSummary])[] {
  const tensors = (ids: NodeSummary['inputs']) =>
    ids.map(id => (id === null ? undefined : side.tensor.get(id)));
  const made = tensors(node.inputs).map((tensor, at) => [`in ${at}`, tensor?.producer] as const);
  const read = tensors(node.outputs).flatMap((tensor, at) =>
    (tensor?.consumers ?? []).map(consumer => [`out ${at}`, consumer] as const),
  );
  return [...made, ...read].flatMap(([place, id]) => {
    const found = id === undefined ? undefined : side.node.get(id);
    return found ? [[place, found] as const] : [];
  });
}

/** Operator, attributes and shapes, and those of the neighbours up to a distance. */
function looksOf(node: NodeSummary, side: Side, distance: number): string {
  const own = [
    node.op,
    attributesText(node),
    ...typesOf(node.inputs, side),
    '→',
    ...typesOf(node.outputs, side),
  ];
  if (distance === 0) return own.join(' ');
  const around = neighbours(node, side).map(
    ([place, other]) => `${place}: ${distance > 1 ? looksOf(other, side, distance - 2) : other.op}`,
  );
  return [...own, ...around.toSorted()].join(' ');
}

const attributesText = ({ attributes }: NodeSummary): string =>
  attributes
    .map(({ name, text }) => `${name}=${text}`)
    .toSorted()
    .join(' ');

const typesOf = (ids: NodeSummary['inputs'], side: Side): readonly string[] =>
  ids.map(id => (id === null ? '–' : typeText(side.tensor.get(id) ?? {})));

const bodyOf = ({ subgraphs }: NodeSummary, attribute: string): GraphSummary | undefined =>
  subgraphs.find(body => body.attribute === attribute)?.graph;

function* comparingBodies(
  m: NodeSummary,
  n: NodeSummary,
): Generator<void, NonNullable<NodePair['bodies']>, void> {
  const bodies: { attribute: string; difference: ModelDifference }[] = [];
  for (const { attribute, graph } of m.subgraphs) {
    const other = bodyOf(n, attribute);
    if (other) bodies.push({ attribute, difference: yield* comparingModels(graph, other) });
  }
  return bodies;
}

/** Operators of a body that are named in the change of the operator it belongs to. */
const NAMED = 3;

/** 'then_branch: added Relu "r"; changed Conv "c" (strides: [1, 1] → [2, 2])', a line per body that differs. */
function bodyChanges(
  m: NodeSummary,
  n: NodeSummary,
  bodies: NonNullable<NodePair['bodies']>,
): readonly string[] {
  const attributes = new Set([...m.subgraphs, ...n.subgraphs].map(({ attribute }) => attribute));
  return [...attributes].flatMap(attribute => {
    const [before, after] = [bodyOf(m, attribute), bodyOf(n, attribute)];
    if (!before || !after) return [`${attribute}: ${before ? 'removed' : 'added'}`];
    const difference = bodies.find(body => body.attribute === attribute)?.difference;
    if (!difference) return [];
    const named = ({ nodes }: GraphSummary, id: number): string => {
      const node = nodes.find(other => other.id === id);
      return node ? `${node.op}${node.name && ` "${node.name}"`}` : '';
    };
    const lines = [
      ...difference.removed.map(id => `removed ${named(before, id)}`),
      ...difference.added.map(id => `added ${named(after, id)}`),
      ...difference.pairs
        .filter(({ changes }) => changes.length > 0)
        .map(({ b, changes }) => `changed ${named(after, b)} (${changes.join('; ')})`),
    ];
    if (lines.length === 0) return [];
    const more = lines.length > NAMED ? [`and ${lines.length - NAMED} more`] : [];
    return [`${attribute}: ${[...lines.slice(0, NAMED), ...more].join('; ')}`];
  });
}

/** What differs between the nodes of a pair: operator, attributes, types, and where inputs come from. */
function changesOf(m: NodeSummary, n: NodeSummary, a: Side, b: Side, matching: Matching): readonly string[] {
  const changes: string[] = [];
  const differ = (what: string, before: string, after: string): void => {
    if (before !== after) changes.push(`${what}: ${before} → ${after}`);
  };
  differ('operator', m.op, n.op);
  const [before, after] = [m, n].map(node => new Map(node.attributes.map(({ name, text }) => [name, text])));
  for (const name of new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])) {
    differ(name, before?.get(name) ?? 'not set', after?.get(name) ?? 'not set');
  }
  const sides = [
    ['input', m.inputs, n.inputs],
    ['output', m.outputs, n.outputs],
  ] as const;
  for (const [what, ids, others] of sides) {
    differ(`${what}s`, String(ids.length), String(others.length));
    ids.slice(0, others.length).forEach((id, at) => {
      const [left, right] = [tensorOf(id, a), tensorOf(others[at] ?? null, b)];
      differ(`type of ${what} ${at}`, typeText(left ?? {}), typeText(right ?? {}));
      if (what === 'input' && isRewired(left, right, matching))
        changes.push(`input ${at} comes from elsewhere`);
    });
  }
  return changes;
}

const tensorOf = (id: number | null, side: Side): TensorSummary | undefined =>
  id === null ? undefined : side.tensor.get(id);

/** The makers are no pair; a constant or graph input on both sides is none either way. */
function isRewired(
  left: TensorSummary | undefined,
  right: TensorSummary | undefined,
  { ofA }: Matching,
): boolean {
  if (left?.producer === undefined || right?.producer === undefined)
    return (left?.producer === undefined) !== (right?.producer === undefined);
  return ofA.get(left.producer) !== right.producer;
}
