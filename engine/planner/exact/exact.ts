// Exact placement: from the best greedy plan down, and from the lower bound up, until they meet or the limit is
// reached. The bound is tried first: a search that aims at it finds an optimal plan far sooner than one that
// improves step by step, and where it is out of reach an exhausted search proves it and raises the bound.

import { seededRandom } from '../../random.ts';
import { coreBound } from '../bounds/cores.ts';
import { OpenHeights } from '../bounds/open-heights.ts';
import { Budget, type PlanControl } from '../control.ts';
import { Exchanges } from '../exchange/exchanging.ts';
import type { Layout } from '../greedy/place.ts';
import { bestGreedy } from '../greedy/portfolio.ts';
import { squeaky } from '../large/squeaky.ts';
import { subProblem } from '../problem/sub-problem.ts';
import type { LowerBound, Problem } from '../types.ts';
import { BeamTries } from './beam-tries.ts';
import { type CheapTry, DepthTries } from './depth-tries.ts';
import { Moves } from './moves.ts';

/** While the target is likely within reach cheap tries are few, far from each other. */
const EARLY: CheapTry = { lengths: [2], noise: 1, nearShare: 0.3 };
/** When full tries have become long without reaching it they are longer and closer to the rankings. */
const LATE: CheapTry = { lengths: [4, 6], noise: 0.4, nearShare: 0 };
/** Nodes of cheap tries in a round, for each node of a full try; late they are most of the work, shared with others. */
const CHEAP = { early: 3 / 8, late: 63 } as const;
/** Nodes per buffer of a full try from which on it is late. */
const LATE_NODES = 256;
/**
 * Tries by beams before that: nodes in a round for each node of a full try, from so many of these per buffer on.
 * Problems that full tries solve are solved by then.
 */
const BEAMS = { share: 2, fromNodes: 128 } as const;
/** Exchanges before the first moves, in nodes for each buffer; in late rounds, for each node of a full try. */
const EXCHANGES = { earlyEach: 300, late: 2 } as const;
/** Finds that either kind of late try starts with, when they are drawn by their finds. */
const PRIOR = 1;
/** Moves before it is late, for each node of a full try: from so many of these on, of many buffers from fewer, each. */
const MOVES = { share: 1, fromNodes: 16_384, many: 500, fromNodesEach: 8 } as const;

const DEFAULT_NODES = 600_000;
/** The round after which parts of the problem are bounded on their own: by then most searches have ended. */
const CORE_ROUND = 4;
/** Above this the search has no chance: greedy plans are made again and again instead. */
export const MAX_SEARCHED = 1000;

/**
 * The lowest plan found within the limits, with what was proved on the way. Proved optimal where `provedBytes`
 * or the bound equals the height; a problem small enough is always solved to the end. `start` is a plan that is known.
 */
export function exact(problem: Problem, bound: LowerBound, control: PlanControl, start?: Layout): Layout {
  const budget = new Budget(control, DEFAULT_NODES);
  const unplanned = problem.buffers.reduce((sum, buffer) => sum + buffer.size, 0);
  const stop = () => budget.spent(0, () => ({ height: unplanned, lowerBound: bound.bytes }));
  const count = problem.buffers.filter(({ size }) => size > 0).length;
  if (count > MAX_SEARCHED) {
    const found = squeaky(problem, bound.bytes, control);
    return start && start.height <= found.height ? start : found;
  }
  const greedy = bestGreedy(problem, bound.bytes, stop, start);
  control.shared?.found(greedy.height);
  if (greedy.height <= bound.bytes) return greedy;
  return new Descent(new OpenHeights(problem, greedy, bound.bytes, budget, control.shared), control).run();
}

/** One exact solve: rounds of all kinds of tries, each with twice the nodes of the one before. */
class Descent {
  readonly #open: OpenHeights;
  readonly #depth: DepthTries;
  readonly #beams: BeamTries;
  readonly #moves: Moves;
  readonly #exchanges: Exchanges;
  /** bytes: a plan within it is good enough */
  readonly #capacity: number;
  /** of late tries of either kind: how often they found something, and their nodes */
  #finds = { beam: 0, depth: 0 };
  #work = { beam: 0, depth: 0 };

  constructor(open: OpenHeights, { seed = 1, capacity = 0 }: PlanControl) {
    const searched = subProblem(open.problem, open.sized);
    const random = seededRandom(seed);
    this.#open = open;
    this.#depth = new DepthTries(open, searched, random);
    this.#beams = new BeamTries(open, searched, random);
    this.#moves = new Moves(open, seed);
    this.#exchanges = new Exchanges(open, seed);
    this.#capacity = capacity;
  }

  run(): Layout {
    const open = this.#open;
    let limit = 2 * open.sized.length;
    for (let round = 1; ; round++) {
      this.#round(limit);
      limit *= 2;
      if (open.isDone() || open.height <= this.#capacity) break;
      if (round === CORE_ROUND) open.prove(coreBound(open.problem, open.low, open.height));
    }
    if (!open.isComplete) return open.best;
    return { ...open.best, provedBytes: Math.min(open.low, open.height) };
  }

  /**
   * Full tries at the target, then at the capacity, if that is what is asked for; then, while neither is reached, all
   * else.
   */
  #round(limit: number): void {
    const open = this.#open;
    // Once the bound is proved out of reach, bisecting gets further than creeping up unit by unit.
    const target = open.low === open.floor ? open.low : open.between(1 / 2);
    const capacity = this.#capacity;
    const aims = capacity > target && capacity < open.height ? [target, capacity] : [target];
    if (!this.#depth.full(aims, limit)) return;
    if (limit >= LATE_NODES * open.sized.length) this.#late(limit);
    else this.#early(limit);
  }

  #early(limit: number): void {
    const open = this.#open;
    const count = open.sized.length;
    if (limit >= BEAMS.fromNodes * count) {
      for (let left = limit * BEAMS.share; left > 0 && !open.isDone(); ) left -= this.#beams.run(limit).nodes;
    }
    const movesFrom = count > MOVES.many ? MOVES.fromNodesEach * count : MOVES.fromNodes;
    // Once for all early rounds: other tries find what it doesn't.
    if (limit >= movesFrom && limit < 2 * movesFrom) this.#exchanges.run(EXCHANGES.earlyEach * count);
    if (limit >= movesFrom) this.#moves.single(limit * MOVES.share);
    for (let left = limit * CHEAP.early; left > 0 && !open.isDone(); ) left -= this.#depth.cheap(EARLY).nodes;
    this.#moves.wait(limit);
  }

  #late(limit: number): void {
    this.#exchanges.run(limit * EXCHANGES.late);
    for (let left = limit * CHEAP.late; left > 0 && !this.#open.isDone(); ) {
      const kind = this.#kind();
      const { nodes, isFound } = kind === 'beam' ? this.#beams.run(limit) : this.#depth.cheap(LATE);
      if (isFound) this.#finds[kind]++;
      this.#work[kind] += nodes;
      left -= nodes + this.#moves.late(nodes, limit);
    }
  }

  /** Which kind of late try is next: either gets the more of the work, the more often it found something. */
  #kind(): 'beam' | 'depth' {
    const share = (this.#finds.beam + PRIOR) / (this.#finds.beam + this.#finds.depth + 2 * PRIOR);
    // Of the work, not of the tries: one by a beam takes as long as hundreds of others.
    return this.#work.beam <= share * (this.#work.beam + this.#work.depth) ? 'beam' : 'depth';
  }
}
