// Where every value lies relative to the buffer that owns its memory. Views own nothing: they are the same memory
// under other strides. Offsets of the buffers themselves are the planner's.

import { valueOf } from '../ir/graph.ts';
import { stridesOf } from '../ir/layout.ts';
import type { Graph, ValueId } from '../ir/types.ts';
import { isView } from '../passes/views.ts';

/** Element (i0, i1, …) of a value lies at the owner's buffer + offset + Σ i_k · strides[k]; all in elements. */
export interface Storage {
  readonly owner: ValueId;
  readonly offset: number;
  readonly strides: readonly number[];
}

export type Storages = ReadonlyMap<ValueId, Storage>;

/** Storage of everything that is no constant. With `views` off every value owns its memory. */
export function storagesOf(graph: Graph, views: boolean): Storages {
  const storages = new Map<ValueId, Storage>();
  const own = (id: ValueId) => {
    const { shape, layout, constant } = valueOf(graph, id);
    if (!constant) storages.set(id, { owner: id, offset: 0, strides: stridesOf(shape ?? [], layout) });
  };
  for (const id of graph.inputs) own(id);
  for (const node of graph.nodes) {
    const [input] = node.inputs;
    const source = input === undefined ? undefined : storages.get(input);
    const view = views && source !== undefined && isView(graph, node);
    for (const id of node.outputs) {
      if (id === undefined) continue;
      own(id);
      const storage = storages.get(id);
      if (view && storage) storages.set(id, { ...storage, owner: source.owner, offset: source.offset });
    }
  }
  return storages;
}
