// Many buffers, placed outwards in time from a step that is nearly the fullest: there they are stacked without a gap,
// on either side in the order in which they die, and room grows with every step away from it. Each side is swept on
// its own, in order of birth with the large ones somewhat earlier; a buffer takes the gap where least is wasted and
// its neighbour dies when it does, so that what it leaves becomes one gap (Barrett and Zorn, "Using lifetime
// predictors", 1993). How much either counts is drawn anew for every sweep. Invariant: buffers that live at the same
// time never overlap; a sweep that reaches its limit is given up.

import { alignUp } from './align.ts';
import { ascending } from './ascending.ts';
import type { Layout } from './place.ts';
import { liveSums, sectionsOf } from './sections.ts';
import { SideSweep, type Taste } from './side-sweep.ts';
import type { BufferIndex, Problem } from './types.ts';

/** Steps whose live bytes are this share of the most are started from. */
const FULL = 0.98;
/** How often it is the fullest step. */
const FULLEST_SHARE = 0.3;
/** Sweeps of one side for one start. */
const SIDE_TRIES = 6;
/** Sweeps of the worse side of the best start between two starts. */
const AGAIN_TRIES = 12;
/** How many sweeps have a taste near that of the best. */
const NEAR_SHARE = 0.5;
/** By what power of e, up or down, what is near may differ. */
const NEAR = 0.5;
/** Multiples of the floor beyond which no ceiling is tried. */
const FAR = 2;
/** Starts without any gain after which there is no hope of one. */
const HOPELESS_STARTS = 12;

export interface OutwardsLimits {
  /** bytes: a placement within it is good enough */
  readonly floor: number;
  /** bytes: only what is lower counts */
  readonly below: number;
  /** placed buffers looked at, in all */
  readonly work: number;
  /** asked often; true ends it */
  readonly isOver: () => boolean;
  /** asked between sweeps; true ends it once either side was swept */
  readonly stop: () => boolean;
  /** called with the height of every placement found, in bytes */
  readonly gained: (height: number) => void;
  readonly random: () => number;
}

/**
 * The lowest placement found, where it is lower than asked for. For buffers without fixed offsets, gaps and overlaps.
 * A sweep takes time in proportion to the buffers and to how many of them live at a time.
 */
export function placeOutwards(problem: Problem, limits: OutwardsLimits): Layout | undefined {
  const { random, floor } = limits;
  const search = new Outwards(problem, limits);
  let isHopeful = false;
  for (let starts = 0; !search.isOver && !limits.stop() && search.height > floor; starts++) {
    if (!isHopeful && starts >= HOPELESS_STARTS) break;
    if (search.start(startStep(search.full, random))) isHopeful = true;
    for (let tries = 0; tries < AGAIN_TRIES && !search.isOver && !limits.stop(); tries++) search.again();
  }
  return search.layout;
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

/** The start of the best placement. */
interface Start {
  readonly step: number;
  readonly stack: readonly BufferIndex[];
  /** bytes: of the stack alone */
  readonly height: number;
  readonly swept: Map<SideSweep, Swept>;
}

class Outwards {
  readonly full: FullSteps;
  readonly #problem: Problem;
  readonly #limits: OutwardsLimits;
  readonly #sides: readonly [SideSweep, SideSweep];
  #best: Float64Array | undefined;
  #bestStart: Start | undefined;
  #starts = 0;
  /** bytes */
  height: number;

  constructor(problem: Problem, limits: OutwardsLimits) {
    this.full = fullSteps(problem);
    this.#problem = problem;
    this.#limits = limits;
    this.#sides = [new SideSweep(problem, 'later'), new SideSweep(problem, 'earlier')];
    this.height = limits.below;
  }

  /** Placed buffers looked at so far, and all buffers for each start: one that fails at once is work too. */
  get work(): number {
    return this.#starts * this.#problem.buffers.length + this.#sides[0].work + this.#sides[1].work;
  }

  get isOver(): boolean {
    return this.work >= this.#limits.work || this.#limits.isOver();
  }

  get layout(): Layout | undefined {
    const found = this.#best;
    if (found === undefined) return undefined;
    const order = [...ascending(found)];
    const placements = order.map(buffer => ({ buffer, offset: found[buffer] ?? 0 }));
    return { offsets: [...found], height: this.height, placements };
  }

  /** Tries one step; whether a lower placement was found. */
  start(step: number): boolean {
    const { random } = this.#limits;
    this.#starts++;
    const offsets = new Float64Array(this.#problem.buffers.length);
    const stack = this.#stack(step, offsets);
    let { height } = stack;
    const swept = new Map<SideSweep, Swept>();
    const [later, earlier] = this.#sides;
    for (const side of random() < 0.5 ? [later, earlier] : [earlier, later]) {
      if (height >= this.height) return false;
      const found = this.#side(side, step, stack.buffers, offsets);
      if (found === undefined) return false;
      swept.set(side, found);
      height = Math.max(height, found.height);
    }
    this.height = height;
    this.#best = offsets;
    this.#bestStart = { step, stack: stack.buffers, height: stack.height, swept };
    this.#limits.gained(height);
    return true;
  }

  /** Sweeps the worse side of the best start once more. */
  again(): void {
    const start = this.#bestStart;
    const offsets = this.#best;
    if (start === undefined || offsets === undefined || start.height >= this.height) return;
    const { step, stack, swept } = start;
    const heightOf = (side: SideSweep): number => swept.get(side)?.height ?? 0;
    const [later, earlier] = this.#sides;
    const side = heightOf(later) >= heightOf(earlier) ? later : earlier;
    const taste = this.#taste(side);
    const found = side.run({ step, stack, offsets, taste, limit: this.height, stop: () => this.isOver });
    if (found === undefined) return;
    for (const [b, offset] of found.placed) offsets[b] = offset;
    swept.set(side, { height: found.height, taste });
    this.height = Math.max(start.height, heightOf(later), heightOf(earlier));
    this.#limits.gained(this.height);
  }

  /** The lowest of several sweeps of a side, whose offsets are noted; none where none is low enough. */
  #side(
    side: SideSweep,
    step: number,
    stack: readonly BufferIndex[],
    offsets: Float64Array,
  ): Swept | undefined {
    let best: Swept | undefined;
    for (let tries = 0; tries < SIDE_TRIES && !this.isOver; tries++) {
      if (tries > 0 && this.#limits.stop()) break;
      const taste = this.#taste(side);
      const limit = Math.min(best?.height ?? Number.POSITIVE_INFINITY, this.height);
      const found = side.run({ step, stack, offsets, limit, taste, stop: () => this.isOver });
      if (found === undefined) continue;
      best = { height: found.height, taste };
      for (const [b, offset] of found.placed) offsets[b] = offset;
      if (best.height <= this.#limits.floor) break;
    }
    return best;
  }

  /** Live buffers of a step: those that die soon lie high, the sooner the higher; those born late low. */
  #stack(step: number, offsets: Float64Array): { buffers: readonly BufferIndex[]; height: number } {
    const { buffers } = this.#problem;
    const balance = Math.exp(2 * this.#limits.random() - 1);
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

  /** Any taste, or one near the one that was best for the side. */
  #taste(side: SideSweep): Taste {
    const { random, floor } = this.#limits;
    const best = this.#bestStart?.swept.get(side)?.taste;
    const share = random();
    const ceiling = floor + (Math.min(this.height, FAR * floor) - floor) * share;
    if (best !== undefined && random() < NEAR_SHARE) {
      const near = () => Math.exp(NEAR * (2 * random() - 1));
      return {
        unlike: best.unlike * near(),
        sliver: best.sliver * near(),
        ahead: best.ahead * near(),
        aheadPower: best.aheadPower * near(),
        ceiling,
      };
    }
    return {
      unlike: 10 ** (2 * random() - 1),
      sliver: 10 ** (2 * random() - 1.7),
      ahead: random() < 0.3 ? 0 : 10 ** (2.5 * random() - 2.5),
      aheadPower: 2 * random(),
      ceiling,
    };
  }
}
