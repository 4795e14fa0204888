// Following the graph: from a node to its neighbours, and to everything before or after it. Pure.

import { type OpenModel, planOf, reportOf } from '../app-state.ts';
import { highlightOf, type Selection } from '../selection.ts';
import { insideOf } from './bodies.ts';
import { type GraphIndex, present, readBy } from './graph-index.ts';

export type Way = 'inputs' | 'outputs';

/** The nodes that make a node's inputs, or that read its outputs, each once, in the order of its arguments. */
export function neighboursOf(index: GraphIndex, node: number, way: Way): readonly number[] {
  const known = index.nodes.get(node);
  if (!known) return [];
  const ids = way === 'inputs' ? readBy(known) : present(known.outputs);
  const tensors = ids.map(id => index.tensors.get(id));
  const found = tensors.flatMap(tensor =>
    way === 'inputs' ? present([tensor?.producer]) : (tensor?.consumers ?? []),
  );
  return [...new Set(found)];
}

/** All nodes that lead to `nodes`, or that depend on them; `nodes` themselves come first. */
export function reachedFrom(index: GraphIndex, nodes: readonly number[], way: Way): readonly number[] {
  const reached = new Set(nodes);
  // A set is visited in the order things are added, also while it grows.
  for (const node of reached) for (const next of neighboursOf(index, node, way)) reached.add(next);
  return [...reached];
}

const NAMES: Readonly<Record<Way, string>> = { inputs: 'Leads to', outputs: 'Depends on' };

/** The selection of all that leads to what is selected, or depends on it; none where nothing is selected. */
export function traced(whole: OpenModel, way: Way): { readonly selection?: Selection } {
  const model = insideOf(whole);
  const { selection, index, body } = model;
  if (!selection) return {};
  const groups = reportOf(model)?.groups ?? [];
  const marked = highlightOf(selection, index, planOf(model), groups, body);
  const nodes = selection.kind === 'tensor' ? readersOrMaker(index, selection.id, way) : [...marked.nodes];
  if (nodes.length === 0) return {};
  const what =
    selection.kind === 'tensor'
      ? index.tensors.get(selection.id)?.name
      : nodes.length === 1
        ? index.nodes.get(nodes[0] ?? -1)?.name
        : selection.id;
  const id = `${NAMES[way]} ${what}`;
  const traced = { kind: 'nodes', id, nodes: reachedFrom(index, nodes, way) } as const;
  return { selection: body === undefined ? traced : { ...traced, body } };
}

/** One node on from the node or tensor selected: the first that makes its inputs, or reads its results; else it stays. */
export function nextAlong({ selection, index }: OpenModel, way: Way): Selection | undefined {
  if (selection?.kind !== 'tensor' && selection?.kind !== 'node') return selection;
  const [id] =
    selection.kind === 'tensor'
      ? readersOrMaker(index, selection.id, way)
      : neighboursOf(index, selection.id, way);
  return id === undefined ? selection : { kind: 'node', id };
}

function readersOrMaker(index: GraphIndex, id: number, way: Way): readonly number[] {
  const tensor = index.tensors.get(id);
  return way === 'inputs' ? present([tensor?.producer]) : (tensor?.consumers ?? []);
}
