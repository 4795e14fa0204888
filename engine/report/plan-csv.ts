// What a plan was made for as minimalloc's CSV, for other planners to try.

import { writeCsv } from '../planner/csv.ts';
import type { Overlap } from '../planner/types.ts';
import type { PlanTensor, PlanView } from './types/plan.ts';
import { visibleText } from './visible-text.ts';

/**
 * The problem of a view; `offsets`: and where its planner put the buffers, as minimalloc writes what it found. They fix
 * every buffer for a planner that reads them, so a problem to solve has none.
 */
export function planCsv({ tensors, alignment }: PlanView, offsets: 'offsets' | 'none' = 'none'): string {
  const buffers = tensors.map(({ name, lower, upper, bytes, offset }) => ({
    id: idOf(name),
    lower,
    upper,
    size: bytes,
    ...(alignment === 1 ? {} : { alignment }),
    ...(offsets === 'offsets' && { offset }),
  }));
  const overlaps = overlapsOf(tensors);
  return writeCsv({ buffers, overlaps });
}

/**
 * Nothing hidden, and nothing that a spreadsheet would compute when it opens the file. minimalloc knows no quotes: it
 * takes every comma for the end of a field.
 */
const idOf = (name: string): string =>
  visibleText(name)
    .replace(/[",]/g, '_')
    .replace(/^\s*[=+\-@＝＋－＠]/u, '_$&');

/** What may lie over what: an in-place result is exactly where its operand was, others lie at least so far below. */
export function overlapsOf(tensors: readonly PlanTensor[]): Overlap[] {
  return tensors.flatMap(({ id, inPlaceOf = [] }) =>
    inPlaceOf.map((place): Overlap => {
      if (place.least !== undefined) return { below: id, above: place.id, distance: place.least };
      const [below, above] = place.distance < 0 ? [place.id, id] : [id, place.id];
      return { below, above, distance: Math.abs(place.distance), exact: true };
    }),
  );
}
