// What all plans of a model together prove of each: a floor under one plan holds for every plan of the same problem,
// whichever strategy proved it. Kept up with every answer, so that all views tell the same of a plan. Pure.

import type { CompileReport } from '../../../engine/report/types/compile.ts';
import type { PlanView } from '../../../engine/report/types/plan.ts';

/** No plan of this problem needs less. */
export type Floor = Pick<PlanView, 'problem' | 'lowerBoundBytes'>;

type Bounded = Floor & Pick<PlanView, 'peakBytes' | 'optimal'>;

/** The plan under the highest floor known of its problem; itself where it has that floor already. */
export function withKnownBound<Plan extends Bounded>(plan: Plan, floors: readonly Floor[]): Plan {
  const alike = floors.filter(({ problem }) => problem === plan.problem);
  const lowerBoundBytes = Math.max(plan.lowerBoundBytes, ...alike.map(floor => floor.lowerBoundBytes));
  if (lowerBoundBytes === plan.lowerBoundBytes) return plan;
  return { ...plan, lowerBoundBytes, optimal: plan.peakBytes <= lowerBoundBytes };
}

export type Reports = ReadonlyMap<string, CompileReport>;

/** All plans of these reports, with the floors they stand on. */
export const plansOf = (reports: Reports): readonly PlanView[] =>
  [...reports.values()].flatMap(({ asGiven, asExecuted }) => [asGiven, asExecuted]);

/** Reports that know what each of them, and `more`, proves; those that learn nothing stay the same objects. */
export function sharingBounds(reports: Reports, more: readonly Floor[] = []): Reports {
  const floors = [...plansOf(reports), ...more];
  const taught = (report: CompileReport): CompileReport => {
    const [asGiven, asExecuted] = [
      withKnownBound(report.asGiven, floors),
      withKnownBound(report.asExecuted, floors),
    ];
    const same = asGiven === report.asGiven && asExecuted === report.asExecuted;
    return same ? report : { ...report, asGiven, asExecuted };
  };
  return new Map([...reports].map(([key, report]) => [key, taught(report)]));
}
