// The graph as given as a schedule: one step per node, in the order of the file, nothing shared.

import type { Graph, Node } from '../../ir/types.ts';
import type { Schedule } from '../../planner/what-if/schedule.ts';
import { flopsOf } from '../../select/cost.ts';
import { givenPlan } from '../plan-view.ts';

/** A step of the graph as given, and the node it runs. */
export interface GivenStep {
  readonly key: string;
  readonly node: Node;
  /** half its nominal operations */
  readonly multiplyAdds: number;
}

export interface GivenSchedule {
  readonly graph: Graph;
  readonly schedule: Schedule;
  /** at the same index as the schedule's steps */
  readonly steps: readonly GivenStep[];
}

/** Of a graph whose constants are folded and whose shapes are known. Values are the graph's. */
export function givenSchedule(graph: Graph): GivenSchedule {
  const { steps, nodes, problem, buffers } = givenPlan(graph);
  const values = new Map<number, { readonly id: string; readonly bytes: number }>();
  problem.buffers.forEach(({ id, size }, b) => {
    for (const value of buffers[b]?.values ?? []) values.set(value, { id, bytes: size });
  });
  return {
    graph,
    schedule: {
      steps: steps.map(({ index, reads, writes }) => ({ key: String(index), reads, writes })),
      values,
      inputs: graph.inputs,
      outputs: graph.outputs,
    },
    steps: nodes.map((node, index) => ({
      key: String(index),
      node,
      multiplyAdds: Math.round(flopsOf(graph, node) / 2),
    })),
  };
}
