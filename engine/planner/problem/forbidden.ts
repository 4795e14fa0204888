// Which differences of their offsets two buffers must not have, in full: bytes both need in a step, less what overlaps
// allow. One distance per ordered pair (distances.ts) says the same only where that is a single stretch around 0.
// Invariant: a difference is forbidden exactly where the validator finds the pair in each other's way.

import type { Buffer, BufferIndex, Overlap, Problem } from '../types.ts';
import { distancesOf, isCircular, type Stretch, sharesSteps, stretchesOf } from './distances.ts';

/** Bytes strictly between `after` and `before` that offset(b) − offset(a) must not be. */
export interface Forbidden {
  readonly after: number;
  readonly before: number;
}

/** A pair of buffers, and one stretch that is forbidden to it. */
export interface Disjunction extends Forbidden {
  readonly a: BufferIndex;
  readonly b: BufferIndex;
}

/** Everything that is forbidden, pair by pair: for each either b lies low enough against a, or high enough. */
export function disjunctionsOf({ buffers, overlaps = [] }: Problem): Disjunction[] {
  const between = new Map<string, Overlap[]>();
  for (const overlap of overlaps) {
    const key = pairKey(overlap.below, overlap.above);
    between.set(key, [...(between.get(key) ?? []), overlap]);
  }
  return buffers.flatMap((first, a) =>
    buffers.slice(a + 1).flatMap((second, i) => {
      const b = a + 1 + i;
      if (!sharesSteps(first, second)) return [];
      const leave = between.get(pairKey(a, b)) ?? [];
      return forbiddenOf(first, second, leave, a).map(forbidden => ({ a, b, ...forbidden }));
    }),
  );
}

/**
 * Whether a search by offsets that ends without a solution proves that there is none: no circle, and no two buffers
 * with gaps that could cross, which no distance says. Exact overlaps are decided before it.
 */
export function isConclusive(problem: Problem): boolean {
  const { buffers } = problem;
  const stretches = buffers.map(stretchesOf);
  const crosses = (a: BufferIndex, b: BufferIndex): boolean => {
    const [forbidden, ...others] = forbiddenBetween(stretches[a] ?? [], stretches[b] ?? []);
    return others.length > 0 || (forbidden !== undefined && (forbidden.after > 0 || forbidden.before < 0));
  };
  const isCrossing = buffers.some(
    (windowed, a) =>
      windowed.gaps?.some(gap => gap.window) &&
      buffers.some((other, b) => a !== b && sharesSteps(windowed, other) && crosses(a, b)),
  );
  return !isCrossing && !isCircular(distancesOf(problem));
}

const pairKey = (a: BufferIndex, b: BufferIndex): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

/** Forbidden stretches of one pair, ascending, without whole numbers in common; `a` is the index of the first. */
function forbiddenOf(
  first: Buffer,
  second: Buffer,
  overlaps: readonly Overlap[],
  a: BufferIndex,
): Forbidden[] {
  return overlaps.reduce(
    (left, overlap) => left.flatMap(forbidden => allowed(forbidden, overlap, overlap.below === a)),
    forbiddenBetween(stretchesOf(first), stretchesOf(second)),
  );
}

/** The same without overlaps. */
function forbiddenBetween(own: readonly Stretch[], others: readonly Stretch[]): Forbidden[] {
  const stretches: Forbidden[] = [];
  for (const mine of own)
    for (const theirs of others)
      if (mine.lower < theirs.upper && theirs.lower < mine.upper)
        stretches.push({ after: mine.from - theirs.to, before: mine.to - theirs.from });
  return united(stretches);
}

/** Stretches as few as say the same: those that have a whole number in common are one. */
function united(stretches: readonly Forbidden[]): Forbidden[] {
  const sorted = [...stretches].sort((p, q) => p.after - q.after);
  const result: Forbidden[] = [];
  for (const next of sorted) {
    const last = result.at(-1);
    if (last !== undefined && next.after + 1 < last.before) {
      result[result.length - 1] = { after: last.after, before: Math.max(last.before, next.before) };
    } else result.push(next);
  }
  return result.filter(({ after, before }) => after + 1 < before);
}

/** What an overlap leaves of a forbidden stretch. Upwards: the first of the pair is the one below. */
function allowed(
  { after, before }: Forbidden,
  { distance, exact }: Overlap,
  isUpwards: boolean,
): Forbidden[] {
  const at = isUpwards ? distance : -distance;
  if (exact)
    return kept([
      { after, before: Math.min(before, at) },
      { after: Math.max(after, at), before },
    ]);
  return kept([isUpwards ? { after, before: Math.min(before, at) } : { after: Math.max(after, at), before }]);
}

const kept = (stretches: readonly Forbidden[]): Forbidden[] =>
  stretches.filter(({ after, before }) => after + 1 < before);
