// Which axes of which values have the same run-time extent: followed from the operators that make them through those
// that are parallel along them. What no rule vouches for has no extent here, and stays with the interpreter.

import { isBounded, isDynamic } from '../ir/dynamic.ts';
import { valueOf } from '../ir/graph.ts';
import { findOperator } from '../ir/ops/index.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import { type Extent, type Extents, type Mask, Operands, ruleOf } from './parallel-rules.ts';

/** How a node computes at capacity what it computes for every smaller extent. */
export interface ParallelNode {
  readonly outputs: readonly Extents[];
  readonly masks: readonly Mask[];
  /** keeps all elements in order: a Reshape to its capacity */
  readonly reshapes: boolean;
}

export interface ParallelPart {
  readonly extents: ReadonlyMap<ValueId, Extents>;
  readonly nodes: ReadonlyMap<Node, ParallelNode>;
}

/** Follows extents from the operators that make them, whose capacities are certain. */
export function parallelPart(graph: Graph): ParallelPart {
  const extents = extentsOfInputs(graph);
  const nodes = new Map<Node, ParallelNode>();
  for (const node of graph.nodes) {
    const dynamic = node.inputs.filter(id => id !== undefined && isDynamic(valueOf(graph, id)));
    if (dynamic.some(id => id === undefined || !extents.has(id))) continue;
    const found = dynamic.length > 0 ? parallelNode(graph, node, extents) : undefined;
    if (found) nodes.set(node, found);
    const results = found?.outputs ?? opened(graph, node);
    node.outputs.forEach((id, i) => {
      const labels = results[i];
      if (id !== undefined && labels?.some(Boolean)) extents.set(id, labels);
    });
  }
  return { extents, nodes };
}

function extentsOfInputs(graph: Graph): Map<ValueId, Extents> {
  const first = new Map<number, Extent>();
  const found = new Map<ValueId, Extents>();
  for (const id of graph.inputs) {
    const { extents } = valueOf(graph, id);
    if (!extents) continue;
    const labels = extents.map((number, axis) => {
      if (number === undefined) return undefined;
      const label = first.get(number) ?? { source: id, axis };
      first.set(number, label);
      return label;
    });
    found.set(id, labels);
  }
  return found;
}

/** Operators that are not parallel, and whose results still are never larger than their capacity. */
const CERTAIN = new Set(['TopK', 'Concat']);

/** Fresh extents: of results that depend on elements, or put operands one behind the other. */
function opened(graph: Graph, node: Node): Extents[] {
  const certain = CERTAIN.has(node.op) || findOperator(node.op, node.version)?.dataDependent;
  if (!certain) return [];
  const [first] = node.outputs;
  return node.outputs.map(id => {
    const value = id === undefined ? undefined : valueOf(graph, id);
    if (!value?.shape || !isBounded(value)) return [];
    // Both results of a TopK have one shape.
    const source = node.op === 'TopK' && first !== undefined ? first : value.id;
    return value.shape.map((_, axis) => (value.bounded?.[axis] ? { source, axis } : undefined));
  });
}

function parallelNode(
  graph: Graph,
  node: Node,
  extents: ReadonlyMap<ValueId, Extents>,
): ParallelNode | undefined {
  const definition = findOperator(node.op, node.version);
  if (!definition || definition.random) return undefined;
  const found = ruleOf(definition)?.(new Operands(graph, node, extents));
  if (!found) return undefined;
  // The rule and shape inference, which knows nothing of it, have to agree.
  const agrees = node.outputs.every((id, i) => {
    if (id === undefined) return true;
    const { shape, bounded } = valueOf(graph, id);
    const labels = found.outputs[i];
    return (
      shape?.length === labels?.length &&
      shape?.every((_, axis) => (labels?.[axis] !== undefined) === (bounded?.[axis] ?? false))
    );
  });
  if (!agrees) return undefined;
  return { outputs: found.outputs, masks: found.masks ?? [], reshapes: found.reshapes ?? false };
}
