// Exact placement: from the best greedy plan down, and from the lower bound up, until they meet or the limit is
// reached. The bound is tried first: a search that aims at it finds an optimal plan far sooner than one that
// improves step by step, and where it is out of reach an exhausted search proves it and raises the bound.

import { BeamSearch } from './beam-search.ts';
import { CanonicalSearch, type Outcome, type Ranking } from './canonical-search.ts';
import { Budget, type PlanControl } from './control.ts';
import { coreBound } from './core-bound.ts';
import { canEject, eject } from './ejection.ts';
import { isConclusive } from './forbidden.ts';
import type { Layout } from './place.ts';
import { bestGreedy } from './portfolio.ts';
import { seededRandom } from './random.ts';
import { Share, type Shares } from './share.ts';
import type { SharedBounds } from './shared-bounds.ts';
import { squeaky } from './squeaky.ts';
import { subProblem } from './sub-problem.ts';
import { sweepBound } from './sweep-bound.ts';
import type { BufferIndex, LowerBound, Problem } from './types.ts';
import { unitOf } from './unit.ts';
import { replaceWindows } from './windows.ts';

const RANKINGS: readonly [Ranking, ...Ranking[]] = [
  ['width', 'area', 'total'],
  ['total', 'area', 'width'],
  ['total', 'width', 'area'],
];
/** Where between bound and best the cheap tries aim. */
const LADDER = [1 / 2, 3 / 4, 9 / 10] as const;
/** Cheap tries are many short searches from jittered rankings. */
interface Restarts {
  /** nodes of all of them in a round, for each node of a full try */
  readonly share: number;
  /** nodes per buffer of one; any of these */
  readonly lengths: readonly [number, ...number[]];
  /** the largest jitter */
  readonly noise: number;
  /** how many of them rank buffers as the best plan has them, with a jitter of up to NEAR_NOISE */
  readonly nearShare: number;
}
const NEAR_NOISE = 0.3;
/** While the target is likely within reach: few, far from each other. */
const EARLY: Restarts = { share: 3 / 8, lengths: [2], noise: 1, nearShare: 0.3 };
/** When full tries have become long without reaching it: most of the work, longer and closer to the rankings. */
const LATE: Restarts = { share: 63, lengths: [4, 6], noise: 0.4, nearShare: 0 };
/** Tries by beams: nodes in a round for each node of a full try, before it is late; then they share its tries. */
const BEAM_SHARE = 2;
/** Nodes per buffer of a full try from which on there are any: problems that full tries solve are solved by then. */
const BEAM_NODES = 128;
/** States that one keeps, for each node per buffer of a full try; any of these. */
const BEAM_WIDTHS = [1 / 16, 1 / 8, 1 / 4] as const;
/** Finds that either kind of late try starts with, when they are drawn by their finds. */
const BEAM_PRIOR = 1;
/** How many of them aim at the bound; the others between it and the best, lower with every find, higher without. */
const BEAM_AT_BOUND = 0.5;
const AIM = { first: 0.5, lower: 0.7, higher: 0.05, highest: 0.95 } as const;
const TOLERANCES = [0.001, 0.003, 0.01] as const;
const ROUGHNESSES = [0.03, 0.1, 0.3, 1] as const;
/** From so many nodes of a full try on, buffers are also moved one by one; of many buffers from fewer, each. */
const MOVES_FROM = { nodes: 16_384, many: 500, nodesEach: 8 } as const;
/** Moves for each node of a full try: in a round before it is late, and at a time when it is. */
const MOVES = { early: 1, late: 1 / 16 } as const;
/** What a move counts as, in nodes. */
const NODES_PER_MOVE = 8;
const MOVE_SHARE: Shares = { most: 2 / 3, least: 1 / 3 };
/** Of placements as those of many buffers are made, before the first moves. */
const REPLACEMENTS = 50;
/** Nodes of moves by windows at a time, for each node of a full try; late work before the first ones, in the same unit. */
const WINDOW_NODES = { each: 1 / 2, before: 4 } as const;
const WINDOW_SHARE: Shares = { most: 1 / 3, least: 1 / 8 };
/** Nodes per buffer of a full try from which on it is late. */
const LATE_NODES = 256;

const DEFAULT_NODES = 600_000;
/** The round after which parts of the problem are bounded on their own: by then most searches have ended. */
const CORE_ROUND = 4;
/** Above this the search has no chance: greedy plans are made again and again instead. */
export const MAX_SEARCHED = 1000;
/** Above this one is taken as it is. */
const MAX_REPEATED = 150_000;

/**
 * The lowest plan found within the limits, with what was proved on the way. Proved optimal where `provedBytes`
 * or the bound equals the height; a problem small enough is always solved to the end. `start` is a plan that is known.
 */
export function exact(problem: Problem, bound: LowerBound, control: PlanControl, start?: Layout): Layout {
  const budget = new Budget(control, DEFAULT_NODES);
  const unplanned = problem.buffers.reduce((sum, buffer) => sum + buffer.size, 0);
  const stop = () => budget.spent(0, () => ({ height: unplanned, lowerBound: bound.bytes }));
  const sized = [...problem.buffers.keys()].filter(b => (problem.buffers[b]?.size ?? 0) > 0);
  if (sized.length > MAX_SEARCHED && sized.length <= MAX_REPEATED) {
    const found = squeaky(problem, bound.bytes, control);
    return start && start.height <= found.height ? start : found;
  }
  const greedy = bestGreedy(problem, bound.bytes, stop, start);
  control.shared?.found(greedy.height);
  if (greedy.height <= bound.bytes || sized.length > MAX_REPEATED) return greedy;
  return new Descent(problem, sized, greedy, bound.bytes, budget, control).run();
}

/** One exact solve: what is known from below and from above, and the search that moves both. */
class Descent {
  readonly #problem: Problem;
  /** buffers that take room, in the search's numbering */
  readonly #sized: readonly BufferIndex[];
  readonly #search: CanonicalSearch;
  readonly #beam: BeamSearch;
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
  readonly #shared: SharedBounds | undefined;
  /** where between bound and best tries by beams aim */
  #aim: number = AIM.first;
  /** how often cheap tries of either kind found something */
  readonly #finds = { beam: 0, offset: 0 };
  /** nodes of late tries of either kind */
  readonly #work = { beam: 0, offset: 0 };
  /** of moves by windows, and of those of single buffers */
  #moveNodes = 0;
  readonly #windowShare = new Share(WINDOW_SHARE);
  readonly #moveShare = new Share(MOVE_SHARE);
  /** of its own: tries from nothing are the same with and without moves, until these find something */
  readonly #moveRandom: () => number;
  readonly #canMove: boolean;
  /** nodes of a full try from which on buffers are moved */
  readonly #movesFrom: number;
  #hasMoved = false;
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
    const searched = subProblem(problem, sized);
    this.#search = new CanonicalSearch(searched);
    this.#beam = new BeamSearch(searched);
    this.#complete = isConclusive(problem);
    this.#budget = budget;
    this.#random = seededRandom(control.seed ?? 1);
    this.#moveRandom = seededRandom(control.seed ?? 1);
    this.#canMove = canEject(problem);
    const { nodes, many, nodesEach } = MOVES_FROM;
    this.#movesFrom = sized.length > many ? nodesEach * sized.length : nodes;
    this.#unit = unitOf(problem);
    this.#floor = Math.ceil(sweepBound(problem, floor, best.height) / this.#unit) * this.#unit;
    this.#low = this.#floor;
    this.#capacity = control.capacity ?? 0;
    this.#best = best;
    this.#shared = control.shared;
  }

  run(): Layout {
    let limit = 2 * this.#sized.length;
    for (let round = 1; ; round++) {
      this.#round(limit);
      limit *= 2;
      if (this.#done() || this.#height <= this.#capacity) break;
      if (round === CORE_ROUND) this.#prove(coreBound(this.#problem, this.#low, this.#height));
    }
    if (!this.#complete) return this.#best;
    return { ...this.#best, provedBytes: Math.min(this.#low, this.#height) };
  }

  /** Bytes: of the lowest plan, here or in another search. */
  get #height(): number {
    return Math.min(this.#best.height, this.#shared?.height ?? Number.POSITIVE_INFINITY);
  }

  #prove(bytes: number): void {
    this.#low = Math.max(this.#low, bytes);
    if (this.#complete) this.#shared?.prove(bytes);
  }

  /**
   * Full tries at the target with every ranking, then at the capacity, if that is what is asked for; then, while
   * neither is reached, cheap ones above the target.
   */
  #round(limit: number): void {
    // Once the bound is proved out of reach, bisecting gets further than creeping up unit by unit.
    const target = this.#low === this.#floor ? this.#low : this.#between(1 / 2);
    const aims =
      this.#capacity > target && this.#capacity < this.#height ? [target, this.#capacity] : [target];
    for (const aim of aims) {
      for (const ranking of RANKINGS) {
        if (this.#done() || this.#try(aim, ranking, limit, 0) !== 'stopped') return;
      }
    }
    const count = this.#sized.length;
    const isLate = limit >= LATE_NODES * count;
    if (!isLate && limit >= BEAM_NODES * count) {
      for (let left = limit * BEAM_SHARE; left > 0 && !this.#done(); ) left -= this.#fill(limit);
    }
    if (!isLate && limit >= this.#movesFrom) this.#move(limit * MOVES.early);
    const restarts = isLate ? LATE : EARLY;
    for (let left = limit * restarts.share; left > 0 && !this.#done(); ) {
      const { beam, offset } = this.#work;
      // Of the work, not of the tries: one by a beam takes as long as hundreds of others.
      const isBeam = isLate && beam <= this.#beamShare * (beam + offset);
      const nodes = isBeam ? this.#fill(limit) : this.#restart(restarts);
      this.#work[isBeam ? 'beam' : 'offset'] += nodes;
      left -= nodes;
      if (!isLate || !this.#canMove) continue;
      this.#moveShare.earn(nodes);
      if (this.#moveShare.isDue) left -= this.#move(limit * MOVES.late);
      this.#windowShare.earn(nodes);
      if (this.#windowShare.isDue) left -= this.#moveWindows(limit * WINDOW_NODES.each);
    }
    if (!isLate) this.#windowShare.wait(limit * 2 * WINDOW_NODES.before);
    // Of early finds most are easy: they say nothing of late ones.
    if (!isLate) for (const tally of [this.#finds, this.#work]) Object.assign(tally, { beam: 0, offset: 0 });
  }

  /** Moves single buffers of the best. Returns what that counts as, in nodes. */
  #move(moves: number): number {
    if (this.#done() || !this.#canMove) return 0;
    const before = this.#best.height;
    const limits = { floor: this.#low, stop: () => this.#done(), random: this.#moveRandom };
    const start = this.#hasMoved ? this.#best : this.#replaced();
    this.#hasMoved = true;
    const found = eject(this.#problem, start, { ...limits, moves });
    if (found.height < before) this.#take(found);
    const nodes = moves * NODES_PER_MOVE;
    this.#moveNodes += nodes;
    this.#moveShare.spend(nodes, found.height < before);
    return nodes;
  }

  /** The best, or what is lower as many buffers are placed: those of some hundreds may be like them. */
  #replaced(): Layout {
    const found = squeaky(this.#problem, this.#low, {
      nodeLimit: REPLACEMENTS,
      seed: 1 + Math.floor(this.#moveRandom() * 2 ** 30),
      cancelled: () => this.#done(),
    });
    return found.height < this.#best.height ? found : this.#best;
  }

  /** Parts of the best placed anew. Returns the nodes. */
  #moveWindows(limit: number): number {
    if (this.#done()) return 0;
    const before = this.#best.height;
    const { offsets, nodes } = replaceWindows(this.#problem, this.#best, {
      floor: this.#low,
      unit: this.#unit,
      nodes: Math.min(limit, this.#budget.nodeLimit - this.#nodes),
      stop: () => this.#done(),
      random: this.#moveRandom,
    });
    this.#moveNodes += nodes;
    this.#found(this.#sized.map(b => offsets[b] ?? 0));
    this.#windowShare.spend(nodes, this.#best.height < before);
    return nodes;
  }

  /** Of late work: the more, the more often they found something. */
  get #beamShare(): number {
    const { beam, offset } = this.#finds;
    return (beam + BEAM_PRIOR) / (beam + offset + 2 * BEAM_PRIOR);
  }

  /** One try by a beam. Returns its nodes. */
  #fill(limit: number): number {
    const beam = this.#beam;
    const before = beam.nodes;
    const share = this.#random() < BEAM_AT_BOUND ? 0 : this.#aim;
    const isFound = beam.run({
      capacity: this.#between(share),
      width: Math.ceil((limit / this.#sized.length) * this.#pick(BEAM_WIDTHS)),
      nodeLimit: this.#budget.nodeLimit - this.#nodes,
      tolerance: this.#pick(TOLERANCES),
      roughness: this.#pick(ROUGHNESSES),
      random: this.#random,
      stop: () => this.#done(),
    });
    if (isFound) {
      this.#finds.beam++;
      this.#found(beam.offsets);
    }
    if (share > 0) this.#aim = isFound ? share * AIM.lower : Math.min(AIM.highest, share + AIM.higher);
    return Math.max(1, beam.nodes - before);
  }

  get #nodes(): number {
    return this.#search.nodes + this.#beam.nodes + this.#moveNodes;
  }

  #found(offsets: readonly number[]): void {
    this.#take(this.#layoutOf(offsets));
  }

  #take(layout: Layout): void {
    this.#best = layout;
    this.#shared?.found(layout.height);
  }

  /** One cheap try. Returns the nodes it may take. */
  #restart({ lengths, noise: largest, nearShare }: Restarts): number {
    const nodes = this.#pick(lengths) * this.#sized.length;
    const capacity = this.#between(this.#pick(LADDER));
    const ranking = this.#pick(RANKINGS);
    const isNear = this.#random() < nearShare;
    const noise = (isNear ? NEAR_NOISE : largest) * this.#random();
    const near = isNear ? this.#sized.map(b => this.#best.offsets[b] ?? 0) : undefined;
    if (this.#try(capacity, ranking, nodes, noise, near) === 'found') this.#finds.offset++;
    return nodes;
  }

  #pick<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.#random() * items.length)] ?? items[0];
  }

  #try(capacity: number, ranking: Ranking, limit: number, noise: number, near?: readonly number[]): Outcome {
    const search = this.#search;
    const outcome = search.run({
      capacity,
      ranking,
      nodeLimit: Math.min(limit, this.#budget.nodeLimit - this.#nodes),
      noise,
      ...(near && { near }),
      random: this.#random,
      stop: () => this.#done(),
    });
    if (outcome === 'found') this.#found(search.offsets);
    if (outcome === 'none') this.#prove(capacity + this.#unit);
    return outcome;
  }

  /** A capacity from the lowest possible (share 0) to just below the best (share 1). */
  #between(share: number): number {
    const units = (this.#height - this.#low) / this.#unit;
    return this.#low + Math.max(0, Math.ceil(units * share) - 1) * this.#unit;
  }

  #done(): boolean {
    if (this.#shared && this.#complete) this.#low = Math.max(this.#low, this.#shared.proved);
    return this.#low >= this.#height || this.#spent();
  }

  #spent(): boolean {
    return this.#budget.spent(this.#nodes, () => ({
      height: this.#height,
      lowerBound: Math.min(this.#low, this.#height),
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
