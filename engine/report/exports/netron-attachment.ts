// Times and memory as an attachment for Netron (9 or newer): dropped on the open model, they stand in its sidebars.
// Netron finds targets by name and drops what it cannot find, so nameless nodes and values are left out.

import type { CompileReport, ModelSummary, RunReport } from '../types.ts';
import { nodeFigures } from './node-figures.ts';

interface Entry {
  readonly kind: 'model' | 'graph' | 'node' | 'value';
  /** a name; '' for the model and the graph */
  readonly target: string;
  readonly name: string;
  readonly value: string | number;
  readonly type: 'attribute';
}

export function netronAttachment(
  model: ModelSummary,
  compile: CompileReport,
  run: RunReport | undefined,
): string {
  const metrics = [
    ...modelMetrics(compile, run),
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

function modelMetrics({ asExecuted, weightsBytes }: CompileReport, run: RunReport | undefined): Entry[] {
  const figures: readonly (readonly [string, string | number])[] = [
    ['arena peak (bytes)', asExecuted.peakBytes],
    ['arena lower bound (bytes)', asExecuted.lowerBoundBytes],
    ['unplanned (bytes)', asExecuted.unplannedBytes],
    ['packed weights (bytes)', weightsBytes],
    ...(run ? ([['median (ns)', run.total.medianNs]] as const) : []),
  ];
  return figures.map(([name, value]) => entry('model', '', name, value));
}

function nodeMetrics(model: ModelSummary, compile: CompileReport, run: RunReport | undefined): Entry[] {
  const names = new Map(model.graph.nodes.map(({ id, name }) => [id, firstLine(name)]));
  return nodeFigures(compile, run).flatMap(({ node, steps, members, medianNs }) => {
    const name = names.get(node);
    if (!name) return [];
    return [
      entry('node', name, 'step', stepText(steps)),
      ...(members > 1 ? [entry('node', name, 'operators in the step', members)] : []),
      ...(medianNs === undefined
        ? []
        : [entry('node', name, `median of the step${steps.length > 1 ? 's' : ''} (ns)`, medianNs)]),
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
