// How far apart two buffers must lie. Gaps, partial lifetimes and overlaps all come down to one number per ordered
// pair: when a is the lower of the two, offset(b) − offset(a) ≥ distance(a, b). For ordinary pairs that is a's size;
// only the pairs that differ are kept here. Invariant: distances are from 0 to the size, or the pair is free.

import type { Buffer, BufferIndex, Gap, Problem } from '../types.ts';

/** A pair as one of its buffers sees it. Both are FREE where the buffers never meet. */
export interface Pair {
  /** bytes by which the other must lie above this buffer, when it does */
  readonly under: number;
  /** bytes by which this buffer must lie above the other, when it does */
  readonly over: number;
}

/** Per buffer: the others whose distance is not simply the size of the lower one. */
export type Distances = ReadonlyMap<BufferIndex, ReadonlyMap<BufferIndex, Pair>>;

export const FREE = Number.NEGATIVE_INFINITY;

const NONE: Distances = new Map();

/**
 * Distances of all pairs that share steps and are not ordinary. Exact overlaps do not count: they are decided
 * before anything is placed (sharing/in-place.ts). O(overlaps + buffers with gaps × buffers × gaps).
 */
export function distancesOf(problem: Problem): Distances {
  const { buffers, overlaps = [] } = problem;
  const gapped = buffers.flatMap((buffer, b) => (hasGaps(buffer) ? [b] : []));
  const loose = overlaps.filter(overlap => !overlap.exact);
  if (gapped.length === 0 && loose.length === 0) return NONE;
  const distances = new Map<BufferIndex, Map<BufferIndex, Pair>>();
  const set = (a: BufferIndex, b: BufferIndex, pair: Pair): void => {
    row(distances, a).set(b, pair);
    row(distances, b).set(a, { under: pair.over, over: pair.under });
  };
  const stretches = buffers.map(stretchesOf);
  for (const a of gapped) {
    const buffer = buffers[a];
    if (buffer === undefined) continue;
    buffers.forEach((other, b) => {
      const isTwice = b <= a && (b === a || hasGaps(other));
      if (isTwice || !sharesSteps(buffer, other)) return;
      const pair = pairBetween(stretches[a] ?? [], stretches[b] ?? []);
      if (pair.under !== buffer.size || pair.over !== other.size) set(a, b, pair);
    });
  }
  for (const { below, above, distance } of loose) {
    const low = buffers[below];
    const high = buffers[above];
    if (low === undefined || high === undefined || !sharesSteps(low, high)) continue;
    const { under, over } = distances.get(below)?.get(above) ?? { under: low.size, over: high.size };
    set(below, above, { under: Math.min(under, distance), over });
  }
  return distances;
}

/** Whether no pair is other than ordinary. */
export function isPlain({ buffers, overlaps = [] }: Problem): boolean {
  return overlaps.length === 0 && !buffers.some(hasGaps);
}

/** Whether there are steps in which some of its bytes are free for others. */
export function hasGaps({ gaps = [] }: Buffer): boolean {
  return gaps.length > 0;
}

/**
 * Whether buffers that may lie at the same offset, one under the other, do so in a circle. Placing them one after
 * the other cannot find such a solution, so a search that does is no proof.
 */
export function isCircular(distances: Distances): boolean {
  const open = new Map<BufferIndex, number>();
  for (const [b, pairs] of distances) {
    open.set(b, [...pairs.values()].filter(({ over }) => over === 0).length);
  }
  const ready = [...open.keys()].filter(b => open.get(b) === 0);
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    open.delete(next);
    for (const [other, { under }] of distances.get(next) ?? []) {
      if (under !== 0) continue;
      const left = (open.get(other) ?? 0) - 1;
      open.set(other, left);
      if (left === 0) ready.push(other);
    }
  }
  return open.size > 0;
}

/** A stretch of steps, and the bytes a buffer needs in it. */
export interface Stretch {
  readonly lower: number;
  readonly upper: number;
  readonly from: number;
  readonly to: number;
}

/** The life of a buffer, cut at its gaps; steps in which it needs nothing are left out. */
export function stretchesOf({ lower, upper, size, gaps = [] }: Buffer): Stretch[] {
  const stretches: Stretch[] = [];
  const add = (start: number, end: number, from: number, to: number): void => {
    if (start < end && from < to) stretches.push({ lower: start, upper: end, from, to });
  };
  let step = lower;
  for (const gap of gaps) {
    add(step, gap.lower, 0, size);
    add(gap.lower, gap.upper, gap.window?.from ?? 0, gap.window?.to ?? 0);
    step = gap.upper;
  }
  add(step, upper, 0, size);
  return stretches;
}

/** What is wrong with a buffer's gaps, in one sentence; undefined when nothing is. */
export function gapProblem({ lower, upper, size }: Buffer, gaps: readonly Gap[]): string | undefined {
  let step = lower;
  for (const gap of gaps) {
    const { from, to } = gap.window ?? { from: 0, to: 0 };
    const numbers = [gap.lower, gap.upper, from, to];
    const wrong = numbers.find(number => !Number.isSafeInteger(number));
    if (wrong !== undefined)
      return `expected whole numbers of at most ${Number.MAX_SAFE_INTEGER} in gaps, found ${wrong}`;
    if (gap.lower >= gap.upper)
      return `expected a gap that ends after it begins, found ${gap.lower}-${gap.upper}`;
    if (gap.lower < step || gap.upper > upper) {
      return `expected a gap within [${step}, ${upper}), found ${gap.lower}-${gap.upper}`;
    }
    if (from < 0 || to < from || to > size) return `expected bytes within [0, ${size}), found ${from}:${to}`;
    step = gap.upper;
  }
  return undefined;
}

/** Whether both live in some step; gaps do not count. */
export function sharesSteps(a: Buffer, b: Buffer): boolean {
  return a.lower < b.upper && b.lower < a.upper;
}

/**
 * Distances of a pair as the search uses them: the lower one starts no higher than the other and is under it in every
 * step they share, so the largest distance of any of these steps counts.
 */
export const pairOf = (a: Buffer, b: Buffer): Pair => pairBetween(stretchesOf(a), stretchesOf(b));

function pairBetween(own: readonly Stretch[], others: readonly Stretch[]): Pair {
  let under = FREE;
  let over = FREE;
  for (const mine of own) {
    for (const theirs of others) {
      if (mine.lower >= theirs.upper || theirs.lower >= mine.upper) continue;
      under = Math.max(under, mine.to - theirs.from, 0);
      over = Math.max(over, theirs.to - mine.from, 0);
    }
  }
  return { under, over };
}

function row(distances: Map<BufferIndex, Map<BufferIndex, Pair>>, b: BufferIndex): Map<BufferIndex, Pair> {
  const found = distances.get(b) ?? new Map<BufferIndex, Pair>();
  distances.set(b, found);
  return found;
}
