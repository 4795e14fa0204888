// Plans of arenas with hardly any slack, by exchange (exchange.ts): from the first step on and from the last one back,
// first with a narrow beam, then with a wider one. Where buffers stay outside, the plan with the fewest is filled up, and lowered by moves of
// single buffers (ejection.ts). Invariant: every plan that leaves here is complete.

import { canEject, eject } from './ejection.ts';
import { isExchangeable, placeByExchange } from './exchange.ts';
import type { OpenHeights } from './open-heights.ts';
import { type Layout, placeInOrder } from './place.ts';
import { seededRandom } from './random.ts';
import type { BufferIndex, Problem } from './types.ts';

/** States kept, in the first tries in either direction; then the last again, with other beliefs. */
const WIDTHS = [4, 16] as const;
/** Natural logarithms, negative: of what may be more or less likely than usual (exchange-steps.ts). */
const BELIEFS = { least: 1, most: 5 } as const;

export interface ExchangingLimits {
  /** bytes: how high the arena is to be */
  readonly floor: number;
  /** pieces looked at */
  readonly work: number;
  /** asked once a step of the first kind of work; true ends that */
  readonly stopPlacing: () => boolean;
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
  if (!canEject(problem) || !isExchangeable(problem)) return undefined;
  const directions = [problem, backwards(problem)];
  const total = areaOf(problem, [...problem.buffers.keys()]);
  let tries = 0;
  let best: Partial | undefined;
  return limits => {
    let left = limits.work;
    for (; left > 0 && !limits.stopPlacing(); tries++) {
      const direction = directions[tries % 2] ?? problem;
      const width = WIDTHS[tries >> 1] ?? WIDTHS[1];
      const isUsual = tries >> 1 < WIDTHS.length;
      const { found, work } = placeByExchange(direction, {
        height: limits.floor,
        width,
        work: left,
        ...(!isUsual && { beliefs: { leftOver: drawn(limits.random), split: drawn(limits.random) } }),
        stop: limits.stopPlacing,
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
