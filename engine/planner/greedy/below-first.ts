// Greedy placement where buffers may trail others: a result that may lie under its operand has to come first, or the
// operand takes its place. How far to follow such chains depends on where they are tight, so several depths are
// tried. Invariant: never higher than the order as given.

import type { BufferIndex, Problem } from '../types.ts';
import { type Fit, type Layout, type PlaceLimits, placeWithin } from './place.ts';
import { sweep } from './sweep.ts';

/** How many links of a chain of buffers under each other are placed before the buffer whose turn it is. */
const DEPTHS: readonly number[] = [0, 1, 2, Number.POSITIVE_INFINITY];

/**
 * The lowest of several placements: in this order, and with what may lie below a buffer before it. One that meets
 * `floor`, in bytes, ends it; where `stop` ends it before any is through, a sweep over time is what there is.
 */
export function placeEither(
  problem: Problem,
  order: readonly BufferIndex[],
  fit: Fit,
  { floor, stop }: { readonly floor: number; readonly stop?: () => boolean } = { floor: 0 },
): Layout {
  const limits = { floor, below: Number.POSITIVE_INFINITY, stop };
  return placeEitherBelow(problem, order, fit, limits) ?? sweep(problem, floor);
}

/** The same within limits; each is given up as soon as it is not the lowest any more. */
export function placeEitherBelow(
  problem: Problem,
  order: readonly BufferIndex[],
  fit: Fit,
  { floor, below: height, stop }: PlaceLimits & { readonly floor: number },
): Layout | undefined {
  const links = knownLinks(problem);
  if (links === undefined) return placeWithin(problem, order, fit, { below: height, stop });
  const tried: (readonly BufferIndex[])[] = [];
  let best: Layout | undefined;
  for (const turn of turnsFrom(links.lowest)) {
    // Of those as low the first one counts, whichever had its turn before.
    const limit = best === undefined ? height : best.height + (turn < links.lowest ? 1 : 0);
    if (turn > 0 && limit <= floor) continue;
    const depth = DEPTHS[turn] ?? 0;
    const other = depth === 0 ? order : belowFirst(links.below, order, depth);
    if (tried.some(known => known.every((b, at) => b === other[at]))) continue;
    tried.push(other);
    const found = placeWithin(problem, other, fit, { below: limit, stop });
    if (found !== undefined) [best, links.lowest] = [found, turn];
  }
  return best;
}

/** The turn that is likely to be lowest, so that the others are given up early, then these as they come. */
function turnsFrom(likely: number): number[] {
  return [likely, ...DEPTHS.keys().filter(turn => turn !== likely)];
}

/** Which buffers may lie under others. */
interface Links {
  /** per buffer: those that may lie under it */
  readonly below: readonly (readonly BufferIndex[])[];
  /** which of the depths was lowest the last time */
  lowest: number;
}

const NOTHING: readonly BufferIndex[] = [];

/** One problem is placed in many orders. */
const known = new WeakMap<Problem, Links>();

/** Undefined where no buffer may lie under another. */
function knownLinks(problem: Problem): Links | undefined {
  const { buffers, overlaps = [] } = problem;
  if (overlaps.length === 0) return undefined;
  const found = known.get(problem);
  if (found) return found;
  const below: BufferIndex[][] = buffers.map(() => []);
  for (const overlap of overlaps) below[overlap.above]?.push(overlap.below);
  const links = { below, lowest: 1 };
  known.set(problem, links);
  return links;
}

/** The order in which a buffer comes after those so many links below it; where these form a circle, as they come. */
function belowFirst(below: Links['below'], order: readonly BufferIndex[], depth: number): BufferIndex[] {
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
