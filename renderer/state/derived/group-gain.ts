// What fusing one group bought, from runs that were kept: the group's step against the sum of its members apart.

import { compareRuns, type TimeRow } from '../../../engine/report/compare.ts';
import type { FusedGroup } from '../../../engine/report/types/compile.ts';
import type { KeptRun, OpenModel } from '../app-state.ts';

export interface GroupGain {
  /** a: members apart; b: fused */
  readonly row: TimeRow;
  readonly apart: KeptRun;
  readonly fused: KeptRun;
  readonly measuredTogether: boolean;
}

const hasGroup = ({ report }: KeptRun, id: string): boolean => report.steps.some(step => step.group === id);

/** The newest pair of runs with and without the group; one measured together is preferred. */
export function groupGain({ runs, summary }: OpenModel, group: FusedGroup): GroupGain | undefined {
  const own = runs.filter(({ report }) => report.model.sha256 === summary.sha256 && !report.probe);
  const fused = own.filter(run => hasGroup(run, group.id)).toReversed();
  const apart = own.filter(run => !hasGroup(run, group.id)).toReversed();
  const together = fused.flatMap(b => {
    const a = apart.find(({ report }) => isPair(report.interleavedWith, b.report.interleavedWith));
    return a ? [[a, b] as const] : [];
  })[0];
  const [newestA, newestB] = [apart[0], fused[0]];
  const pair = together ?? (newestA && newestB && ([newestA, newestB] as const));
  if (!pair) return undefined;
  const [a, b] = pair;
  const { operators, measuredTogether } = compareRuns(a.report, b.report);
  const [first] = group.nodes;
  const row = operators.find(({ nodes }) => first !== undefined && nodes.includes(first));
  return row && { row, apart: a, fused: b, measuredTogether };
}

const isPair = (a: string | undefined, b: string | undefined): boolean => a !== undefined && a === b;
