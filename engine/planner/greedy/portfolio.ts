// The best of several greedy placements: where every search starts.

import type { BufferIndex, Problem } from '../types.ts';
import { placeEither, placeEitherBelow } from './below-first.ts';
import { areaOrder, birthOrder, breadthOrder, sizeOrder, widthOrder } from './orders.ts';
import type { Fit, Layout } from './place.ts';
import { tflmOrder } from './tflm.ts';

const ORDERS: readonly ((problem: Problem) => BufferIndex[])[] = [
  sizeOrder,
  tflmOrder,
  areaOrder,
  widthOrder,
  breadthOrder,
  birthOrder,
];

const FITS: readonly Fit[] = ['first', 'best'];

/** A placement costs up to n²; this bounds all of them together to a few seconds. */
const MAX_WORK = 4e9;

/**
 * The lowest placement of every order with every fit, or the first that meets `floor`, in bytes. Large problems
 * get fewer of them; `stop`, asked in between, ends it after the first. `known` is the first where it is given.
 */
export function bestGreedy(problem: Problem, floor: number, stop: () => boolean, known?: Layout): Layout {
  const trials = ORDERS.flatMap(order => FITS.map(fit => ({ order, fit })));
  const affordable = Math.floor(MAX_WORK / problem.buffers.length ** 2);
  let best = known ?? placeEither(problem, sizeOrder(problem), 'first', { floor, stop });
  for (const { order, fit } of trials.slice(1, affordable)) {
    if (best.height <= floor || stop()) break;
    best = placeEitherBelow(problem, order(problem), fit, { floor, below: best.height, stop }) ?? best;
  }
  return best;
}
