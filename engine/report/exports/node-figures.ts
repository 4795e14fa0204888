// What a plan and a run say about single nodes and tensors of the file: what other viewers can show beside them.

import type { CompileReport, RunReport } from '../types.ts';

export interface NodeFigures {
  /** id of the node of the imported graph */
  readonly node: number;
  /** the step that executes it, with others where these are several */
  readonly step: string;
  readonly members: number;
  /** whether it is the first of them */
  readonly first: boolean;
  /** of the whole step */
  readonly medianNs?: number;
}

/** Every node that a step executes, once, with the first step that does. */
export function nodeFigures({ asExecuted }: CompileReport, run: RunReport | undefined): NodeFigures[] {
  const times = new Map(run?.steps.map(step => [step.index, step.medianNs]));
  const figures = new Map<number, NodeFigures>();
  for (const { index, name, nodes } of asExecuted.steps) {
    const medianNs = times.get(index);
    for (const [place, node] of nodes.entries()) {
      if (figures.has(node)) continue;
      const timed = medianNs === undefined ? {} : { medianNs };
      figures.set(node, { node, step: name, members: nodes.length, first: place === 0, ...timed });
    }
  }
  return [...figures.values()];
}
