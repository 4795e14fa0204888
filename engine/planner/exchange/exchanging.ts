// Plans of arenas with hardly any slack, by exchange (exchange.ts). Strict passes go to and fro in time, each with
// what the one before it saw from the other end, until one meets no dead end: that is a plan. Where there are many
// dead ends, or passes are used up, others leave buffers outside; the plan with the fewest is filled up, and lowered
// by moves of single buffers (repair/ejection.ts). Invariant: every plan that leaves here is complete.

import { seededRandom } from '../../random.ts';
import type { OpenHeights } from '../bounds/open-heights.ts';
import { type Layout, placeInOrder } from '../greedy/place.ts';
import { canSweep } from '../greedy/sweep.ts';
import { eject } from '../repair/ejection.ts';
import type { BufferIndex, Problem } from '../types.ts';
import { type ExchangePlan, isExchangeable, placeByExchange, type Views } from './exchange.ts';

/** States kept in each strict pass, in either direction in turn. */
const STRICT_WIDTHS = [1, 2, 4, 4, 8, 8, 16, 16] as const;
/**
 * Dead ends of a pass, of its steps and beside, with which the arena may still be full; of the first one, which has seen
 * nothing yet, so many times as many.
 */
const FEW_DEAD_ENDS = { share: 0.003, least: 1, first: 2 } as const;
/** States kept in the first tries in either direction that leave buffers outside; then the last, with other beliefs. */
const WIDTHS = [4, 16] as const;
/** Natural logarithms, negative: of what may be more or less likely than usual (steps.ts). */
const BELIEFS = { least: 1, most: 5 } as const;

export interface ExchangingLimits {
  /** bytes: how high the arena is to be */
  readonly floor: number;
  /** pieces looked at */
  readonly work: number;
  /** asked once a step of the first kind of work; true ends that. `isNear`: few dead ends so far */
  readonly stopPlacing: (isNear: boolean) => boolean;
  /** of the second kind of work; true ends all */
  readonly moves: number;
  readonly stop: () => boolean;
  /** called for every lower plan, with its height in bytes */
  readonly gained?: (height: number) => void;
  readonly random: () => number;
}

/** Of all bytes × steps: with more outside, other plans are lower. */
const MAX_LACKING = 0.12;

/** Bytes, one per buffer, and what they say nothing of. */
interface Partial {
  readonly offsets: readonly number[];
  readonly outside: readonly BufferIndex[];
  /** bytes × steps: of those outside */
  readonly lacking: number;
}

/**
 * Plans, where buffers can be moved alone and exchanges say something; else there is nothing to call. Called again it
 * goes on.
 */
export function placingByExchange(
  problem: Problem,
): ((limits: ExchangingLimits) => Layout | undefined) | undefined {
  if (!canSweep(problem) || !isExchangeable(problem)) return undefined;
  const directions = [problem, backwards(problem)];
  const total = areaOf(problem, [...problem.buffers.keys()]);
  const passes = new StrictPasses(directions);
  let tries = 0;
  let best: Partial | undefined;
  return limits => {
    const { found: whole, work } = passes.run(limits);
    if (whole) return filled(problem, { ...whole, lacking: 0 });
    let left = limits.work - work;
    // Where either direction got lost, others would be too.
    for (; left > 0 && (best || tries < directions.length) && !limits.stopPlacing(false); tries++) {
      const direction = directions[tries % 2] ?? problem;
      const width = WIDTHS[tries >> 1] ?? WIDTHS[1];
      const isUsual = tries >> 1 < WIDTHS.length;
      const { found, work } = placeByExchange(direction, {
        height: limits.floor,
        width,
        work: left,
        ...(!isUsual && { beliefs: { leftOver: drawn(limits.random), split: drawn(limits.random) } }),
        stop: () => limits.stopPlacing(false),
      });
      left -= work;
      if (!found) continue;
      const lacking = areaOf(problem, found.outside);
      if (lacking === 0) return filled(problem, { ...found, lacking });
      if (!best || lacking < best.lacking) best = { ...found, lacking };
    }
    if (!best || best.lacking > MAX_LACKING * total) return undefined;
    return eject(problem, filled(problem, best), limits);
  };
}

/** To and fro until nothing is left to see; for a higher arena all begins anew. */
class StrictPasses {
  readonly #directions: readonly Problem[];
  #passes = 0;
  #height = 0;
  #views: Views | undefined;
  #isNear = true;

  constructor(directions: readonly Problem[]) {
    this.#directions = directions;
  }

  run({ floor, work, stopPlacing }: ExchangingLimits): {
    readonly found?: ExchangePlan;
    readonly work: number;
  } {
    if (floor !== this.#height) [this.#height, this.#passes, this.#isNear] = [floor, 0, true];
    if (this.#passes === 0) this.#views = undefined;
    let spent = 0;
    const stop = () => stopPlacing(this.#isNear);
    while (this.#isNear && this.#passes < STRICT_WIDTHS.length && spent < work && !stop()) {
      const direction = this.#directions[this.#passes % 2];
      const width = STRICT_WIDTHS[this.#passes];
      if (!direction || !width) break;
      const { share, least, first } = FEW_DEAD_ENDS;
      const times = this.#passes === 0 ? first : 1;
      const mostDeadEnds = (steps: number) => times * (least + share * steps);
      const passed = placeByExchange(direction, {
        height: floor,
        width,
        work: work - spent,
        ...(this.#views && { views: this.#views }),
        isStrict: true,
        mostDeadEnds,
        stop,
      });
      spent += passed.work;
      if (passed.found) return { found: passed.found, work: spent };
      this.#isNear = passed.deadEnds <= mostDeadEnds(passed.steps);
      if (!passed.views) break;
      this.#views = passed.views;
      this.#passes++;
    }
    return { work: spent };
  }
}

const drawn = (random: () => number): number => -(BELIEFS.least + (BELIEFS.most - BELIEFS.least) * random());

function backwards({ buffers }: Problem): Problem {
  return { buffers: buffers.map(buffer => ({ ...buffer, lower: -buffer.upper, upper: -buffer.lower })) };
}

function areaOf({ buffers }: Problem, set: readonly BufferIndex[]): number {
  return set.reduce((sum, b) => {
    const { lower = 0, upper = 0, size = 0 } = buffers[b] ?? {};
    return sum + size * (upper - lower);
  }, 0);
}

/** With those outside wherever there is room, the largest first. */
function filled(problem: Problem, { offsets, outside }: Partial): Layout {
  const isOutside = new Set(outside);
  const buffers = problem.buffers.map((buffer, b) => {
    const offset = offsets[b];
    return isOutside.has(b) || offset === undefined ? buffer : { ...buffer, offset };
  });
  const order = outside.toSorted((a, b) => areaOf(problem, [b]) - areaOf(problem, [a]));
  return placeInOrder({ buffers }, order, 'best');
}

/** Pieces looked at, and moves, that count as a node of a search. */
const PIECES_PER_NODE = 40;
const NODES_PER_MOVE = 8;

/** The same for an exact search, of the height that is proved so far. */
export class Exchanges {
  readonly #open: OpenHeights;
  readonly #place: ReturnType<typeof placingByExchange>;
  readonly #random: () => number;
  #nodes = 0;

  constructor(open: OpenHeights, seed: number) {
    this.#open = open;
    this.#place = placingByExchange(open.problem);
    this.#random = seededRandom(seed);
    open.counts(() => this.#nodes);
  }

  run(nodes: number): void {
    const open = this.#open;
    const stop = () => open.isDone();
    if (!this.#place || stop()) return;
    const found = this.#place({
      floor: open.low,
      work: nodes * PIECES_PER_NODE,
      moves: (4 * nodes) / NODES_PER_MOVE,
      stopPlacing: stop,
      stop,
      random: this.#random,
    });
    this.#nodes += 2 * nodes;
    if (found && found.height < open.height) open.take(found);
  }
}
