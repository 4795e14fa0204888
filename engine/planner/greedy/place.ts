// Places buffers one after the other into the gaps that those placed before leave free.
// Invariant: buffers that live at the same time never overlap in space, whatever the order.

import { alignUp } from '../align.ts';
import { type Company, companyOf } from '../problem/company.ts';
import { type Distances, distancesOf, isPlain, type Pair } from '../problem/distances.ts';
import { isAllOrNothing } from '../problem/lives.ts';
import { type Nearby, nearbyOf } from '../problem/nearby.ts';
import type { Buffer, BufferIndex, Placement, Problem } from '../types.ts';

/**
 * Which gap a buffer takes: the lowest that fits (`first`) or the smallest that fits (`best`). `heap` is `best`
 * where the space below the height reached so far is a gap too, as in an allocator with a list of freed blocks.
 */
export type Fit = 'first' | 'best' | 'heap';

/** Offsets of all buffers in bytes, the height they need, and the order in which they were placed. */
export interface Layout {
  readonly offsets: readonly number[];
  readonly height: number;
  readonly placements: readonly Placement[];
  /** bytes below which the strategy proved that nothing fits, where it went beyond the lower bound */
  readonly provedBytes?: number;
}

/** Placed buffers in order of offset, as columns: scanning them is the inner loop of every greedy strategy. */
interface Shelf {
  readonly buffer: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly offset: Float64Array;
  readonly end: Float64Array;
  count: number;
  height: number;
  /** room for what it forbids */
  readonly forbidden: Forbidden;
}

/**
 * Places fixed buffers where they must be, then the others in the given order. A buffer that fits no gap
 * goes above everything it shares a step with. Empty buffers lie at 0. O(n × placed), with a scan of columns
 * inside; what dies before all that is still to come is dropped, so in order of birth it is O(n × live). Where much
 * more is left on the shelf than lives when a buffer does, only what does is looked at.
 */
export function placeInOrder(problem: Problem, order: readonly BufferIndex[], fit: Fit): Layout {
  const layout = placed(problem, order, fit, NO_LIMITS);
  if (layout === undefined) throw new Error('a placement without limits was given up');
  return layout;
}

/** When a placement is given up. */
export interface PlaceLimits {
  /** bytes: as soon as it is not lower */
  readonly below: number;
  /** asked once in many buffers */
  readonly stop?: (() => boolean) | undefined;
}

const NO_LIMITS: PlaceLimits = { below: Number.POSITIVE_INFINITY };

/** The same within limits, undefined where it is given up. */
export function placeWithin(
  problem: Problem,
  order: readonly BufferIndex[],
  fit: Fit,
  limits: PlaceLimits,
): Layout | undefined {
  return placed(problem, order, fit, limits);
}

function placed(
  problem: Problem,
  order: readonly BufferIndex[],
  fit: Fit,
  limits: PlaceLimits,
): Layout | undefined {
  const company = companyOf(problem);
  return company
    ? placedAmong(company, problem, order, fit, limits)
    : placedOnShelf(problem, order, fit, limits);
}

/** Buffers placed between two looks at whether to stop: some milliseconds, so that few are never given up. */
const STOP_INTERVAL = 1024;

/** Whether a placement that has reached a height, with so many buffers placed, is given up. */
function isGivenUp({ below, stop }: PlaceLimits, height: number, count: number): boolean {
  return height >= below || (count > 0 && count % STOP_INTERVAL === 0 && stop?.() === true);
}

/** Looks at those that a buffer meets, in whatever order they come. */
function placedAmong(
  { first, end, other, under, over }: Company,
  { buffers }: Problem,
  order: readonly BufferIndex[],
  fit: Fit,
  limits: PlaceLimits,
): Layout | undefined {
  const offsets: number[] = new Array(buffers.length).fill(0);
  const isPlaced = new Uint8Array(buffers.length);
  const placements: Placement[] = [];
  const forbidden = nothingForbidden(buffers.length);
  let height = 0;
  const put = (buffer: BufferIndex, offset: number): void => {
    offsets[buffer] = offset;
    isPlaced[buffer] = 1;
    placements.push({ buffer, offset });
    const size = buffers[buffer]?.size ?? 0;
    if (size > 0) height = Math.max(height, offset + size);
  };
  buffers.forEach((buffer, b) => {
    if (buffer.offset !== undefined) put(b, buffer.offset);
  });
  for (let i = 0; i < order.length; i++) {
    if (isGivenUp(limits, height, i)) return undefined;
    const b = order[i] ?? -1;
    const buffer = buffers[b];
    if (buffer === undefined) throw new Error(`no buffer ${b} in a problem of ${buffers.length}`);
    if (buffer.offset !== undefined) continue;
    forbidden.count = 0;
    for (let at = first[b] as number; at < (end[b] as number); at++) {
      const met = other[at] as BufferIndex;
      if (isPlaced[met] === 0) continue;
      const offset = offsets[met] as number;
      forbid(forbidden, offset - (under[at] as number), offset + (over[at] as number));
    }
    put(b, findBetween(forbidden, buffer, fit, height));
  }
  return height < limits.below ? { offsets, height, placements } : undefined;
}

function placedOnShelf(
  problem: Problem,
  order: readonly BufferIndex[],
  fit: Fit,
  limits: PlaceLimits,
): Layout | undefined {
  const { buffers } = problem;
  const isGapped = buffers.length >= LONG && !isPlain(problem) && isAllOrNothing(problem);
  const distances = isGapped ? NO_DISTANCES : knownDistances(problem);
  const shelf = emptyShelf(buffers.length, distances.size > 0 ? buffers.length : 0);
  const offsets: number[] = new Array(buffers.length).fill(0);
  const placements: Placement[] = [];
  let near = isGapped ? placedNearby(problem, shelf, placements) : undefined;
  const put = (buffer: BufferIndex, offset: number): void => {
    offsets[buffer] = offset;
    placements.push({ buffer, offset });
    const placed = buffers[buffer];
    if (placed === undefined || placed.size === 0) return;
    if (near === undefined) insert(shelf, buffer, placed, offset);
    else mark(near, buffer, offset, placed.size);
    shelf.height = Math.max(shelf.height, offset + placed.size);
  };
  buffers.forEach((buffer, b) => {
    if (buffer.offset !== undefined) put(b, buffer.offset);
  });
  const earliest = earliestBirths(problem, order);
  let dropAt = FIRST_DROP;
  for (let i = 0; i < order.length; i++) {
    if (isGivenUp(limits, shelf.height, i)) return undefined;
    const b = order[i] ?? -1;
    if (near === undefined && shelf.count >= dropAt) {
      dropDead(shelf, earliest[i] ?? 0);
      dropAt = Math.max(FIRST_DROP, 2 * shelf.count);
      const isLong = shelf.count >= LONG && shelf.count > nearbyOf(problem).cost;
      if (isLong) near = placedNearby(problem, shelf, placements);
    }
    const buffer = buffers[b];
    if (buffer === undefined) throw new Error(`no buffer ${b} in a problem of ${buffers.length}`);
    if (near !== undefined) keepNearby(shelf, b, near);
    if (buffer.offset === undefined) put(b, offsetFor(shelf, b, buffer, fit, distances));
  }
  return shelf.height < limits.below ? { offsets, height: shelf.height, placements } : undefined;
}

const NO_DISTANCES: Distances = new Map();
const known = new WeakMap<Problem, Distances>();

/** One problem is placed in many orders. */
function knownDistances(problem: Problem): Distances {
  const distances = known.get(problem) ?? distancesOf(problem);
  known.set(problem, distances);
  return distances;
}

/**
 * Placed buffers on the shelf from which on it is asked whether those that a buffer meets are fewer; so many buffers
 * that need all of themselves or nothing are placed among these alone from the first on, so that nothing else of gaps
 * counts.
 */
const LONG = 1024;

/** What is placed: 1 for each buffer that is, and where it begins and ends. */
interface Placed {
  readonly nearby: Nearby;
  readonly marked: Uint8Array;
  readonly begin: Float64Array;
  readonly end: Float64Array;
}

function placedNearby(problem: Problem, shelf: Shelf, placements: readonly Placement[]): Placed {
  const column = () => new Float64Array(problem.buffers.length);
  const marked = new Uint8Array(problem.buffers.length);
  const placed = { nearby: nearbyOf(problem), marked, begin: column(), end: column() };
  for (const { buffer, offset } of placements)
    mark(placed, buffer, offset, problem.buffers[buffer]?.size ?? 0);
  // Whoever is put on the shelf from now on meets the buffer whose turn it is.
  shelf.lower.fill(Number.NEGATIVE_INFINITY);
  shelf.upper.fill(Number.POSITIVE_INFINITY);
  return placed;
}

function mark({ marked, begin, end }: Placed, b: BufferIndex, offset: number, size: number): void {
  marked[b] = 1;
  begin[b] = offset;
  end[b] = offset + size;
}

/** Puts only those on the shelf that live when b does. */
function keepNearby(shelf: Shelf, b: BufferIndex, { nearby, marked, begin, end }: Placed): void {
  const count = nearby.collect(b, marked);
  const ordered = nearby.ordered(count, begin, shelf.height + 1);
  for (let i = 0; i < count; i++) {
    const other = ordered[i] as number;
    shelf.buffer[i] = other;
    shelf.offset[i] = begin[other] as number;
    shelf.end[i] = end[other] as number;
  }
  shelf.count = count;
}

/** Placed buffers on the shelf at which dead ones are looked for; from then on, whenever it has doubled. */
const FIRST_DROP = 64;

/** The first step of any buffer from each position of the order on. */
function earliestBirths({ buffers }: Problem, order: readonly BufferIndex[]): Float64Array {
  const earliest = new Float64Array(order.length);
  let first = Number.POSITIVE_INFINITY;
  for (let i = order.length - 1; i >= 0; i--) {
    first = Math.min(first, buffers[order[i] ?? 0]?.lower ?? 0);
    earliest[i] = first;
  }
  return earliest;
}

/** Takes off the shelf what is dead at the given step, and so in every step that matters any more. */
function dropDead(shelf: Shelf, step: number): void {
  const { buffer, lower, upper, offset, end, count } = shelf;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    if ((upper[i] as number) <= step) continue;
    buffer[kept] = buffer[i] as number;
    lower[kept] = lower[i] as number;
    upper[kept] = upper[i] as number;
    offset[kept] = offset[i] as number;
    end[kept] = end[i] as number;
    kept++;
  }
  shelf.count = kept;
}

/** `unusual`: how many buffers it may have beside one with distances of its own. */
function emptyShelf(capacity: number, unusual: number): Shelf {
  return {
    buffer: new Float64Array(capacity),
    lower: new Float64Array(capacity),
    upper: new Float64Array(capacity),
    offset: new Float64Array(capacity),
    end: new Float64Array(capacity),
    count: 0,
    height: 0,
    forbidden: nothingForbidden(unusual),
  };
}

function offsetFor(shelf: Shelf, b: BufferIndex, buffer: Buffer, fit: Fit, distances: Distances): number {
  if (buffer.size === 0) return 0;
  const pairs = distances.get(b);
  if (pairs === undefined) return findOffset(shelf, buffer, fit);
  return findBetween(forbiddenFor(shelf, buffer, pairs), buffer, fit, shelf.height);
}

/** Stretches of offsets that a buffer may not start in, in ascending order: those strictly between. */
interface Forbidden {
  readonly after: Float64Array;
  readonly before: Float64Array;
  count: number;
}

const nothingForbidden = (capacity: number): Forbidden => ({
  after: new Float64Array(capacity),
  before: new Float64Array(capacity),
  count: 0,
});

function forbid(forbidden: Forbidden, start: number, end: number): void {
  const { after, before } = forbidden;
  let at = forbidden.count++;
  for (; at > 0 && (after[at - 1] as number) > start; at--) {
    after[at] = after[at - 1] as number;
    before[at] = before[at - 1] as number;
  }
  after[at] = start;
  before[at] = end;
}

/** What placed buffers forbid for a buffer with distances of its own. */
function forbiddenFor(
  shelf: Shelf,
  { lower, upper, size }: Buffer,
  pairs: ReadonlyMap<BufferIndex, Pair>,
): Forbidden {
  const { forbidden } = shelf;
  forbidden.count = 0;
  for (let i = 0; i < shelf.count; i++) {
    if ((shelf.lower[i] as number) >= upper || (shelf.upper[i] as number) <= lower) continue;
    const offset = shelf.offset[i] as number;
    const pair = pairs.get(shelf.buffer[i] as number);
    const start = offset - (pair?.under ?? size);
    const end = pair === undefined ? (shelf.end[i] as number) : offset + pair.over;
    // The shelf is in order of offset: only starts of unusual pairs have to go further down.
    if (start < end) forbid(forbidden, start, end);
  }
  return forbidden;
}

/** As findOffset, between forbidden stretches of offsets instead of placed buffers. */
function findBetween(
  { after, before, count }: Forbidden,
  { size, alignment = 1 }: Buffer,
  fit: Fit,
  height: number,
): number {
  let floor = 0;
  let start = 0;
  let smallest = Number.POSITIVE_INFINITY;
  let best = -1;
  for (let i = 0; i < count; i++) {
    const gap = (after[i] as number) - start;
    if (gap >= 0 && gap < smallest) {
      if (fit === 'first') return start;
      smallest = gap;
      best = start;
    }
    if ((before[i] as number) > floor) {
      floor = before[i] as number;
      start = alignUp(floor, alignment);
    }
  }
  const gap = height - start - size;
  if (fit === 'heap' && gap >= 0 && gap < smallest) return start;
  return best < 0 ? start : best;
}

function findOffset(shelf: Shelf, buffer: Buffer, fit: Fit): number {
  const { lower, upper, size, alignment = 1 } = buffer;
  let floor = 0;
  let start = 0;
  let smallest = Number.POSITIVE_INFINITY;
  let best = -1;
  for (let i = 0; i < shelf.count; i++) {
    // `as number`: i < count, and the shelf holds that many; a fallback here would cost the inner loop.
    if ((shelf.lower[i] as number) >= upper || (shelf.upper[i] as number) <= lower) continue;
    const gap = (shelf.offset[i] as number) - start;
    if (gap >= size && gap < smallest) {
      if (fit === 'first') return start;
      smallest = gap;
      best = start;
    }
    if ((shelf.end[i] as number) > floor) {
      floor = shelf.end[i] as number;
      start = alignUp(floor, alignment);
    }
  }
  const gap = shelf.height - start;
  if (fit === 'heap' && gap >= size && gap < smallest) return start;
  return best < 0 ? start : best;
}

function insert(shelf: Shelf, index: BufferIndex, buffer: Buffer, offset: number): void {
  let low = 0;
  let high = shelf.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((shelf.offset[middle] as number) <= offset) low = middle + 1;
    else high = middle;
  }
  const { count } = shelf;
  if (low < count) {
    shelf.buffer.copyWithin(low + 1, low, count);
    shelf.lower.copyWithin(low + 1, low, count);
    shelf.upper.copyWithin(low + 1, low, count);
    shelf.offset.copyWithin(low + 1, low, count);
    shelf.end.copyWithin(low + 1, low, count);
  }
  const end = offset + buffer.size;
  shelf.buffer[low] = index;
  shelf.lower[low] = buffer.lower;
  shelf.upper[low] = buffer.upper;
  shelf.offset[low] = offset;
  shelf.end[low] = end;
  shelf.count++;
  if (end > shelf.height) shelf.height = end;
}
