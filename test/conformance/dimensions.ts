// Binding a model's open dimensions to those of the inputs it is given.

import type { Graph } from '../../engine/ir/types.ts';
import { type Datum, isTensor } from '../../engine/reference/datum.ts';

/** Every open dimension by 'input:axis', as the given tensors have it. */
export function dimensionsOf(graph: Graph, inputs: readonly (Datum | undefined)[]): Record<string, number> {
  const dims: Record<string, number> = {};
  for (const [i, id] of graph.inputs.entries()) {
    const value = graph.values[id];
    const datum = inputs[i];
    if (!isTensor(datum)) continue;
    for (const [axis, extent] of (value?.declared ?? []).entries()) {
      if (typeof extent !== 'number') dims[`${value?.name}:${axis}`] = datum.shape[axis] ?? 0;
    }
  }
  return dims;
}
