// Building a graph, and looking things up in one.
// A built graph keeps its promises: names are unique, every id that appears exists, nodes stand in execution order
// as they were added, and a subgraph's captured names are values of the graph around it.

import { constantDtype, constantShape } from './constants/constant.ts';
import type {
  Attribute,
  Constant,
  Dtype,
  Graph,
  Node,
  NodeId,
  Shape,
  Tensor,
  Value,
  ValueId,
} from './types.ts';

/** Attributes in short: `attr.ints([1, 1])`. */
export const attr = {
  int: (value: number): Attribute => ({ type: 'int', value }),
  float: (value: number): Attribute => ({ type: 'float', value }),
  string: (value: string): Attribute => ({ type: 'string', value }),
  ints: (value: readonly number[]): Attribute => ({ type: 'ints', value }),
  floats: (value: readonly number[]): Attribute => ({ type: 'floats', value }),
  strings: (value: readonly string[]): Attribute => ({ type: 'strings', value }),
  tensor: (tensor: Tensor): Attribute => ({ type: 'tensor', value: { kind: 'inline', tensor } }),
  graph: (value: Graph): Attribute => ({ type: 'graph', value }),
};

/** Hands out node ids; a graph and its subgraphs share one, so that an id names one node of the whole model. */
export class NodeIds {
  #next: number;
  constructor(first = 0) {
    this.#next = first;
  }
  next(): NodeId {
    return this.#next++ as NodeId;
  }
}

/** What `GraphBuilder.node` may be told beside operator and inputs. */
export interface NodeOptions {
  /** default: the next free one */
  readonly id?: NodeId;
  readonly name?: string;
  /** opset version of the operator's domain; default: the builder's */
  readonly version?: number;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** names for new values, ids of values that exist, undefined for an omitted output; default: one new value */
  readonly outputs?: readonly (string | ValueId | undefined)[];
  readonly origin?: readonly NodeId[];
  readonly doc?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Builds a graph from nothing, in execution order. */
export class GraphBuilder {
  readonly name: string;
  readonly #version: number;
  readonly #ids: NodeIds;
  readonly #values: Value[] = [];
  readonly #nodes: Node[] = [];
  readonly #inputs: ValueId[] = [];
  readonly #outputs: ValueId[] = [];
  readonly #captures = new Map<ValueId, string>();
  readonly #valueNames = new Map<string, ValueId>();
  readonly #nodeNames = new Set<string>();
  readonly #suffixes = new Map<string, number>();

  constructor(name = 'graph', options: { readonly version?: number; readonly ids?: NodeIds } = {}) {
    this.name = name;
    this.#version = options.version ?? 21;
    this.#ids = options.ids ?? new NodeIds();
  }

  /** A value nobody produces yet. A name that is taken gets a number appended. */
  value(fields: Omit<Value, 'id'>): ValueId {
    const id = this.#values.length as ValueId;
    const name = this.#unique(fields.name === '' ? `value_${id}` : fields.name, this.#valueNames);
    this.#values.push({ ...fields, id, name });
    this.#valueNames.set(name, id);
    return id;
  }

  input(name: string, dtype?: Dtype, shape?: Shape): ValueId {
    return this.asInput(
      this.value({ name, ...(dtype && { dtype }), ...(shape && { shape, declared: shape }) }),
    );
  }

  /** Makes a value that exists a graph input. */
  asInput(id: ValueId): ValueId {
    this.#inputs.push(id);
    return id;
  }

  constant(name: string, data: Tensor | Constant): ValueId {
    const constant: Constant = 'kind' in data ? data : { kind: 'inline', tensor: data };
    return this.value({ name, dtype: constantDtype(constant), shape: constantShape(constant), constant });
  }

  /** In a subgraph: the value that stands inside for the outer value `name`. */
  capture(name: string, fields: Omit<Value, 'id' | 'name'> = {}): ValueId {
    const id = this.value({ ...fields, name });
    this.#captures.set(id, name);
    return id;
  }

  /** Appends a node and returns its outputs' ids; an omitted output gives undefined. */
  nodes(op: string, inputs: readonly (ValueId | undefined)[], options: NodeOptions = {}) {
    const id = options.id ?? this.#ids.next();
    const name = this.#uniqueNodeName(options.name || `${op}_${id}`);
    const outputs = (options.outputs ?? [`${name}_output`]).map(output =>
      typeof output === 'string' ? this.value({ name: output }) : output,
    );
    this.#nodes.push({
      id,
      name,
      op,
      version: options.version ?? this.#version,
      inputs,
      outputs,
      attributes: options.attributes ?? {},
      origin: options.origin ?? [id],
      ...(options.doc && { doc: options.doc }),
      ...(options.metadata && { metadata: options.metadata }),
    });
    return outputs;
  }

  /** Appends a node of which only the first output matters, and returns that. */
  node(op: string, inputs: readonly (ValueId | undefined)[], options: NodeOptions = {}): ValueId {
    const first = this.nodes(op, inputs, options)[0];
    if (first === undefined) throw new Error(`${op}: node() needs a first output; use nodes()`);
    return first;
  }

  /** Adds what became known about a value. */
  update(id: ValueId, fields: Partial<Omit<Value, 'id' | 'name'>>): void {
    this.#values[id] = { ...this.get(id), ...fields };
  }

  output(id: ValueId): void {
    this.get(id);
    this.#outputs.push(id);
  }

  get(id: ValueId): Value {
    const value = this.#values[id];
    if (!value) throw new Error(`graph ${this.name} has no value ${id}`);
    return value;
  }

  find(name: string): ValueId | undefined {
    return this.#valueNames.get(name);
  }

  build(): Graph {
    return {
      name: this.name,
      values: [...this.#values],
      nodes: [...this.#nodes],
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      ...(this.#captures.size > 0 && { captures: new Map(this.#captures) }),
    };
  }

  #uniqueNodeName(name: string): string {
    const unique = this.#unique(name, this.#nodeNames);
    this.#nodeNames.add(unique);
    return unique;
  }

  /** `name`, or with the first number appended that makes it new; remembers how far it got. */
  #unique(name: string, taken: { has(name: string): boolean }): string {
    let unique = name;
    while (taken.has(unique)) {
      const suffix = (this.#suffixes.get(name) ?? 0) + 1;
      this.#suffixes.set(name, suffix);
      unique = `${name}_${suffix}`;
    }
    return unique;
  }
}

/** The value with this id. Throws when there is none: that is our bug. */
export function valueOf(graph: Graph, id: ValueId): Value {
  const value = graph.values[id];
  if (!value) throw new Error(`graph ${graph.name} has no value ${id}`);
  return value;
}

/** The shape of what a node may be given or make; [] where that is left out, or its shape is not known. */
export const operandShape = (graph: Graph, id: ValueId | undefined): Shape =>
  id === undefined ? [] : (valueOf(graph, id).shape ?? []);

interface GraphIndex {
  readonly producers: ReadonlyMap<ValueId, Node>;
  readonly consumers: ReadonlyMap<ValueId, readonly Node[]>;
  readonly names: ReadonlyMap<string, ValueId>;
}

// Graphs are immutable, so an index made once stays true.
const indexes = new WeakMap<Graph, GraphIndex>();

function indexOf(graph: Graph): GraphIndex {
  const known = indexes.get(graph);
  if (known) return known;
  const names = new Map<string, ValueId>();
  for (const value of graph.values) if (value) names.set(value.name, value.id);
  const producers = new Map<ValueId, Node>();
  const consumers = new Map<ValueId, Node[]>();
  for (const node of graph.nodes) {
    for (const id of node.outputs) if (id !== undefined) producers.set(id, node);
    for (const id of node.inputs) addReader(consumers, id, node);
    for (const id of capturedBy(() => names, node)) addReader(consumers, id, node);
  }
  const index = { producers, consumers, names };
  indexes.set(graph, index);
  return index;
}

/** Nodes come one after the other: one that reads a value twice is the last that was added. */
function addReader(consumers: Map<ValueId, Node[]>, id: ValueId | undefined, node: Node): void {
  if (id === undefined) return;
  const list = consumers.get(id);
  if (list === undefined) consumers.set(id, [node]);
  else if (list.at(-1) !== node) list.push(node);
}

const NOTHING: readonly ValueId[] = [];

/** `names` is asked for only where a node has subgraphs. */
function capturedBy(names: () => ReadonlyMap<string, ValueId>, node: Node): readonly ValueId[] {
  const graphs = subgraphsOf(node);
  if (graphs.length === 0) return NOTHING;
  const captured: ValueId[] = [];
  for (const graph of graphs) {
    for (const name of graph.captures?.values() ?? []) {
      const id = names().get(name);
      if (id !== undefined) captured.push(id);
    }
  }
  return captured;
}

/** The node that computes a value; undefined for inputs, initialisers and captured values. */
export const producerOf = (graph: Graph, id: ValueId): Node | undefined => indexOf(graph).producers.get(id);

/** The nodes that read a value, each once, in execution order; also those that read it inside their subgraphs. */
export const consumersOf = (graph: Graph, id: ValueId): readonly Node[] =>
  indexOf(graph).consumers.get(id) ?? [];

/** The value with this name. */
export const findValue = (graph: Graph, name: string): Value | undefined => {
  const id = indexOf(graph).names.get(name);
  return id === undefined ? undefined : graph.values[id];
};

/** The outer values that a node's subgraphs read without being given them as inputs. */
export const capturesOf = (graph: Graph, node: Node): readonly ValueId[] =>
  capturedBy(() => indexOf(graph).names, node);

/** The subgraphs of If, Loop, Scan and the like, directly below this node. */
export function subgraphsOf({ attributes }: Node): readonly Graph[] {
  const graphs: Graph[] = [];
  for (const name in attributes) {
    const attribute = attributes[name];
    if (attribute?.type === 'graph') graphs.push(attribute.value);
  }
  return graphs;
}
