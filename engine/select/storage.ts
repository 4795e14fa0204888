// Where every value lies relative to the buffer that owns its memory. Views own nothing: they are the same memory
// under other strides. Offsets of the buffers themselves are the planner's.

import { intsAttribute } from '../ir/attributes.ts';
import { valueOf } from '../ir/graph.ts';
import { canonicalLayout, reshapedLayout, sameLayout, stridesOf, transposedLayout } from '../ir/layout.ts';
import type { Graph, Layout, Node, ValueId } from '../ir/types.ts';

/** Element (i0, i1, …) of a value lies at the owner's buffer + offset + Σ i_k · strides[k]; all in elements. */
export interface Storage {
  readonly owner: ValueId;
  readonly offset: number;
  readonly strides: readonly number[];
}

export type Storages = ReadonlyMap<ValueId, Storage>;

/** The layout its output must have for this node to be a view of its input; 'copy' when it cannot be one. */
export function viewLayout(graph: Graph, node: Node): Layout | undefined | 'copy' {
  const [input] = node.inputs;
  const [output] = node.outputs;
  if (input === undefined || output === undefined) return 'copy';
  const from = valueOf(graph, input);
  const to = valueOf(graph, output);
  if (from.constant || !from.shape || !to.shape || from.dtype !== to.dtype) return 'copy';
  switch (node.op) {
    case 'Identity':
      return canonicalLayout(from.shape, from.layout);
    case 'Reshape':
      return reshapedLayout(from.shape, from.layout, to.shape);
    case 'Transpose': {
      const permutation = intsAttribute(node, 'perm') ?? [...from.shape.keys()].reverse();
      return transposedLayout(from.shape, from.layout, permutation);
    }
    default:
      return 'copy';
  }
}

/** Whether the node moves nothing: its output is its input's memory. */
export function isView(graph: Graph, node: Node): boolean {
  const layout = viewLayout(graph, node);
  const output = node.outputs[0];
  if (layout === 'copy' || output === undefined) return false;
  const { shape, layout: actual } = valueOf(graph, output);
  return shape !== undefined && sameLayout(shape, layout, actual);
}

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
