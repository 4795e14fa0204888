// Lookups into a graph summary by id, and names fit to be read. Built once per open model.

import type { GraphSummary, NodeSummary, TensorSummary } from '../../../engine/report/types/model.ts';

export interface GraphIndex {
  readonly nodes: ReadonlyMap<number, NodeSummary>;
  readonly tensors: ReadonlyMap<number, TensorSummary>;
}

export function indexGraph(graph: GraphSummary): GraphIndex {
  return {
    nodes: new Map(graph.nodes.map(node => [node.id, node])),
    tensors: new Map(graph.tensors.map(tensor => [tensor.id, tensor])),
  };
}

/** Whether some of the nodes have bodies (If, Loop, Scan): what runs there is not known by nodes of this graph. */
export const isOfBody = (nodes: readonly number[], { nodes: known }: GraphIndex): boolean =>
  nodes.some(id => (known.get(id)?.subgraphs.length ?? 0) > 0);

/** Ids that are there; an omitted optional input is null in the summary. */
export const present = (ids: readonly (number | null | undefined)[]): readonly number[] =>
  ids.filter(id => typeof id === 'number');

/** All that a node reads, each once: its inputs, and what its bodies take from around them. */
export const readBy = ({ inputs, captures = [] }: NodeSummary): readonly number[] => [
  ...new Set([...present(inputs), ...captures]),
];

/** The last part of a scoped name: '/features/3/conv/Conv' → 'conv/Conv'. */
export function shortName(name: string): string {
  const parts = name.split('/').filter(part => part !== '');
  return parts.length > 2 ? parts.slice(-2).join('/') : name;
}

/** A place named in a diagnostic, without the folder the model lies in: uploads lie in one nobody knows. */
export function localPlace(where: string, path: string | undefined): string {
  const folder = path?.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return folder ? where.replaceAll(folder, '') : where;
}
