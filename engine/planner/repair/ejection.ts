// Lowers a placement that a search from nothing does not reach: what lies above a target is taken out, and put where
// it drives out the least; what was driven out is put elsewhere in turn (ejection chains, Glover 1996). Whatever was
// driven out becomes dearer to drive out again, so nothing goes round in circles. Invariant: what is placed never
// overlaps, so once nothing is left outside it is a placement.

import type { Layout } from '../greedy/place.ts';
import { isAllOrNothing } from '../problem/lives.ts';
import { nearbyOf } from '../problem/nearby.ts';
import { unitOf } from '../problem/unit.ts';
import type { BufferIndex, Problem } from '../types.ts';
import { NEVER, Shelves } from './shelves.ts';
import { Squeeze } from './squeeze.ts';

/**
 * Of the way from the best so far to the floor, how far a target goes: the further, the sooner the last were reached.
 */
const STEP = { first: 1 / 50, most: 1 / 8, least: 1 / 400, longer: 1.5 } as const;
/** Moves per buffer after which a target is given up for a nearer one, with all as dear as at first. */
const PATIENCE = 20;
/** Buffers are as dear as their area to a power of 1 to this much more. */
const MORE_POWER = 0.5;
const PICKS = 3;
/** Buffers for each move between two squeezes: these take about as long as the moves. */
const SQUEEZE_PER = 50;

export interface EjectionLimits {
  /** bytes: a placement within it is good enough */
  readonly floor: number;
  readonly moves: number;
  readonly stop: () => boolean;
  /** called for every lower placement */
  readonly gained?: (height: number) => void;
  readonly random: () => number;
}

/** Whether buffers can be moved alone. Fixed ones stay where they are. */
export const canEject: (problem: Problem) => boolean = isAllOrNothing;

/** The lowest placement found from `layout` on, or the same. A move takes time in proportion to the buffers. */
export function eject(problem: Problem, layout: Layout, limits: EjectionLimits): Layout {
  const { random } = limits;
  const floor = Math.max(limits.floor, fixedTop(problem));
  const squeeze = new Squeeze(problem);
  const unit = unitOf(problem);
  const lowered = new Chain(problem, layout.offsets, layout.height, random, squeeze);
  lowered.lower();
  let best = lowered.height;
  let offsets: readonly number[] = lowered.offsets;
  let step: number = STEP.first;
  if (best < layout.height) limits.gained?.(best);
  for (let left = limits.moves; left > 0 && best > floor && !limits.stop(); ) {
    const units = Math.floor(((best - floor) * (1 - step)) / unit);
    const target = Math.max(floor, Math.min(floor + units * unit, best - unit));
    const chain = new Chain(problem, offsets, target, random, squeeze);
    const patience = Math.min(left, PATIENCE * problem.buffers.length);
    let moves = 0;
    while (moves < patience && !chain.isDone && (moves % STOP_INTERVAL > 0 || !limits.stop())) {
      chain.move();
      moves++;
    }
    left -= moves + 1;
    if (chain.isDone) {
      chain.lower();
      offsets = chain.offsets;
      best = chain.height;
      limits.gained?.(best);
      step = Math.min(STEP.most, step * STEP.longer);
    } else step = Math.max(STEP.least, step / 2);
  }
  if (best >= layout.height) return layout;
  const found = offsets;
  const order = [...found.keys()].sort((a, b) => (found[a] ?? 0) - (found[b] ?? 0) || a - b);
  const placements = order.map(buffer => ({ buffer, offset: found[buffer] ?? 0 }));
  return { offsets: found, height: best, placements };
}

/** Bytes: nothing is lower than the highest that is fixed. */
function fixedTop({ buffers }: Problem): number {
  return buffers.reduce(
    (top, { offset, size }) => Math.max(top, offset === undefined ? 0 : offset + size),
    0,
  );
}

const STOP_INTERVAL = 16;

/** One target: what lies within it, and what is still outside. */
class Chain {
  readonly #shelves: Shelves;
  readonly #buffers: Problem['buffers'];
  readonly #target: number;
  readonly #random: () => number;
  readonly #outside: BufferIndex[] = [];
  readonly #areas: Float64Array;
  readonly #prices: Float64Array;
  readonly #first: Float64Array;
  /** moves from one squeeze to the next */
  readonly #period: number;
  #moves = 0;

  constructor(
    problem: Problem,
    offsets: readonly number[],
    target: number,
    random: () => number,
    squeeze: Squeeze,
  ) {
    const { buffers } = problem;
    this.#buffers = buffers;
    this.#target = target;
    this.#random = random;
    this.#areas = Float64Array.from(buffers, ({ lower, upper, size }) => size * (upper - lower));
    const power = 1 + MORE_POWER * random();
    const mean = this.#areas.reduce((sum, area) => sum + area, 0) / buffers.length;
    this.#first = this.#areas.map(area => (area / mean) ** power);
    this.#prices = this.#first.map((price, b) => (buffers[b]?.offset === undefined ? price : NEVER));
    const within = (b: number): boolean => (offsets[b] ?? 0) + (buffers[b]?.size ?? 0) <= target;
    this.#shelves = new Shelves(problem, offsets, within, nearbyOf(problem), squeeze);
    this.#period = Math.max(1, Math.round(buffers.length / SQUEEZE_PER));
    buffers.forEach(({ size }, b) => {
      if (size > 0 && !within(b)) this.#outside.push(b);
    });
  }

  get isDone(): boolean {
    return this.#outside.length === 0;
  }

  get offsets(): readonly number[] {
    return this.#shelves.offsets;
  }

  get height(): number {
    return this.#shelves.height;
  }

  /** Pushes all down. */
  lower(): void {
    this.#shelves.squeeze(this.#target);
    this.#shelves.settle(Number.POSITIVE_INFINITY);
  }

  /** Puts one of those outside where what it drives out costs least; it stays there where fixed ones leave no room. */
  move(): void {
    if (this.#moves++ % this.#period === 0) this.#shelves.squeeze(this.#target);
    const buffer = this.#pick();
    const { size = 0, alignment = 1 } = this.#buffers[buffer] ?? {};
    const offset = this.#shelves.cheapest(buffer, size, alignment, this.#target, this.#prices, this.#random);
    if (offset === undefined) {
      this.#outside.push(buffer);
      return;
    }
    for (const other of this.#shelves.driveOut(buffer, offset)) {
      this.#prices[other] = (this.#prices[other] as number) + (this.#first[other] as number);
      this.#outside.push(other);
    }
    this.#shelves.put(buffer, offset);
  }

  /** The largest of a few. */
  #pick(): BufferIndex {
    const outside = this.#outside;
    let at = Math.floor(this.#random() * outside.length);
    for (let pick = 1; pick < PICKS; pick++) {
      const other = Math.floor(this.#random() * outside.length);
      if (this.#areaAt(other) > this.#areaAt(at)) at = other;
    }
    const picked = outside[at] ?? 0;
    const last = outside.pop() ?? 0;
    if (at < outside.length) outside[at] = last;
    return picked;
  }

  #areaAt(place: number): number {
    return this.#areas[this.#outside[place] ?? 0] ?? 0;
  }
}
