// Groups become steps: a kernel specification where there is a template, the reference interpreter elsewhere.

import { capturesOf } from '../ir/graph.ts';
import type { Graph, Node } from '../ir/types.ts';
import { flopsOf, valueBytes } from './cost.ts';
import type { StepDraft } from './step.ts';
import type { Storages } from './storage.ts';

/** The node as the interpreter runs it: one step, on its values' own memory. */
export function referenceStep(graph: Graph, node: Node): StepDraft {
  const reads = [...node.inputs, ...capturesOf(graph, node)].filter(id => id !== undefined);
  const writes = node.outputs.filter(id => id !== undefined);
  const bytes = (ids: typeof reads) => ids.reduce((sum, id) => sum + valueBytes(graph, id), 0);
  return {
    kind: 'reference',
    node,
    name: node.name,
    op: node.op,
    fusedOps: [node.op],
    origin: node.origin,
    reads,
    writes,
    flops: flopsOf(graph, node),
    bytesRead: bytes(reads),
    bytesWritten: bytes(writes),
  };
}

/** A step per node that is no view. */
export function referenceSteps(graph: Graph, storages: Storages): StepDraft[] {
  const owns = (node: Node) => node.outputs.some(id => id !== undefined && storages.get(id)?.owner === id);
  return graph.nodes.filter(owns).map(node => referenceStep(graph, node));
}
