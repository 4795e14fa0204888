// Indices that the caller gives, looked at before a run: kernels hold what is out of range inside the axis, so nobody
// would hear of it. Indices that a model computes are not seen here.

import { intAttribute } from '../ir/attributes.ts';
import { isTypedArray, normalizeAxis } from '../ir/tensor.ts';
import type { Graph, Tensor } from '../ir/types.ts';
import { type Datum, isTensor } from '../reference/datum.ts';

/**
 * Throws a RangeError naming node, index and extent where an input picks slices by an index outside its axis. Only
 * nodes that always run are looked at, not those in bodies. `inputs`: one per graph input, undefined where none is given.
 */
export function checkIndices(graph: Graph, inputs: readonly (Datum | undefined)[]): void {
  const given = new Map(graph.inputs.map((id, i) => [id, inputs[i]]));
  for (const node of graph.nodes) {
    const [data, picked] = node.inputs;
    const indices = node.op === 'Gather' && picked !== undefined ? given.get(picked) : undefined;
    const { shape, bounded } = (data === undefined ? undefined : graph.values[data]) ?? {};
    if (!isTensor(indices) || !shape || bounded) continue;
    const extent = shape[normalizeAxis(intAttribute(node, 'axis', 0), shape.length)] ?? 0;
    const stray = strayIndex(indices, extent);
    if (stray === undefined) continue;
    const expected = `expected indices from ${-extent} to ${extent - 1}`;
    const name = graph.values[picked ?? -1]?.name ?? '';
    throw new RangeError(`${node.op} "${node.name}": ${expected}, found ${stray} in the input "${name}"`);
  }
}

function strayIndex({ data }: Tensor, extent: number): number | bigint | undefined {
  if (!isTypedArray(data)) return undefined;
  return Array.prototype.find.call(data, (index: number | bigint) => index < -extent || index >= extent);
}
