// What a plan and a run say about single nodes and tensors of the file: what other viewers can show beside them.

import type { CompileReport } from '../types/compile.ts';
import type { RunReport } from '../types/run.ts';

export interface NodeFigures {
  /** id of the node of the imported graph */
  readonly node: number;
  /** names of the steps that execute it: several where it has bodies, or is computed again */
  readonly steps: readonly string[];
  /** operators in the first of them */
  readonly members: number;
  /** of these steps together */
  readonly medianNs?: number;
  /** of those among them that begin with it: over all nodes the time of the run. Absent for none */
  readonly ledNs?: number;
}

/** Every node that some step executes, once, in the order of the steps. */
export function nodeFigures({ asExecuted }: CompileReport, run: RunReport | undefined): NodeFigures[] {
  const times = new Map(run?.steps.map(step => [step.index, step.medianNs]));
  const figures = new Map<number, NodeFigures>();
  for (const { index, name, nodes } of asExecuted.steps) {
    const ns = times.get(index);
    for (const [place, node] of nodes.entries()) {
      const known = figures.get(node);
      const leads = place === 0 || known?.ledNs !== undefined;
      figures.set(node, {
        node,
        steps: [...(known?.steps ?? []), name],
        members: known?.members ?? nodes.length,
        ...(ns !== undefined && { medianNs: (known?.medianNs ?? 0) + ns }),
        ...(ns !== undefined && leads && { ledNs: (known?.ledNs ?? 0) + (place === 0 ? ns : 0) }),
      });
    }
  }
  return [...figures.values()];
}
