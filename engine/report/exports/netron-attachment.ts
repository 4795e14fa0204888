// Times and memory as an attachment for Netron (9 or newer): dropped on the open model, they stand in its sidebars.
// Netron finds targets by the names in the file and drops what it cannot find. Nodes often have none there, their
// outputs always do: what a node takes stands with both.

import type { CompileReport } from '../types/compile.ts';
import type { ModelSummary } from '../types/model.ts';
import type { RunReport } from '../types/run.ts';
import { nodeFigures } from './node-figures.ts';

interface Entry {
  readonly kind: 'model' | 'graph' | 'node' | 'value';
  /** a name; '' for the model and the graph */
  readonly target: string;
  readonly name: string;
  readonly value: string | number;
  readonly type: 'attribute';
}

/** The text of a JSON file; times only with a run. */
export function netronAttachment(
  model: ModelSummary,
  compile: CompileReport,
  run: RunReport | undefined,
): string {
  const metrics = [
    ...totals(compile, run),
    ...nodeMetrics(model, compile, run),
    ...valueMetrics(model, compile),
  ];
  return `${JSON.stringify({ signature: 'netron:attachment', metadata: [], metrics }, null, 1)}\n`;
}

const entry = (kind: Entry['kind'], target: string, name: string, value: string | number): Entry => ({
  kind,
  target,
  name,
  value,
  type: 'attribute',
});

/** Netron compares with the first line of a name. */
const firstLine = (name: string): string => name.split('\n')[0] ?? '';

/** With the model and with graphs, whose properties are the ones Netron shows first; it gives them no names here. */
function totals({ asExecuted, weightsBytes }: CompileReport, run: RunReport | undefined): Entry[] {
  const figures: readonly (readonly [string, string | number])[] = [
    ['arena peak (bytes)', asExecuted.peakBytes],
    ['arena lower bound (bytes)', asExecuted.lowerBoundBytes],
    ['unplanned (bytes)', asExecuted.unplannedBytes],
    ['packed weights (bytes)', weightsBytes],
    ...(run ? ([['median (ns)', run.total.medianNs]] as const) : []),
  ];
  return figures.flatMap(([name, value]) => [
    entry('model', '', name, value),
    entry('graph', '', name, value),
  ]);
}

function nodeMetrics(model: ModelSummary, compile: CompileReport, run: RunReport | undefined): Entry[] {
  const nodes = new Map(model.graph.nodes.map(node => [node.id, node]));
  const tensors = new Map(model.graph.tensors.map(({ id, name }) => [id, firstLine(name)]));
  return nodeFigures(compile, run).flatMap(({ node: id, steps, members, medianNs }) => {
    const node = nodes.get(id);
    const about = (kind: Entry['kind'], target: string, step: string): Entry[] =>
      target === ''
        ? []
        : [
            entry(kind, target, step, stepText(steps)),
            ...(members > 1 ? [entry(kind, target, 'operators in the step', members)] : []),
            ...(medianNs === undefined
              ? []
              : [entry(kind, target, `median of the step${steps.length > 1 ? 's' : ''} (ns)`, medianNs)]),
          ];
    const outputs = (node?.outputs ?? []).flatMap(output =>
      output === null ? [] : (tensors.get(output) ?? []),
    );
    return [
      ...about('node', firstLine(node?.name ?? ''), 'step'),
      ...outputs.flatMap(name => about('value', name, 'made in step')),
    ];
  });
}

/** The first, and how many follow. */
const stepText = ([first = '', ...others]: readonly string[]): string =>
  others.length > 0 ? `${first} and ${others.length} more` : first;

function valueMetrics(model: ModelSummary, { asExecuted }: CompileReport): Entry[] {
  const names = new Map(model.graph.tensors.map(({ id, name }) => [id, firstLine(name)]));
  const told = new Set<string>();
  return asExecuted.tensors.flatMap(({ tensors, bytes, offset, lower, upper }) =>
    tensors.flatMap(id => {
      const name = names.get(id);
      if (!name || told.has(name)) return [];
      told.add(name);
      return [
        entry('value', name, 'arena offset (bytes)', offset),
        entry('value', name, 'arena size (bytes)', bytes),
        entry('value', name, 'live in steps', `${lower} to ${upper - 1}`),
      ];
    }),
  );
}
