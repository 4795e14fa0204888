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
  const below = knownBelow(problem);
  if (below === undefined) return given;
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

/** Per buffer: those that may lie under it. */
type Below = readonly (readonly BufferIndex[])[];

const NOTHING: readonly BufferIndex[] = [];

/** One problem is placed in many orders. */
const known = new WeakMap<Problem, Below>();

/** Undefined where no buffer may lie under another. */
function knownBelow(problem: Problem): Below | undefined {
  const { buffers, overlaps = [] } = problem;
  if (overlaps.length === 0) return undefined;
  const found = known.get(problem);
  if (found) return found;
  const below: BufferIndex[][] = buffers.map(() => []);
  for (const overlap of overlaps) below[overlap.above]?.push(overlap.below);
  known.set(problem, below);
  return below;
}

/** The order in which a buffer comes after those so many links below it; where these form a circle, as they come. */
function belowFirst(below: Below, order: readonly BufferIndex[], depth: number): BufferIndex[] {
  const sorted: BufferIndex[] = [];
  const entered = new Uint8Array(below.length);
  // Links of each buffer that were looked at: whoever was entered once stays so.
  const looked = new Int32Array(below.length);
  const open: BufferIndex[] = [];
  for (const start of order) {
    if (entered[start] === 1) continue;
    entered[start] = 1;
    open.push(start);
    while (open.length > 0) {
      const buffer = open[open.length - 1] as BufferIndex;
      const links = open.length <= depth ? (below[buffer] ?? NOTHING) : NOTHING;
      let at = looked[buffer] as number;
      while (at < links.length && entered[links[at] as number] === 1) at++;
      looked[buffer] = at;
      const next = links[at];
      if (next === undefined) {
        sorted.push(buffer);
        open.pop();
      } else {
        entered[next] = 1;
        open.push(next);
      }
    }
  }
  return sorted;
}
