// Greedy placement where buffers may trail others: a result that may lie under its operand has to come first, or the
// operand takes its place. How far to follow such chains depends on where they are tight, so several depths are
// tried. Invariant: never higher than the order as given.

import { type Fit, type Layout, placeBelow } from './place.ts';
import type { BufferIndex, Problem } from './types.ts';

/** How many links of a chain of buffers under each other are placed before the buffer whose turn it is. */
const DEPTHS: readonly number[] = [1, 2, Number.POSITIVE_INFINITY];

/** The lowest of several placements: in this order, and with what may lie below a buffer before it. One that meets `floor`, in bytes, ends it. */
export function placeEither(problem: Problem, order: readonly BufferIndex[], fit: Fit, floor = 0): Layout {
  const found = placeEitherBelow(problem, order, fit, { floor, below: Number.POSITIVE_INFINITY });
  if (found === undefined) throw new Error('a placement without a height');
  return found;
}

/** The same where it is lower than `below`, in bytes; each is given up as soon as it is not. */
export function placeEitherBelow(
  problem: Problem,
  order: readonly BufferIndex[],
  fit: Fit,
  { floor, below: height }: { readonly floor: number; readonly below: number },
): Layout | undefined {
  const given = placeBelow(problem, order, fit, height);
  const below = belowOf(problem);
  if (below.size === 0) return given;
  const tried = [order];
  return DEPTHS.reduce((best, depth) => {
    const limit = best?.height ?? height;
    if (limit <= floor) return best;
    const other = belowFirst(below, order, depth);
    if (tried.some(known => known.every((b, at) => b === other[at]))) return best;
    tried.push(other);
    return placeBelow(problem, other, fit, limit) ?? best;
  }, given);
}

type Below = ReadonlyMap<BufferIndex, readonly BufferIndex[]>;

/** Per buffer: those that may lie under it. */
function belowOf({ overlaps = [] }: Problem): Below {
  const below = new Map<BufferIndex, BufferIndex[]>();
  for (const overlap of overlaps) {
    const known = below.get(overlap.above);
    if (known) known.push(overlap.below);
    else below.set(overlap.above, [overlap.below]);
  }
  return below;
}

/** The order in which a buffer comes after those so many links below it; where these form a circle, as they come. */
function belowFirst(below: Below, order: readonly BufferIndex[], depth: number): BufferIndex[] {
  const sorted: BufferIndex[] = [];
  const entered = new Set<BufferIndex>();
  for (const start of order) {
    const open = entered.has(start) ? [] : [start];
    while (open.length > 0) {
      const buffer = open.at(-1) ?? start;
      entered.add(buffer);
      const deeper = open.length <= depth;
      const next = deeper ? below.get(buffer)?.find(other => !entered.has(other)) : undefined;
      if (next !== undefined) open.push(next);
      else sorted.push(open.pop() ?? buffer);
    }
  }
  return sorted;
}
