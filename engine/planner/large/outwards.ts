// Many buffers, placed outwards in time from a step that is nearly the fullest: there they are stacked without a gap,
// on either side in the order in which they die, and room grows with every step away from it. Each side is swept on
// its own (side-sweep.ts), in order of birth with the large ones somewhat earlier, to a taste that is drawn for every
// sweep. The best start is bettered on its worse side, and gives way to one that is lower at once.
// Invariant: buffers that live at the same time never overlap.

import { alignUp } from '../align.ts';
import type { Layout } from '../greedy/place.ts';
import { ascending } from '../problem/ascending.ts';
import { liveSums, sectionsOf } from '../problem/sections.ts';
import type { BufferIndex, Problem } from '../types.ts';
import { SideSweep } from './side-sweep.ts';
import { drawTaste, type Taste } from './taste.ts';

/** Steps whose live bytes are this share of the most are started from. */
const FULL = 0.98;
/** How often it is the fullest step. */
const FULLEST_SHARE = 0.3;
/** Sweeps of one side for one start. */
const SIDE_TRIES = 6;
/** Sweeps of the worse side of the best start without gain after which another one is tried. */
const STALE = 12;
/** Of the way from the worse side's height to the floor, how far its next sweep aims. */
const STEP = 0.02;
/** How often such a sweep goes back without getting further. */
const PATIENCE = 30;
/** Multiples of the floor beyond which no ceiling is tried. */
const FAR = 2;

export interface OutwardsLimits {
  /** bytes: a placement within it is good enough */
  readonly floor: number;
  /** bytes: only what is lower counts */
  readonly below: number;
  /** placed buffers looked at, in all calls */
  readonly work: number;
  /** asked often; true ends it */
  readonly isOver: () => boolean;
  /** asked between sweeps; true ends it once either side was swept */
  readonly stop: () => boolean;
  /** called with the height of every placement found that counts, in bytes */
  readonly gained: (height: number) => void;
  readonly random: () => number;
}

/**
 * The lowest placement found, where it is lower than asked for. For buffers without fixed offsets, gaps and overlaps.
 * A sweep takes time in proportion to the buffers and to how many of them live at a time. Called again it goes on.
 */
export function placingOutwards(problem: Problem): (limits: OutwardsLimits) => Layout | undefined {
  const search = new Outwards(problem);
  return limits => search.run(limits);
}

interface FullSteps {
  readonly fullest: number;
  readonly steps: readonly number[];
}

function startStep({ fullest, steps }: FullSteps, random: () => number): number {
  const picked = steps[Math.floor(random() * steps.length)] ?? fullest;
  return random() < FULLEST_SHARE ? fullest : picked;
}

function fullSteps(problem: Problem): FullSteps {
  const sections = sectionsOf(problem);
  const sizes = problem.buffers.map(({ size }) => size);
  const sums = liveSums(sections, sizes);
  const most = sums.reduce((sum, other) => Math.max(sum, other), 0);
  const steps: number[] = [];
  let fullest = 0;
  sums.forEach((sum, s) => {
    if (sum === most) fullest = sections.starts[s] ?? 0;
    if (sum >= FULL * most) steps.push(sections.starts[s] ?? 0);
  });
  return { fullest, steps };
}

/** What was found of a side. */
interface Swept {
  readonly height: number;
  readonly taste: Taste;
}

/** A stack, what is placed around it, and how. */
interface Start {
  readonly step: number;
  readonly stack: readonly BufferIndex[];
  /** bytes: of the stack alone */
  readonly stackHeight: number;
  readonly offsets: Float64Array;
  readonly swept: Map<SideSweep, Swept>;
}

class Outwards {
  readonly #full: FullSteps;
  readonly #problem: Problem;
  readonly #sides: readonly [SideSweep, SideSweep];
  #best: Start | undefined;
  /** sweeps since it was lowered */
  #idle = 0;
  #starts = 0;

  constructor(problem: Problem) {
    this.#full = fullSteps(problem);
    this.#problem = problem;
    this.#sides = [new SideSweep(problem, 'later'), new SideSweep(problem, 'earlier')];
  }

  run(limits: OutwardsLimits): Layout | undefined {
    const isOver = () => this.#work >= limits.work || limits.isOver();
    const own: OutwardsLimits = { ...limits, isOver };
    let height = limits.below;
    let found: Float64Array | undefined;
    while (!isOver() && !limits.stop() && height > limits.floor) {
      const start = this.#next(own);
      // Another method may have found what is lower than the best start meanwhile.
      if (start === undefined || heightOf(start) >= height) continue;
      height = heightOf(start);
      found = start.offsets.slice();
      limits.gained(height);
    }
    if (found === undefined) return undefined;
    const offsets = found;
    const placements = [...ascending(offsets)].map(buffer => ({ buffer, offset: offsets[buffer] ?? 0 }));
    return { offsets: [...offsets], height, placements };
  }

  /** Placed buffers looked at so far, and all buffers for each start: one that fails at once is work too. */
  get #work(): number {
    return this.#starts * this.#problem.buffers.length + this.#sides[0].work + this.#sides[1].work;
  }

  /** Sweeps a side of the best start once more, or both of another one. The start that became lower, if any. */
  #next(limits: OutwardsLimits): Start | undefined {
    const best = this.#best;
    const height = best === undefined ? Number.POSITIVE_INFINITY : heightOf(best);
    if (best !== undefined && this.#idle < STALE && height > best.stackHeight) {
      const isLower = this.#again(best, limits);
      this.#idle = isLower ? 0 : this.#idle + 1;
      return isLower ? best : undefined;
    }
    this.#idle = 0;
    const step = startStep(this.#full, limits.random);
    const other = this.#begin(step, limits, Math.min(limits.below, height));
    if (other !== undefined) this.#best = other;
    return other;
  }

  /** Stacks what lives in a step and sweeps both sides; nothing where either reaches a height, or time is over. */
  #begin(step: number, limits: OutwardsLimits, below: number): Start | undefined {
    this.#starts++;
    const offsets = new Float64Array(this.#problem.buffers.length);
    const stack = this.#stack(step, offsets, limits.random);
    const swept = new Map<SideSweep, Swept>();
    for (const side of this.#sides) {
      side.forget();
      const found = this.#side(side, step, stack.buffers, offsets, below, limits);
      if (found === undefined) return undefined;
      swept.set(side, found);
    }
    return { step, stack: stack.buffers, stackHeight: stack.height, offsets, swept };
  }

  /** Sweeps the worse side; whether it became lower. */
  #again({ step, stack, swept, offsets }: Start, limits: OutwardsLimits): boolean {
    const [later, earlier] = this.#sides;
    const side = (swept.get(later)?.height ?? 0) >= (swept.get(earlier)?.height ?? 0) ? later : earlier;
    const before = swept.get(side);
    if (before === undefined) return false;
    const { floor, random, isOver: stop } = limits;
    const draw = () => tasteFor(before, limits);
    const taste = draw();
    const limit = Math.ceil(before.height - (before.height - floor) * STEP);
    const rewinds = { patience: PATIENCE, taste: draw, random };
    const found = side.run({ step, stack, offsets, taste, limit, stop, rewinds });
    if (found === undefined) return false;
    for (const [b, offset] of found.placed) offsets[b] = offset;
    swept.set(side, { height: found.height, taste });
    return true;
  }

  /** The lowest of several sweeps of a side, whose offsets are noted; none where all reach a height, or time is over. */
  #side(
    side: SideSweep,
    step: number,
    stack: readonly BufferIndex[],
    offsets: Float64Array,
    below: number,
    limits: OutwardsLimits,
  ): Swept | undefined {
    let best: Swept | undefined;
    for (let tries = 0; tries < SIDE_TRIES && !limits.isOver(); tries++) {
      if (tries > 0 && limits.stop()) break;
      const taste = tasteFor(best, limits);
      const limit = best?.height ?? below;
      const found = side.run({ step, stack, offsets, limit, taste, stop: limits.isOver });
      if (found === undefined) continue;
      best = { height: found.height, taste };
      for (const [b, offset] of found.placed) offsets[b] = offset;
      if (best.height <= limits.floor) break;
    }
    return best;
  }

  /** Live buffers of a step: those that die soon lie high, the sooner the higher; those born late low. */
  #stack(
    step: number,
    offsets: Float64Array,
    random: () => number,
  ): { buffers: readonly BufferIndex[]; height: number } {
    const { buffers } = this.#problem;
    const balance = Math.exp(2 * random() - 1);
    const keys = new Map<BufferIndex, number>();
    buffers.forEach(({ lower, upper, size }, b) => {
      if (size === 0 || lower > step || upper <= step) return;
      const left = upper - step;
      const past = (step - lower + 1) * balance;
      keys.set(b, left < past ? 1 / left : -1 / past);
    });
    const stack = [...keys.keys()].sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0) || a - b);
    let height = 0;
    for (const b of stack) {
      const { size = 0, alignment = 1 } = buffers[b] ?? {};
      const offset = alignUp(height, alignment);
      offsets[b] = offset;
      height = offset + size;
    }
    return { buffers: stack, height };
  }
}

function heightOf({ stackHeight, swept }: Start): number {
  let height = stackHeight;
  for (const side of swept.values()) height = Math.max(height, side.height);
  return height;
}

/** A taste for a side, near the one that was best for it or not. */
function tasteFor(best: Swept | undefined, { random, floor, below }: OutwardsLimits): Taste {
  const height = Math.min(best?.height ?? Number.POSITIVE_INFINITY, below, FAR * floor);
  return drawTaste(best?.taste, floor, height, random);
}
