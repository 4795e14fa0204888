// A plan as minimalloc's CSV, for other planners to try and to check.

import { writeCsv } from '../planner/csv.ts';
import type { PlanView } from './types.ts';

/** The problem of a view, with the offsets its planner gave. */
export function planCsv({ tensors, alignment }: PlanView): string {
  const buffers = tensors.map(({ name, lower, upper, bytes }) => ({
    id: name,
    lower,
    upper,
    size: bytes,
    ...(alignment === 1 ? {} : { alignment }),
  }));
  const offsets = tensors.map(tensor => tensor.offset);
  const height = Math.max(0, ...tensors.map(tensor => tensor.offset + tensor.bytes));
  return writeCsv({ buffers }, { offsets, height });
}
