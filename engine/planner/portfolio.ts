// The best of several greedy placements: where every search starts.

import { areaOrder, birthOrder, breadthOrder, sizeOrder, widthOrder } from './greedy.ts';
import { type Layout, placeInOrder } from './place.ts';
import type { BufferIndex, Problem } from './types.ts';

const ORDERS: readonly ((problem: Problem) => BufferIndex[])[] = [
  sizeOrder,
  areaOrder,
  widthOrder,
  breadthOrder,
  birthOrder,
];

/** The lowest placement of every order with every fit; the first of them that meets `floor`, in bytes. */
export function bestGreedy(problem: Problem, floor: number): Layout {
  let best: Layout | undefined;
  for (const order of ORDERS) {
    for (const fit of ['first', 'best'] as const) {
      const layout = placeInOrder(problem, order(problem), fit);
      if (best === undefined || layout.height < best.height) best = layout;
      if (best.height <= floor) return best;
    }
  }
  if (best === undefined) throw new Error('no greedy order');
  return best;
}
