// The two runs chosen as A and B, compared once for all views.

import { type Comparison, compareRuns, type TimeRow } from '../../../engine/report/compare.ts';
import type { RunReport, StepReport } from '../../../engine/report/types/run.ts';
import { comparedRuns, type KeptRun, type OpenModel } from '../app-state.ts';

export interface ComparedRuns {
  readonly a: KeptRun;
  readonly b: KeptRun;
  readonly comparison: Comparison;
}

/** By A, then by B: a comparison is the same object as long as its runs are. */
const KNOWN = new WeakMap<RunReport, WeakMap<RunReport, ComparedRuns>>();

/** Undefined while fewer than two runs are chosen. */
export function comparisonOf(model: OpenModel): ComparedRuns | undefined {
  const [a, b] = comparedRuns(model);
  if (!a || !b) return undefined;
  const ofA = KNOWN.get(a.report) ?? new WeakMap<RunReport, ComparedRuns>();
  KNOWN.set(a.report, ofA);
  const known = ofA.get(b.report);
  if (known) return known;
  const compared = { a, b, comparison: compareRuns(a.report, b.report) };
  ofA.set(b.report, compared);
  return compared;
}

/** The row a step belongs to, on whichever side it is. */
export function rowFinder({
  operators,
}: Comparison): (step: Pick<StepReport, 'name' | 'nodes'>) => TimeRow | undefined {
  const byNode = new Map(operators.flatMap(row => row.nodes.map(node => [node, row] as const)));
  const byName = new Map(
    operators.flatMap(row => (row.nodes.length === 0 ? [[row.name, row] as const] : [])),
  );
  return ({ name, nodes: [node] }) => (node === undefined ? byName.get(name) : byNode.get(node));
}
