// What a plan leaves out because its size is not known. Where there is such a tensor, no figure is of the whole model.

import { counted } from '../../engine/report/counted.ts';
import type { ModelSummary } from '../../engine/report/types.ts';

const NAMED = 3;

/** 'Of unknown size, and in no figure: y, z.'; undefined where all sizes are known. */
export function leftOutText({ graph }: Pick<ModelSummary, 'graph'>): string | undefined {
  const unsized = graph.tensors.filter(({ kind, bytes }) => kind !== 'constant' && bytes === undefined);
  if (unsized.length === 0) return undefined;
  const names = unsized.slice(0, NAMED).map(({ name }) => name);
  const more = unsized.length - names.length;
  return `Of unknown size, and in no figure: ${names.join(', ')}${more > 0 ? ` and ${counted(more, 'other')}` : ''}.`;
}
