// Groups while they grow: a partition of the graph's nodes in which merging is checked for cycles. A group runs as a
// whole, so a path that leaves it and comes back would make it wait for itself.

import { capturesOf, consumersOf, producerOf, valueOf } from '../ir/graph.ts';
import type { Graph, Node, NodeId, Shape, ValueId } from '../ir/types.ts';
import type { KernelKind } from './support.ts';

/** A group so far. */
export interface Draft {
  /** in execution order */
  readonly nodes: readonly Node[];
  readonly kind: KernelKind | 'view' | undefined;
  readonly anchor: Node | undefined;
  /** iteration space of everything behind the anchor: the shape all members' results have */
  readonly shape: Shape;
  /** anchor input → members that are computed while it is read */
  readonly pre: ReadonlyMap<number, readonly Node[]>;
  /** members of other groups, computed here again */
  readonly copies: readonly Node[];
  /** groups that were taken in whole: scores, and their softmax */
  readonly attention?: { readonly product: Draft; readonly softmax: Draft };
  readonly reasons: readonly string[];
}

/** The partition: every node is in one draft. */
export class Drafts {
  readonly graph: Graph;
  readonly #of = new Map<NodeId, Draft>();
  readonly #position: ReadonlyMap<NodeId, number>;

  constructor(graph: Graph, kindOf: (node: Node) => Draft['kind']) {
    this.graph = graph;
    this.#position = new Map(graph.nodes.map((node, index) => [node.id, index]));
    for (const node of graph.nodes) this.#of.set(node.id, this.#single(node, kindOf(node)));
  }

  #single(node: Node, kind: Draft['kind']): Draft {
    const [output] = node.outputs;
    const shape = output === undefined ? [] : (valueOf(this.graph, output).shape ?? []);
    const anchor = kind === 'elementwise' ? undefined : node;
    return { nodes: [node], kind, anchor, shape, pre: new Map(), copies: [], reasons: [] };
  }

  of(node: Node): Draft {
    const draft = this.#of.get(node.id);
    if (!draft) throw new Error(`${node.name} is in no group`);
    return draft;
  }

  /** The group that computes a value, or undefined for inputs and constants. */
  producer(id: ValueId | undefined): Draft | undefined {
    if (id === undefined || valueOf(this.graph, id).constant) return undefined;
    const node = producerOf(this.graph, id);
    return node && this.of(node);
  }

  replace(draft: Draft): void {
    for (const node of draft.nodes) this.#of.set(node.id, draft);
  }

  inOrder(nodes: readonly Node[]): Node[] {
    return [...new Set(nodes)].sort((a, b) => this.position(a) - this.position(b));
  }

  position(node: Node): number {
    return this.#position.get(node.id) ?? 0;
  }

  /** Splits a group into single nodes. */
  split(draft: Draft, kindOf: (node: Node) => Draft['kind']): void {
    for (const node of draft.nodes) this.#of.set(node.id, this.#single(node, kindOf(node)));
  }

  /** Groups that must run before this one. */
  before(draft: Draft): Set<Draft> {
    const found = new Set<Draft>();
    for (const node of [...draft.nodes, ...draft.copies]) {
      for (const id of [...node.inputs, ...capturesOf(this.graph, node)]) {
        const producer = this.producer(id);
        if (producer && producer !== draft) found.add(producer);
      }
    }
    return found;
  }

  /** A group outside that lies on a path from one of these back to one of them; undefined when they may merge. */
  between(merged: readonly Draft[]): Draft | undefined {
    const own = new Set(merged);
    const first = Math.min(...merged.flatMap(draft => draft.nodes.map(node => this.position(node))));
    const seen = new Set<Draft>();
    const stack = merged.flatMap(draft => [...this.before(draft)].filter(other => !own.has(other)));
    for (let draft = stack.pop(); draft; draft = stack.pop()) {
      if (seen.has(draft)) continue;
      seen.add(draft);
      // Nothing that ends before the group's first node can depend on it.
      if (draft.nodes.every(node => this.position(node) < first)) continue;
      for (const earlier of this.before(draft)) {
        if (own.has(earlier)) return draft;
        stack.push(earlier);
      }
    }
    return undefined;
  }

  /** Values of a group that something outside it reads, or the caller. Who has a copy of the node reads that. */
  needed(draft: Draft): ValueId[] {
    const inside = new Set(draft.nodes);
    const reads = (reader: Node, node: Node): boolean =>
      !inside.has(reader) && !this.of(reader).copies.includes(node);
    return draft.nodes.flatMap(node =>
      node.outputs
        .filter(id => id !== undefined)
        .filter(
          id =>
            this.graph.outputs.includes(id) ||
            consumersOf(this.graph, id).some(reader => reads(reader, node)),
        ),
    );
  }

  /** Whether everybody who reads the group's results computes them again. */
  vanishes(draft: Draft): boolean {
    const copied = (id: ValueId | undefined): boolean =>
      id !== undefined && consumersOf(this.graph, id).length > 0;
    return this.needed(draft).length === 0 && draft.nodes.every(node => node.outputs.every(copied));
  }

  /** Every group once, each behind those it waits for, otherwise in the order of the graph. */
  sorted(): Draft[] {
    const done = new Set<Draft>();
    const result: Draft[] = [];
    const visit = (draft: Draft): void => {
      // Iterative, for graphs are deeper than the stack.
      const stack: { draft: Draft; waiting: Draft[] }[] = [{ draft, waiting: [...this.before(draft)] }];
      for (let top = stack.at(-1); top; top = stack.at(-1)) {
        const next = done.has(top.draft) ? undefined : top.waiting.pop();
        if (next && !done.has(next)) stack.push({ draft: next, waiting: [...this.before(next)] });
        if (next) continue;
        if (!done.has(top.draft)) result.push(top.draft);
        done.add(top.draft);
        stack.pop();
      }
    };
    for (const node of this.graph.nodes) {
      const draft = this.of(node);
      if (!done.has(draft)) visit(draft);
    }
    return result;
  }
}
