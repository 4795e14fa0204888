// Hill climbing over the order of a first-fit placement: move what is in the way of the peak, keep what is
// no worse. Never worse than greedy by size, from which it starts; deterministic for a seed and a node limit.

import { picked, seededRandom } from '../../random.ts';
import { Budget, type PlanControl } from '../control.ts';
import { sizeOrder } from '../greedy/orders.ts';
import { type Layout, placeWithin } from '../greedy/place.ts';
import { sweep } from '../greedy/sweep.ts';
import type { BufferIndex, LowerBound, Problem } from '../types.ts';

/** A try costs about n², so this bounds the default to a second or two. */
const DEFAULT_WORK = 4e8;
const DEFAULT_TRIES = 3000;

/** The lowest plan of the climb; the bound, where it is met, ends it. */
export function climb(problem: Problem, bound: LowerBound, control: PlanControl): Layout {
  const count = problem.buffers.length;
  const budget = new Budget(control, Math.min(DEFAULT_TRIES, Math.ceil(DEFAULT_WORK / (count * count + 1))));
  const random = seededRandom(control.seed ?? 1);
  let order = sizeOrder(problem);
  let height = problem.buffers.reduce((sum, { size }) => sum + size, 0);
  let tries = 0;
  const stop = () => budget.spent(tries, () => ({ height, lowerBound: bound.bytes }));
  let best =
    placeWithin(problem, order, 'first', { below: Number.POSITIVE_INFINITY, stop }) ??
    sweep(problem, bound.bytes);
  for (; best.height > bound.bytes; tries++) {
    height = best.height;
    if (stop()) break;
    const candidate = moved(order, pickAtPeak(problem, best, random), random);
    // Sideways moves count: most orders of a plateau give the same height.
    const layout = placeWithin(problem, candidate, 'first', { below: height + 1, stop });
    if (layout === undefined) continue;
    order = candidate;
    best = layout;
  }
  return best;
}

/** A buffer that reaches the peak, or one that lives beside such a buffer and may have pushed it up. */
function pickAtPeak({ buffers }: Problem, { offsets, height }: Layout, random: () => number): BufferIndex {
  const highest = [...buffers.keys()].filter(b => (offsets[b] ?? 0) + (buffers[b]?.size ?? 0) === height);
  const top = picked(highest, random);
  if (random() < 0.5) return top;
  const { lower = 0, upper = 0 } = buffers[top] ?? {};
  const beside = [...buffers.keys()].filter(b => {
    const buffer = buffers[b];
    return buffer !== undefined && buffer.lower < upper && lower < buffer.upper;
  });
  return picked(beside, random);
}

/** The order with one buffer taken out and put in at random, more often earlier than later. */
function moved(order: readonly BufferIndex[], b: BufferIndex, random: () => number): BufferIndex[] {
  const from = order.indexOf(b);
  const to = Math.floor(random() * (random() < 0.75 ? from + 1 : order.length));
  const result = order.toSpliced(from, 1);
  result.splice(to, 0, b);
  return result;
}
