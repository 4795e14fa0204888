// Bodies of If, Loop and Scan: graphs of their own that can be entered, one inside the other.

import type { GraphSummary, ModelSummary } from '../../../engine/report/types/model.ts';
import type { OpenModel } from '../app-state.ts';
import { type GraphIndex, indexGraph } from './graph-index.ts';

/** One entry of OpenModel.path. */
export const entryOf = (node: number, attribute: string): string => `${node}:${attribute}`;

/** One level of the way to a body, to go back to. */
export interface Level {
  /** how many entries of the path lead here */
  readonly depth: number;
  readonly title: string;
}

interface Body {
  readonly summary: ModelSummary;
  readonly index: GraphIndex;
}

const BODIES = new WeakMap<GraphSummary, Body>();

/** The graphs from the model's own down to the one the path leads to; shorter where the path leads nowhere. */
function graphsAlong(graph: GraphSummary, path: readonly string[]): readonly GraphSummary[] {
  const graphs = [graph];
  for (const entry of path) {
    const inner = graphs
      .at(-1)
      ?.nodes.flatMap(node => node.subgraphs.map(body => ({ key: entryOf(node.id, body.attribute), body })))
      .find(({ key }) => key === entry)?.body.graph;
    if (!inner) break;
    graphs.push(inner);
  }
  return graphs;
}

/** The model's own graph, then each body on the way, by the operator it belongs to. */
export function levelsOf({ summary, path }: OpenModel): readonly Level[] {
  const graphs = graphsAlong(summary.graph, path);
  return graphs.map((_, depth): Level => {
    const [id = '', attribute = ''] = (path[depth - 1] ?? '').split(':');
    const node = graphs[depth - 1]?.nodes.find(other => other.id === Number(id));
    return { depth, title: node ? `${node.op} ${node.name}: ${attribute}` : summary.name };
  });
}

/**
 * The model with the body that was entered in the place of its graph, so that views of a graph show bodies too.
 * Plans and runs are of the whole model, so there are none. Without a body entered: the model itself.
 */
export function insideOf(model: OpenModel): OpenModel {
  if (model.path.length === 0 || model.body !== undefined) return model;
  const graphs = graphsAlong(model.summary.graph, model.path);
  const graph = graphs.at(-1);
  if (!graph || graphs.length === 1) return model;
  const body = BODIES.get(graph) ?? { summary: { ...model.summary, graph }, index: indexGraph(graph) };
  BODIES.set(graph, body);
  return {
    ...model,
    ...body,
    body: model.path.slice(0, graphs.length - 1).join('/'),
    reports: new Map(),
    failures: new Map(),
    runs: [],
  };
}
