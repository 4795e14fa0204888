// What waits for extents that are known only at run time is put into bodies, behind everything that does not: the
// runtime compiles a body for the extents it meets. Bodies have the constants they read, so that these are packed
// like any other weights.

import { isDynamic, touchesDynamic, unsealed } from '../../ir/dynamic.ts';
import { attr, capturesOf, findValue, subgraphsOf, valueOf } from '../../ir/graph.ts';
import { findOperator } from '../../ir/ops/index.ts';
import { removeDead } from '../../ir/patch.ts';
import type { Attribute, Graph, Node, NodeId, Value, ValueId } from '../../ir/types.ts';
import type { Pass } from '../pass.ts';

export const outline: Pass = {
  name: 'outline',
  run: graph => {
    const outlined = outlineDynamic(graph);
    return mapNodes(outlined, node => withOwnConstants(outlined, node));
  },
};

/** The graph itself where no node changes. */
function mapNodes(graph: Graph, map: (node: Node) => Node): Graph {
  const nodes = graph.nodes.map(map);
  return nodes.every((node, i) => node === graph.nodes[i]) ? graph : { ...graph, nodes };
}

/** Work that is slow without kernels. */
const HEAVY = new Set(['convolution', 'matmul', 'recurrent', 'attention']);

function isHeavy(node: Node): boolean {
  const { op, version } = unsealed(node);
  if (HEAVY.has(findOperator(op, version)?.kind ?? '')) return true;
  return subgraphsOf(node).some(body => body.nodes.some(isHeavy));
}

/** A node that makes extents of its own: it does not wait for any. */
const opens = (graph: Graph, node: Node): boolean =>
  [...node.inputs, ...capturesOf(graph, node)].every(
    id => id === undefined || !isDynamic(valueOf(graph, id)),
  );

const readBy = (graph: Graph, node: Node): ValueId[] =>
  [...node.inputs, ...capturesOf(graph, node)].filter(id => id !== undefined);

const writes = (node: Node, ids: ReadonlySet<ValueId>): boolean =>
  node.outputs.some(id => id !== undefined && ids.has(id));

/** Between what waits and what is computed at capacity. */
const isBorder = (node: Node): boolean => unsealed(node).op.startsWith('bounded.');

const waits = (graph: Graph, node: Node): boolean =>
  touchesDynamic(graph, node) && !opens(graph, node) && !isBorder(node);

/**
 * Nodes that wait, in parts that need nothing in between that is computed at capacity: that is computed where it is,
 * once compiled for all extents.
 */
function waitingParts(graph: Graph): ReadonlySet<Node>[] {
  const parts: Set<Node>[] = [];
  // How often the way to a value leads into what waits and out of it again; absent where it never does.
  const depths = new Map<ValueId, number>();
  for (const node of graph.nodes) {
    const inputs = readBy(graph, node).flatMap(id => depths.get(id) ?? []);
    const isWaiting = waits(graph, node);
    if (inputs.length === 0 && !isWaiting) continue;
    const depth = Math.max(0, ...inputs) + (isBorder(node) ? 1 : 0);
    for (const id of node.outputs) if (id !== undefined) depths.set(id, depth);
    if (!isWaiting) continue;
    parts[depth] ??= new Set();
    parts[depth].add(node);
  }
  return parts.filter(Boolean);
}

/** Nodes that wait, and those between two of them. */
function withThoseBetween(graph: Graph, waiting: ReadonlySet<Node>): ReadonlySet<Node> {
  const all = new Set(waiting);
  const behind = new Set<ValueId>();
  for (const node of graph.nodes) {
    if (!all.has(node) && !readBy(graph, node).some(id => behind.has(id))) continue;
    for (const id of node.outputs) if (id !== undefined) behind.add(id);
  }
  const before = new Set<ValueId>();
  for (const node of graph.nodes.toReversed()) {
    if (!all.has(node) && !(writes(node, behind) && writes(node, before))) continue;
    all.add(node);
    for (const id of readBy(graph, node)) before.add(id);
  }
  return all;
}

/** What lies between may be heavy too, but has fixed shapes and kernels where it is. */
const outlineDynamic = (graph: Graph): Graph =>
  waitingParts(graph)
    .filter(part => [...part].some(isHeavy))
    .reduce(outlinePart, graph);

function outlinePart(graph: Graph, alone: ReadonlySet<Node>): Graph {
  const inside = withThoseBetween(graph, alone);
  const waiting = graph.nodes.filter(node => inside.has(node));
  const written = new Set(waiting.flatMap(node => node.outputs.filter(id => id !== undefined)));
  const others = graph.nodes.filter(node => !inside.has(node));
  const read = new Set([...graph.outputs, ...others.flatMap(node => readBy(graph, node))]);
  const outputs = [...written].filter(id => read.has(id));
  const block = blockOf(graph, waiting, written, outputs);
  // What is behind the body stands there already; what it reads has to come before it.
  const behind = new Set(outputs);
  const later: Node[] = [];
  const first: Node[] = [];
  for (const node of others) {
    const waitsForBlock = readBy(graph, node).some(id => behind.has(id));
    (waitsForBlock ? later : first).push(node);
    if (waitsForBlock) for (const id of node.outputs) if (id !== undefined) behind.add(id);
  }
  return removeDead({ ...graph, nodes: [...first, block, ...later] });
}

function blockOf(
  graph: Graph,
  waiting: readonly Node[],
  written: ReadonlySet<ValueId>,
  outputs: readonly ValueId[],
): Node {
  const last = graph.nodes.reduce((most, node) => Math.max(most, node.id, ...node.origin), -1);
  return {
    id: (last + 1) as NodeId,
    name: `${waiting[0]?.name} …`,
    op: 'dynamic.Block',
    version: 1,
    inputs: [],
    outputs,
    attributes: { body: attr.graph(bodyOf(graph, waiting, written, outputs)) },
    origin: [...new Set(waiting.flatMap(({ origin }) => origin))],
  };
}

/** The nodes as a graph of their own, under the same names. */
function bodyOf(
  graph: Graph,
  waiting: readonly Node[],
  written: ReadonlySet<ValueId>,
  outputs: readonly ValueId[],
): Graph {
  const captures = new Map<ValueId, string>();
  const used = new Set<ValueId>();
  for (const node of waiting) {
    for (const id of [...node.inputs, ...node.outputs, ...capturesOf(graph, node)]) {
      if (id === undefined) continue;
      used.add(id);
      if (!written.has(id)) captures.set(id, valueOf(graph, id).name);
    }
  }
  return {
    name: `${graph.name}/run-time extents`,
    values: graph.values.map(value => (value && used.has(value.id) ? value : undefined)),
    nodes: waiting.map(unsealed),
    inputs: [],
    outputs,
    captures,
  };
}

/** A node whose bodies, and those inside them, hold the constants they read from the graph around them. */
function withOwnConstants(graph: Graph, node: Node): Node {
  const attributes = Object.entries(node.attributes).map(([name, attribute]): [string, Attribute] => {
    if (attribute.type !== 'graph') return [name, attribute];
    const body = ownConstants(graph, attribute.value);
    return [name, body === attribute.value ? attribute : attr.graph(body)];
  });
  const changed = attributes.some(([name, attribute]) => attribute !== node.attributes[name]);
  return changed ? { ...node, attributes: Object.fromEntries(attributes) } : node;
}

function ownConstants(graph: Graph, body: Graph): Graph {
  const captures = new Map(body.captures);
  const values: (Value | undefined)[] = [...body.values];
  for (const [id, name] of captures) {
    const { constant, dtype, shape } = findValue(graph, name) ?? {};
    const value = values[id];
    if (!constant || !value) continue;
    values[id] = { ...value, constant, ...(dtype && { dtype }), ...(shape && { shape }) };
    captures.delete(id);
  }
  const { captures: _, ...rest } = body;
  const own: Graph =
    captures.size === (body.captures?.size ?? 0)
      ? body
      : { ...rest, values, ...(captures.size > 0 && { captures }) };
  return mapNodes(own, node => withOwnConstants(own, node));
}
