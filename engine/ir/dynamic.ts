// Values whose size is known only while the model runs, and how the compiler steps around them.
// A bounded value has a place in the arena that is as large as it can get; a host value has none and is held as a
// JavaScript object. The interpreter computes with both; kernels and passes never touch them.

import { capturesOf, valueOf } from './graph.ts';
import type { Graph, Node, Value } from './types.ts';

/** Its shape is a capacity: some extents are read when the model runs. */
export const isBounded = ({ bounded }: Value): boolean => bounded?.includes(true) ?? false;

/** Nothing that has a place in the arena: a container, strings, or a tensor whose size has no known bound. */
export const isHost = ({ dtype, shape, container, constant }: Value): boolean =>
  !constant && (container !== undefined || dtype === 'string' || dtype === undefined || shape === undefined);

/** Bounded, or held outside the arena: what passes and kernels of fixed sizes leave alone. */
export const isDynamic = (value: Value): boolean => !value.constant && (isBounded(value) || isHost(value));

/** Whether a node reads or writes what is dynamic, in its bodies too. */
export function touchesDynamic(graph: Graph, node: Node): boolean {
  const touched = [...node.inputs, ...node.outputs, ...capturesOf(graph, node)];
  return touched.some(id => id !== undefined && isDynamic(valueOf(graph, id)));
}

/** The domain of sealed operators: no rule and no pass knows them. */
const SEALED = 'dynamic.';

/**
 * Hides nodes that touch dynamic values from passes, which take shapes for what they are at run time: a sealed node
 * has an operator that nobody knows, and so stays as it is.
 */
export function seal(graph: Graph): Graph {
  const sealed = graph.nodes.map(node =>
    touchesDynamic(graph, node) ? { ...node, op: `${SEALED}${node.op}` } : node,
  );
  return { ...graph, nodes: sealed };
}

/** The node as it was before it was sealed. */
export const unsealed = (node: Node): Node =>
  node.op.startsWith(SEALED) ? { ...node, op: node.op.slice(SEALED.length) } : node;

/** The graph as it was before `seal`, with what passes did to the rest of it. */
export const unseal = (graph: Graph): Graph => ({ ...graph, nodes: graph.nodes.map(unsealed) });
