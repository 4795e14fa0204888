// Rebuilding a graph from replacements. Passes never edit a graph: they collect what should change in a Patch and
// build another graph from it. Ids of values stay valid; graph inputs and outputs keep their ids and names.

import { constantDtype, constantShape } from './constants/constant.ts';
import { capturesOf, producerOf, valueOf } from './graph.ts';
import { elementCount, tensorOf } from './tensor.ts';
import type { Attribute, Constant, Graph, Node, NodeId, Tensor, Value, ValueId } from './types.ts';

/** A node to be made. What it leaves out is taken from the node it replaces. */
export interface NodeDraft {
  /** left out: one made of that of the node it replaces */
  readonly name?: string;
  readonly op: string;
  readonly inputs: readonly (ValueId | undefined)[];
  readonly outputs: readonly (ValueId | undefined)[];
  readonly version?: number;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** nodes besides the replaced one that it stands for */
  readonly absorbs?: readonly Node[];
  /** the node that it stands for instead of the replaced one */
  readonly of?: Node;
}

/** Changes to a graph, collected until `build` makes another one of them. */
export class Patch {
  readonly graph: Graph;
  readonly #values: (Value | undefined)[];
  // Many a pass changes nothing: what only changes need is looked up with the first of them.
  #names: Set<string> | undefined;
  readonly #replaced = new Map<NodeId, readonly Node[]>();
  readonly #appended: Node[] = [];
  readonly #aliases = new Map<ValueId, ValueId>();
  /** outputs of the graph that turned out constant → the constant that nodes read instead */
  readonly #copies = new Map<ValueId, ValueId>();
  #nodeNames: Set<string> | undefined;
  /** values that subgraphs know by name */
  #captured: Set<ValueId> | undefined;
  #nextNode: number | undefined;
  #changed = false;

  constructor(graph: Graph) {
    this.graph = graph;
    this.#values = [...graph.values];
  }

  /** A new value; a name that is taken gets a number appended. */
  value(fields: Omit<Value, 'id'>): ValueId {
    const id = this.#values.length as ValueId;
    this.#names ??= new Set(this.graph.values.flatMap(value => (value ? [value.name] : [])));
    this.#values.push({ ...fields, id, name: unique(this.#names, fields.name) });
    return id;
  }

  constant(name: string, data: Tensor | Constant): ValueId {
    const constant: Constant = 'kind' in data ? data : { kind: 'inline', tensor: data };
    return this.value({ name, dtype: constantDtype(constant), shape: constantShape(constant), constant });
  }

  /** A constant int64 vector, as Reshape and its like take it. */
  ints(name: string, numbers: readonly number[]): ValueId {
    return this.constant(name, tensorOf('int64', [numbers.length], numbers));
  }

  /** A value of the graph being made, new ones included. */
  get(id: ValueId): Value {
    const value = this.#values[id];
    if (!value) throw new Error(`patch of ${this.graph.name}: no value ${id}`);
    return value;
  }

  update(id: ValueId, fields: Partial<Omit<Value, 'id' | 'name'>>): void {
    this.#values[id] = { ...this.get(id), ...fields };
    this.#changed = true;
  }

  /** Puts nodes in the place of one; an empty list removes it. */
  replace(node: Node, drafts: readonly NodeDraft[]): void {
    // The one that stands for the node keeps its name, unless it has one of its own.
    const heir = drafts.find(draft => draft.op === node.op && draft.name === undefined);
    this.#replaced.set(
      node.id,
      drafts.map(draft => this.#node(draft, node, draft === heir)),
    );
    this.#changed = true;
  }

  /**
   * An output of the graph that turned out constant is copied there by a node of its own, behind all others:
   * callers find every output in the arena.
   */
  materialise(id: ValueId): void {
    const { constant, ...value } = this.get(id);
    if (!constant) throw new Error(`'${value.name}' is no constant`);
    const copy = this.constant(`${value.name}/constant`, constant);
    this.#values[id] = value;
    this.#copies.set(id, copy);
    const like = { name: value.name, op: '', version: 13, origin: [], attributes: {} };
    this.#appended.push(this.#node({ op: 'Identity', inputs: [copy], outputs: [id] }, like));
    this.#changed = true;
  }

  /**
   * Whoever reads `from` shall read `to`, which must be there at least as early. Returns false when the graph's
   * interface forbids it: `from` is an output and `to` an input, a constant or an output itself, or one of them
   * is known by name inside a subgraph.
   */
  alias(from: ValueId, to: ValueId): boolean {
    if (!this.canAlias(from, to)) return false;
    const source = this.#resolve(to);
    if (this.graph.outputs.includes(from)) this.#aliases.set(source, from);
    else this.#aliases.set(from, source);
    this.#changed = true;
    return true;
  }

  /** Whether `alias` would do it: who has several to make one makes all of them or none. */
  canAlias(from: ValueId, to: ValueId): boolean {
    const source = this.#resolve(to);
    this.#captured ??= new Set(this.graph.nodes.flatMap(node => capturesOf(this.graph, node)));
    if (this.#captured.has(from) || this.#captured.has(source)) return false;
    if (!this.graph.outputs.includes(from)) return true;
    // Another output keeps its own name; what no node writes, an input, cannot be given that of an output.
    if (this.graph.outputs.includes(source) || this.get(source).constant) return false;
    return producerOf(this.graph, source) !== undefined;
  }

  /** The graph with all changes made and dead code removed; the same graph when there are none. */
  build(): Graph {
    if (!this.#changed) return this.graph;
    const written = (id: ValueId | undefined) => (id === undefined ? undefined : this.#resolve(id));
    const read = (id: ValueId | undefined) => this.#copies.get(written(id) ?? (-1 as ValueId)) ?? written(id);
    const nodes = this.graph.nodes
      .flatMap(node => this.#replaced.get(node.id) ?? [node])
      .concat(this.#appended)
      .map(node => {
        const isSame =
          node.inputs.every(id => read(id) === id) && node.outputs.every(id => written(id) === id);
        return isSame ? node : { ...node, inputs: node.inputs.map(read), outputs: node.outputs.map(written) };
      });
    return removeDead({ ...this.graph, values: this.#values, nodes });
  }

  #node(
    draft: NodeDraft,
    like: Pick<Node, 'name' | 'op' | 'version' | 'origin' | 'attributes'>,
    keepsName = false,
  ): Node {
    const { nodes } = this.graph;
    this.#nodeNames ??= new Set(nodes.map(node => node.name));
    this.#nextNode ??= nodes.reduce((most, node) => Math.max(most, node.id, ...node.origin), -1) + 1;
    const id = this.#nextNode++ as NodeId;
    const absorbed = (draft.absorbs ?? []).flatMap(node => node.origin);
    return {
      id,
      name: keepsName ? like.name : unique(this.#nodeNames, draft.name ?? `${like.name}/${draft.op}`),
      op: draft.op,
      version: draft.version ?? like.version,
      inputs: draft.inputs,
      outputs: draft.outputs,
      attributes: draft.attributes ?? (draft.op === like.op ? like.attributes : {}),
      origin: [...new Set([...(draft.of ?? like).origin, ...absorbed])],
    };
  }

  #resolve(id: ValueId): ValueId {
    let at = id;
    for (let next = this.#aliases.get(at); next !== undefined; next = this.#aliases.get(at)) at = next;
    return at;
  }
}

function unique(taken: Set<string>, name: string): string {
  let free = name;
  for (let n = 1; taken.has(free); n++) free = `${name}_${n}`;
  taken.add(free);
  return free;
}

/**
 * Without nodes whose results nobody reads, and without values that no longer appear; the same graph where there are
 * none.
 */
export function removeDead(graph: Graph): Graph {
  const live = new Set<ValueId>([...graph.inputs, ...graph.outputs, ...(graph.captures?.keys() ?? [])]);
  const kept: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some(id => id !== undefined && live.has(id))) continue;
    kept.push(node);
    addAll(live, node.inputs);
    addAll(live, node.outputs);
    addAll(live, capturesOf(graph, node));
  }
  const isAlive = (value: Value | undefined): boolean => value === undefined || live.has(value.id);
  if (kept.length === graph.nodes.length && graph.values.every(isAlive)) return graph;
  return {
    ...graph,
    values: graph.values.map(value => (value && live.has(value.id) ? value : undefined)),
    nodes: kept.reverse(),
  };
}

function addAll(live: Set<ValueId>, ids: readonly (ValueId | undefined)[]): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i];
    if (id !== undefined) live.add(id);
  }
}

/** The elements of a small constant (a shape, axes, bounds), or undefined when it is none or too large to be one. */
export function constantNumbers(graph: Graph, id: ValueId | undefined): readonly number[] | undefined {
  const constant = id === undefined ? undefined : valueOf(graph, id).constant;
  if (constant?.kind !== 'inline' || elementCount(constant.tensor.shape) > 4096) return undefined;
  const { data, dtype } = constant.tensor;
  if (dtype === 'string' || dtype.startsWith('complex')) return undefined;
  return Array.from(data as ArrayLike<number | bigint>, Number);
}
