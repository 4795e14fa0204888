// Node data for Model Explorer: the measured time of each step, at its first node, because the viewer adds up what is
// in a layer; or, before any run, the bytes each node writes. Nodes are found by the names of their output tensors,
// which every adapter keeps.

import type { CompileReport } from '../types/compile.ts';
import type { ModelSummary } from '../types/model.ts';
import type { RunReport } from '../types/run.ts';
import { nodeFigures } from './node-figures.ts';

/** From nothing to the most, as the app colours them. */
const GRADIENT = [
  { stop: 0, bgColor: '#fff7ec' },
  { stop: 1, bgColor: '#d7301f' },
] as const;

/** The text of a JSON file; milliseconds with a run, bytes without. */
export function modelExplorerData(
  model: ModelSummary,
  compile: CompileReport,
  run: RunReport | undefined,
): string {
  const tensors = new Map(model.graph.tensors.map(tensor => [tensor.id, tensor]));
  const outputs = new Map(
    model.graph.nodes.map(({ id, outputs: ids }) => [
      id,
      ids.flatMap(output => (output === null ? [] : (tensors.get(output) ?? []))),
    ]),
  );
  const results: Record<string, { value: number }> = {};
  for (const { node, ledNs } of nodeFigures(compile, run)) {
    for (const { name, bytes } of outputs.get(node) ?? []) {
      const value = run ? ledNs && ledNs / 1e6 : bytes;
      if (name !== '' && value !== undefined) results[name] = { value };
    }
  }
  // What the adapter for ONNX calls a graph without a name.
  const graphId = model.graph.name || '<main>';
  return `${JSON.stringify({ [graphId]: { results, gradient: GRADIENT } }, null, 1)}\n`;
}
