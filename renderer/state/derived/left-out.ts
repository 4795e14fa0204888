// What a plan leaves out because its size is not known. Where there is such a tensor, no figure is of the whole model.

import { counted } from '../../../engine/report/counted.ts';
import type { ModelSummary } from '../../../engine/report/types/model.ts';
import type { PlanView } from '../../../engine/report/types/plan.ts';

const NAMED = 3;

/** Whether figures of a plan are of all of the model: no size is unknown, and nothing is held in bodies beside it. */
export const isOfAll = (
  summary: Pick<ModelSummary, 'graph'>,
  plan: Pick<PlanView, 'uncounted'> | undefined,
): boolean => leftOutText(summary) === undefined && plan?.uncounted === undefined;

/** What answers about a plan are not about; undefined where they are about all of the model. */
export function partText(
  summary: Pick<ModelSummary, 'graph'>,
  plan: Pick<PlanView, 'uncounted'> | undefined,
): string | undefined {
  if (isOfAll(summary, plan)) return undefined;
  const parts = ['All of this, proofs and what fits too, is of the part planned.', leftOutText(summary)];
  if (plan?.uncounted !== undefined)
    parts.push(`What ${counted(plan.uncounted, 'step')} with subgraphs hold inside is in no figure.`);
  return parts.filter(part => part !== undefined).join(' ');
}

/** 'Of unknown size, and in no figure: y, z.'; undefined where all sizes are known. */
export function leftOutText({ graph }: Pick<ModelSummary, 'graph'>): string | undefined {
  const unsized = graph.tensors.filter(({ kind, bytes }) => kind !== 'constant' && bytes === undefined);
  if (unsized.length === 0) return undefined;
  const names = unsized.slice(0, NAMED).map(({ name }) => name);
  const more = unsized.length - names.length;
  return `Of unknown size, and in no figure: ${names.join(', ')}${more > 0 ? ` and ${counted(more, 'other')}` : ''}.`;
}
