// From a plan down, for problems in which pairs may lie in more ways than the search by offsets tries: joined at a
// distance, or crossing where bytes are not needed. Small ones are solved to the end, of others what the work allows.

import { Budget, type PlanControl } from '../control.ts';
import type { Layout } from '../greedy/place.ts';
import { unitOf } from '../problem/unit.ts';
import type { Problem } from '../types.ts';
import { PairSearch } from './pair-search.ts';

/** Nodes × forbidden stretches: some 100 ms. */
const WORK = 2e7;
/** Buffers; pairs are quadratic in them, and each is a choice. */
export const MAX_PAIRED = 1000;

/**
 * A plan no higher than the one given, proved lowest where the search below it ended. `proved`, bytes, is what is
 * known to be needed.
 */
export function descendPairs(problem: Problem, start: Layout, proved: number, control: PlanControl): Layout {
  let best = start;
  let low = proved;
  if (problem.buffers.length > MAX_PAIRED) return { ...best, provedBytes: Math.min(low, best.height) };
  const budget = new Budget(control, Number.POSITIVE_INFINITY);
  const now = () => ({ height: best.height, lowerBound: low });
  const search: PairSearch = new PairSearch(problem, () => budget.spent(0, now));
  const limit = Math.min(budget.nodeLimit, WORK / Math.max(1, search.disjunctions));
  const unit = unitOf(problem);
  while (low < best.height && search.nodes < limit) {
    const target = best.height - unit;
    const outcome = search.run(target, limit - search.nodes);
    if (outcome === 'stopped') break;
    if (outcome === 'none') low = best.height;
    else best = layoutOf(problem, search.offsets);
  }
  return { ...best, provedBytes: Math.min(low, best.height) };
}

function layoutOf({ buffers }: Problem, offsets: readonly number[]): Layout {
  const at = (b: number): number => offsets[b] ?? 0;
  const order = [...buffers.keys()].sort((a, b) => at(a) - at(b) || a - b);
  return {
    offsets,
    height: buffers.reduce((top, { size }, b) => (size > 0 ? Math.max(top, at(b) + size) : top), 0),
    placements: order.map(buffer => ({ buffer, offset: at(buffer) })),
  };
}
