// Indices that are known before a run, given by the caller or constant, looked at then: kernels hold what is out of
// range inside the axis, so nobody would hear of it. Indices that a model computes are not seen here.

import { intAttribute } from '../ir/attributes.ts';
import { isTypedArray, normalizeAxis } from '../ir/tensor.ts';
import type { Graph, Node, Shape, Tensor } from '../ir/types.ts';
import { type Datum, isTensor } from '../reference/datum.ts';

/**
 * Per element of the last axis of an operator's indices: the extent of the axis it speaks of; one where all speak of
 * the same. The operators are those of codegen/kernels/indexed.ts.
 */
const EXTENTS: Readonly<Record<string, (node: Node, shape: Shape, width: number) => readonly number[]>> = {
  Gather: alongAxis,
  GatherElements: alongAxis,
  ScatterElements: alongAxis,
  Scatter: alongAxis,
  GatherND: (node, shape, width) => {
    const batch = intAttribute(node, 'batch_dims', 0);
    return shape.slice(batch, batch + width);
  },
  ScatterND: (_, shape, width) => shape.slice(0, width),
};

function alongAxis(node: Node, shape: Shape): readonly number[] {
  return [shape[normalizeAxis(intAttribute(node, 'axis', 0), shape.length)] ?? 0];
}

/**
 * Throws a RangeError naming node, index and extent where elements are picked or put by an index outside its axis.
 * Only nodes that always run are looked at, not those in bodies. `inputs`: one per graph input, undefined where none
 * is given.
 */
export function checkIndices(graph: Graph, inputs: readonly (Datum | undefined)[]): void {
  const given = new Map(graph.inputs.map((id, i) => [id, inputs[i]]));
  for (const node of graph.nodes) {
    const [data, picked] = node.inputs;
    const extentsOf = Object.hasOwn(EXTENTS, node.op) ? EXTENTS[node.op] : undefined;
    const { shape, bounded } = (data === undefined ? undefined : graph.values[data]) ?? {};
    if (!extentsOf || picked === undefined || !shape || bounded) continue;
    const { name = '', constant } = graph.values[picked] ?? {};
    const indices = constant?.kind === 'inline' ? constant.tensor : given.get(picked);
    if (!isTensor(indices)) continue;
    const stray = strayIndex(indices, extentsOf(node, shape, indices.shape.at(-1) ?? 1));
    if (stray === undefined) continue;
    const { extent } = stray;
    const range =
      extent === 0 ? 'no indices of an axis without elements' : `indices from ${-extent} to ${extent - 1}`;
    const where = constant ? `the constant "${name}"` : `the input "${name}"`;
    throw new RangeError(`${node.op} "${node.name}": expected ${range}, found ${stray.index} in ${where}`);
  }
}

/** The first index outside its axis. */
function strayIndex(
  { data }: Tensor,
  extents: readonly number[],
): { readonly index: number | bigint; readonly extent: number } | undefined {
  if (!isTypedArray(data) || extents.length === 0) return undefined;
  for (let i = 0; i < data.length; i++) {
    const [index = 0, extent = 0] = [data[i], extents[i % extents.length]];
    if (index < -extent || index >= extent) return { index, extent };
  }
  return undefined;
}
