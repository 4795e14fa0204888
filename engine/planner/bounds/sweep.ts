// A lower bound beyond the largest live sum, for problems with a few large buffers at a time: sweep over time,
// keeping every way in which the live ones can lie. Where no way is left, the capacity is too small.
// The offset-ordered search cannot see this kind of infeasibility; a sweep proves it in milliseconds.

import { hasGaps } from '../problem/distances.ts';
import type { Problem } from '../types.ts';

/** Offsets are bits of a 32-bit mask, so a capacity has at most this many units. */
const MAX_UNITS = 30;
/** Placements tried over the whole call: some 20 ms. */
const MAX_PLACEMENTS = 12_000;
const MAX_UNIT_SIZES = 16;

/** A buffer rounded down to whole units. */
interface Block {
  readonly lower: number;
  readonly upper: number;
  readonly units: number;
}

/**
 * Bytes below which nothing fits: at least `low`, at most `high`, the height of a known solution. Rounding sizes down
 * to multiples of a unit, and leaving out alignment, fixed offsets, and buffers that may lie over others or have gaps,
 * only makes a problem easier; the eased problem has an optimal solution at multiples of the unit, so a sweep over
 * those decides it.
 */
export function sweepBound(problem: Problem, low: number, high: number): number {
  let bound = low;
  const overlapping = new Set(problem.overlaps?.map(({ below }) => below));
  const work = { left: MAX_PLACEMENTS };
  for (const unit of unitSizes(problem, high)) {
    const blocks = problem.buffers.flatMap((buffer, b): Block[] => {
      const { lower, upper, size } = buffer;
      const units = Math.floor(size / unit);
      return units === 0 || overlapping.has(b) || hasGaps(buffer) ? [] : [{ lower, upper, units }];
    });
    blocks.sort((a, b) => a.lower - b.lower || b.units - a.units);
    let capacity = Math.floor(bound / unit);
    while (capacity < MAX_UNITS && (capacity + 1) * unit <= high && isTooSmall(capacity, blocks, work))
      capacity++;
    bound = Math.max(bound, Math.min(capacity * unit, high));
  }
  return bound;
}

/** Sizes, their halves and thirds that are large enough to sweep with; the largest, for which sweeps are short. */
function unitSizes({ buffers }: Problem, high: number): number[] {
  const sizes = new Set(buffers.map(buffer => buffer.size));
  const parts = [...sizes].flatMap(size => [1, 2, 3].map(share => Math.floor(size / share)));
  const useful = [...new Set(parts)].filter(unit => unit > 0 && unit * MAX_UNITS >= high);
  return useful.sort((a, b) => b - a).slice(0, MAX_UNIT_SIZES);
}

/**
 * Whether no placement of the blocks, given in order of birth, stays within the capacity. False also when the
 * work is used up before that is known.
 */
function isTooSmall(capacity: number, blocks: readonly Block[], work: { left: number }): boolean {
  let live: readonly Block[] = [];
  // A state is one code unit per live block: its offset.
  let states = new Set(['']);
  for (const block of blocks) {
    const staying = live.flatMap((other, i) => (other.upper > block.lower ? [i] : []));
    if (staying.length < live.length) {
      states = new Set([...states].map(state => staying.map(i => state[i]).join('')));
      live = staying.map(i => live[i] as Block);
    }
    // Blocks alike in size and death are interchangeable from here on; kept together, their offsets are sorted.
    const at = live.findLastIndex(other => isAlike(other, block)) + 1;
    const next = new Set<string>();
    const grown = live.toSpliced(at, 0, block);
    for (const state of states) {
      if (work.left <= 0) return false;
      work.left -= addPlacements(next, state, at, live, grown, capacity);
    }
    if (next.size === 0) return true;
    states = next;
    live = grown;
  }
  return false;
}

/**
 * Adds every state that places one more block, at position `at` of `grown`, beside those of `state`.
 * Gives the number of placements tried.
 */
function addPlacements(
  states: Set<string>,
  state: string,
  at: number,
  live: readonly Block[],
  grown: readonly Block[],
  capacity: number,
): number {
  let taken = 0;
  live.forEach(({ units }, i) => {
    taken |= ((1 << units) - 1) << state.charCodeAt(i);
  });
  const units = grown[at]?.units ?? 0;
  const body = (1 << units) - 1;
  let tried = 0;
  for (let offset = 0; offset + units <= capacity; offset++) {
    if ((taken & (body << offset)) !== 0) continue;
    tried++;
    const placed = state.slice(0, at) + String.fromCharCode(offset) + state.slice(at);
    const upright = sorted(placed, grown);
    const flipped = sorted(flip(placed, grown, capacity), grown);
    if (upright < flipped) states.add(upright);
    else states.add(flipped);
  }
  return tried;
}

/** The same placement seen from above: what holds for one holds for the other, so one of them is kept. */
function flip(state: string, live: readonly Block[], capacity: number): string {
  return live.map(({ units }, i) => String.fromCharCode(capacity - units - state.charCodeAt(i))).join('');
}

/** Offsets ascending within each run of blocks that are alike. */
function sorted(state: string, live: readonly Block[]): string {
  let result = '';
  for (let start = 0; start < live.length; ) {
    let end = start + 1;
    while (end < live.length && isAlike(live[start] as Block, live[end] as Block)) end++;
    result += end - start === 1 ? state[start] : [...state.slice(start, end)].sort().join('');
    start = end;
  }
  return result;
}

function isAlike(a: Block, b: Block): boolean {
  return a.units === b.units && a.upper === b.upper;
}
