// Exact placement: from the best greedy plan down, and from the lower bound up, until they meet or the limit is
// reached. The bound is tried first: a search that aims at it finds an optimal plan far sooner than one that
// improves step by step, and where it is out of reach an exhausted search proves it and raises the bound.

import { CanonicalSearch, type Outcome, type Ranking } from './canonical-search.ts';
import { Budget, type PlanControl } from './control.ts';
import { coreBound } from './core-bound.ts';

import { isConclusive } from './forbidden.ts';
import type { Layout } from './place.ts';
import { bestGreedy } from './portfolio.ts';
import { seededRandom } from './random.ts';
import { squeaky } from './squeaky.ts';
import { subProblem } from './sub-problem.ts';
import { sweepBound } from './sweep-bound.ts';
import type { BufferIndex, LowerBound, Problem } from './types.ts';
import { unitOf } from './unit.ts';

const RANKINGS: readonly [Ranking, ...Ranking[]] = [
  ['width', 'area', 'total'],
  ['total', 'area', 'width'],
  ['total', 'width', 'area'],
];
/** Where between bound and best the cheap tries aim. */
const LADDER = [1 / 2, 3 / 4, 9 / 10] as const;
/**
 * Nodes of all cheap tries of a round for each node of a full one: few while the target is likely within reach, more
 * than of the full ones when these have become long without reaching it (nodes per buffer).
 */
const SHORT_SHARE = 3 / 8;
const LONG_SHARE = 9;
const LONG_TRY_NODES = 512;
/** A cheap try is many short searches from jittered rankings: nodes per buffer, and the largest jitter. */
const RESTART_NODES = 2;
const RESTART_NOISE = 1;
/** Some of them rank buffers as the best plan has them: how many, and the largest jitter of these. */
const NEAR_SHARE = 0.3;
const NEAR_NOISE = 0.3;

const DEFAULT_NODES = 600_000;
/** The round after which parts of the problem are bounded on their own: by then most searches have ended. */
const CORE_ROUND = 4;
/** Above this the search has no chance: greedy plans are made again and again instead. */
const MAX_BUFFERS = 1000;
/** Above this one is taken as it is. */
const MAX_REPEATED = 150_000;

/**
 * The lowest plan found within the limits, with what was proved on the way. Proved optimal where `provedBytes`
 * or the bound equals the height; a problem small enough is always solved to the end.
 */
export function exact(problem: Problem, bound: LowerBound, control: PlanControl): Layout {
  const budget = new Budget(control, DEFAULT_NODES);
  const unplanned = problem.buffers.reduce((sum, buffer) => sum + buffer.size, 0);
  const stop = () => budget.spent(0, () => ({ height: unplanned, lowerBound: bound.bytes }));
  const sized = [...problem.buffers.keys()].filter(b => (problem.buffers[b]?.size ?? 0) > 0);
  if (sized.length > MAX_BUFFERS && sized.length <= MAX_REPEATED)
    return squeaky(problem, bound.bytes, control);
  const greedy = bestGreedy(problem, bound.bytes, stop);
  if (greedy.height <= bound.bytes || sized.length > MAX_REPEATED) return greedy;
  return new Descent(problem, sized, greedy, bound.bytes, budget, control).run();
}

/** One exact solve: what is known from below and from above, and the search that moves both. */
class Descent {
  readonly #problem: Problem;
  /** buffers that take room, in the search's numbering */
  readonly #sized: readonly BufferIndex[];
  readonly #search: CanonicalSearch;
  /** whether a search that ends without a solution proves that there is none */
  readonly #complete: boolean;
  readonly #budget: Budget;
  readonly #random: () => number;
  /** bytes: every height is a multiple of it */
  readonly #unit: number;
  /** bytes: the bound before any search; below #low nothing fits */
  readonly #floor: number;
  /** bytes: a plan within it is good enough */
  readonly #capacity: number;
  #low: number;
  #best: Layout;

  constructor(
    problem: Problem,
    sized: readonly BufferIndex[],
    best: Layout,
    floor: number,
    budget: Budget,
    control: PlanControl,
  ) {
    this.#problem = problem;
    this.#sized = sized;
    this.#search = new CanonicalSearch(subProblem(problem, sized));
    this.#complete = isConclusive(problem);
    this.#budget = budget;
    this.#random = seededRandom(control.seed ?? 1);
    this.#unit = unitOf(problem);
    this.#floor = Math.ceil(sweepBound(problem, floor, best.height) / this.#unit) * this.#unit;
    this.#low = this.#floor;
    this.#capacity = control.capacity ?? 0;
    this.#best = best;
  }

  run(): Layout {
    let limit = 2 * this.#sized.length;
    for (let round = 1; ; round++) {
      this.#round(limit);
      limit *= 2;
      if (this.#done() || this.#best.height <= this.#capacity) break;
      if (round === CORE_ROUND) this.#low = coreBound(this.#problem, this.#low, this.#best.height);
    }
    if (!this.#complete) return this.#best;
    return { ...this.#best, provedBytes: Math.min(this.#low, this.#best.height) };
  }

  /**
   * Full tries at the target with every ranking, then at the capacity, if that is what is asked for; then, while
   * neither is reached, cheap ones above the target.
   */
  #round(limit: number): void {
    // Once the bound is proved out of reach, bisecting gets further than creeping up unit by unit.
    const target = this.#low === this.#floor ? this.#low : this.#between(1 / 2);
    const aims =
      this.#capacity > target && this.#capacity < this.#best.height ? [target, this.#capacity] : [target];
    for (const aim of aims) {
      for (const ranking of RANKINGS) {
        if (this.#done() || this.#try(aim, ranking, limit, 0) !== 'stopped') return;
      }
    }
    const restart = RESTART_NODES * this.#sized.length;
    const isLong = limit > LONG_TRY_NODES * this.#sized.length;
    for (let left = limit * (isLong ? LONG_SHARE : SHORT_SHARE); left > 0 && !this.#done(); left -= restart) {
      this.#restart(this.#between(this.#pick(LADDER)), restart);
    }
  }

  #restart(capacity: number, limit: number): Outcome {
    const ranking = this.#pick(RANKINGS);
    const isNear = this.#random() < NEAR_SHARE;
    const noise = (isNear ? NEAR_NOISE : RESTART_NOISE) * this.#random();
    const near = isNear ? this.#sized.map(b => this.#best.offsets[b] ?? 0) : undefined;
    return this.#try(capacity, ranking, limit, noise, near);
  }

  #pick<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.#random() * items.length)] ?? items[0];
  }

  #try(capacity: number, ranking: Ranking, limit: number, noise: number, near?: readonly number[]): Outcome {
    const search = this.#search;
    const outcome = search.run({
      capacity,
      ranking,
      nodeLimit: Math.min(limit, this.#budget.nodeLimit - search.nodes),
      noise,
      ...(near && { near }),
      random: this.#random,
      stop: () => this.#spent(),
    });
    if (outcome === 'found') this.#best = this.#layoutOf(search.offsets);
    if (outcome === 'none') this.#low = capacity + this.#unit;
    return outcome;
  }

  /** A capacity from the lowest possible (share 0) to just below the best (share 1). */
  #between(share: number): number {
    const units = (this.#best.height - this.#low) / this.#unit;
    return this.#low + Math.max(0, Math.ceil(units * share) - 1) * this.#unit;
  }

  #done(): boolean {
    return this.#low >= this.#best.height || this.#spent();
  }

  #spent(): boolean {
    return this.#budget.spent(this.#search.nodes, () => ({
      height: this.#best.height,
      lowerBound: this.#low,
    }));
  }

  /** The search's offsets for all buffers, placed from the bottom up. */
  #layoutOf(found: readonly number[]): Layout {
    const { buffers } = this.#problem;
    const offsets = buffers.map(buffer => buffer.offset ?? 0);
    this.#sized.forEach((b, i) => {
      offsets[b] = found[i] ?? 0;
    });
    const at = (b: BufferIndex): number => offsets[b] ?? 0;
    const order = [...buffers.keys()].sort((a, b) => at(a) - at(b) || a - b);
    return {
      offsets,
      height: this.#sized.reduce((top, b) => Math.max(top, at(b) + (buffers[b]?.size ?? 0)), 0),
      placements: order.map(buffer => ({ buffer, offset: at(buffer) })),
    };
  }
}
