// Which axes of which values have the same run-time extent: followed from the operators that make them through those
// that are parallel along them. What no rule vouches for opens extents of its own, and stays with the interpreter.

import { intsAttribute } from '../../ir/attributes.ts';
import { isBounded, isDynamic } from '../../ir/dynamic.ts';
import { valueOf } from '../../ir/graph.ts';
import { findOperator } from '../../ir/ops/index.ts';
import { constantNumbers } from '../../ir/patch.ts';
import type { Graph, Node, ValueId } from '../../ir/types.ts';
import { countsOf } from './counts.ts';
import { type Extent, type Extents, extentOf, grownThrough } from './extent.ts';
import { type Along, type Counts, Operands } from './operands.ts';
import { ruleOf } from './rules.ts';

/** What can be computed at capacity. */
export interface ParallelPart {
  readonly extents: ReadonlyMap<ValueId, Extents>;
  /** nodes that compute at capacity what they compute for every smaller extent, and how */
  readonly nodes: ReadonlyMap<Node, Along>;
}

/** Follows extents from the operators that make them, whose capacities are certain. */
export function parallelPart(graph: Graph): ParallelPart {
  const extents = extentsOfInputs(graph);
  const counts = new Map<ValueId, Counts>();
  const nodes = new Map<Node, Along>();
  for (const node of graph.nodes) {
    const read = node.inputs.filter(id => id !== undefined);
    const dynamic = read.filter(id => isDynamic(valueOf(graph, id)));
    const counted = read.some(id => counts.has(id));
    const labelled = dynamic.every(id => extents.has(id)) && (dynamic.length > 0 || counted);
    const found = labelled ? alongOf(graph, node, { extents, counts }) : undefined;
    if (found && !found.interpreted) nodes.set(node, found);
    const results = found?.outputs ?? opened(graph, node);
    node.outputs.forEach((id, i) => {
      const labels = results[i];
      if (id !== undefined && labels?.some(Boolean)) extents.set(id, labels);
    });
    for (const [id, known] of countsOf(graph, node, { extents, counts })) counts.set(id, known);
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
      const label = first.get(number) ?? extentOf(id, axis);
      first.set(number, label);
      return label;
    });
    found.set(id, labels);
  }
  return found;
}

/**
 * Whether the largest operands give the largest results, so that no run goes beyond the capacity. Parts counted from
 * the end up to a place counted from the start become smaller where there is more, and so do last parts of even splits.
 */
function isCertain(graph: Graph, node: Node): boolean {
  if (findOperator(node.op, node.version) === undefined) return false;
  const evenly = node.inputs[1] === undefined && node.attributes.split === undefined;
  if (node.op === 'Split') return !evenly || node.outputs.length <= 2;
  if (node.op === 'Resize') return node.attributes.keep_aspect_ratio_policy === undefined;
  return node.op !== 'Slice' || isSteadySlice(graph, node);
}

/** Both ends counted from the same end, or the whole rest. */
function isSteadySlice(graph: Graph, node: Node): boolean {
  const [starts, ends, steps = []] = ['starts', 'ends', 'steps'].map(
    (name, i) => intsAttribute(node, name) ?? constantNumbers(graph, node.inputs[i === 2 ? 4 : i + 1]),
  );
  const [x] = node.inputs;
  const most = Math.max(0, ...(x === undefined ? [] : (valueOf(graph, x).shape ?? [])));
  const forward = steps.every(step => step > 0) && (node.inputs[4] === undefined || steps.length > 0);
  const steady = starts?.every((start, i) => {
    // What a range of ends was found for is cut from the start.
    if (!ends) return start >= 0;
    const end = ends[i];
    return end !== undefined && (start >= 0 || end < 0 || end >= most);
  });
  return forward && steady === true;
}

/** Fresh extents: of results that depend on elements, or of whatever no rule knows. */
function opened(graph: Graph, node: Node): Extents[] {
  if (!isCertain(graph, node)) return [];
  const [first] = node.outputs;
  return node.outputs.map(id => {
    const value = id === undefined ? undefined : valueOf(graph, id);
    if (!value?.shape || !isBounded(value)) return [];
    // Both results of a TopK have one shape.
    const source = node.op === 'TopK' && first !== undefined ? first : value.id;
    return value.shape.map((_, axis) => (value.bounded?.[axis] ? extentOf(source, axis) : undefined));
  });
}

function alongOf(
  graph: Graph,
  node: Node,
  known: { readonly extents: ReadonlyMap<ValueId, Extents>; readonly counts: ReadonlyMap<ValueId, Counts> },
): Along | undefined {
  const definition = findOperator(node.op, node.version);
  if (!definition || definition.random(node)) return undefined;
  const found = ruleOf(definition)?.(new Operands(graph, node, known));
  if (!found) return undefined;
  const capacityOf = ({ source, axis, growths }: Extent): number =>
    grownThrough(valueOf(graph, source).shape?.[axis] ?? 0, growths);
  // The rule and shape inference, which knows nothing of it, have to agree.
  const agrees = node.outputs.every((id, i) => {
    if (id === undefined) return true;
    const { shape, bounded } = valueOf(graph, id);
    const labels = found.outputs[i];
    return (
      shape?.length === labels?.length &&
      shape?.every((capacity, axis) => {
        const label = labels?.[axis];
        return label ? bounded?.[axis] === true && capacityOf(label) === capacity : !bounded?.[axis];
      })
    );
  });
  return agrees ? found : undefined;
}
