// What waits for extents that are known only at run time is put into one body, behind everything that does not: the
// runtime compiles a body for the extents it meets. Bodies have the constants they read, so that these are packed
// like any other weights.

import { isDynamic, touchesDynamic, unsealed } from '../ir/dynamic.ts';
import { attr, capturesOf, findValue, subgraphsOf, valueOf } from '../ir/graph.ts';
import { findOperator } from '../ir/ops/index.ts';
import { removeDead } from '../ir/patch.ts';
import type { Attribute, Graph, Node, NodeId, Value, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

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

function outlineDynamic(graph: Graph): Graph {
  const waiting = graph.nodes.filter(node => touchesDynamic(graph, node) && !opens(graph, node));
  if (waiting.length < 2 || !waiting.some(isHeavy)) return graph;
  const first = graph.nodes.filter(node => !waiting.includes(node));
  const written = new Set(waiting.flatMap(({ outputs }) => outputs));
  const outputs = [...new Set(graph.outputs.filter(id => written.has(id)))];
  const id = (graph.nodes.reduce((most, node) => Math.max(most, node.id, ...node.origin), -1) + 1) as NodeId;
  const block: Node = {
    id,
    name: `${waiting[0]?.name} …`,
    op: 'dynamic.Block',
    version: 1,
    inputs: [],
    outputs,
    attributes: { body: attr.graph(bodyOf(graph, waiting, written, outputs)) },
    origin: [...new Set(waiting.flatMap(({ origin }) => origin))],
  };
  return removeDead({ ...graph, nodes: [...first, block] });
}

/** The nodes as a graph of their own, under the same names. */
function bodyOf(
  graph: Graph,
  waiting: readonly Node[],
  written: ReadonlySet<ValueId | undefined>,
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
