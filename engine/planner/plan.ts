// The planner's front door: one problem, one strategy, one result with its bound. All strategies are listed
// here. Invariant: the result respects lifetimes, distances, alignment and fixed offsets, whatever the strategy.
//
// Beside it lie what a problem is (types.ts: read it first), how it is written (csv.ts), how it comes from steps
// (liveness.ts), limits (control.ts), and the check of every answer (validate.ts). Below, each folder imports only
// those before it in this list, and then greedy/place.ts and exact/exact.ts show most of how plans are made:
//
//   problem/   what follows from a problem: who meets whom, at which distance, sections of time
//   greedy/    one buffer after the other: orders, gaps (place.ts), the best of several, one sweep for very many
//   search/    trees of partial placements: canonical solutions in depth, which prove, and a beam, which does not
//   bounds/    what no plan goes below: max-live, sweeps over time, cores; which heights are still open
//   sharing/   buffers that may lie over each other: joined in place, or pairs with several ways to lie
//   repair/    from a plan to a lower one: climbing, ejection chains, windows placed anew
//   exchange/  arenas with hardly any slack: who is born goes where others die
//   large/     thousands of buffers: squeaky wheel and sweeps outwards from full steps, in turns with moves; more than
//              that: moves around the peaks of a sweep
//   exact/     the strategy `exact`: which of all these gets how much of the work
//
// and what uses plans:
//
//   order/     in which order steps run, before anything is placed; cuts between steps that run as one
//   pools/     which of several memories each buffer lies in
//   what-if/   changes of a schedule, each planned anew and checked

import type { Strategy } from '../options.ts';
import { alignUp } from './align.ts';
import { coreBound } from './bounds/cores.ts';
import { lowerBound } from './bounds/max-live.ts';
import { Budget, type PlanControl, remembered } from './control.ts';
import { exact } from './exact/exact.ts';
import { placeEither } from './greedy/below-first.ts';
import { birthOrder, breadthOrder, sizeOrder } from './greedy/orders.ts';
import { type Fit, type Layout, placeWithin } from './greedy/place.ts';
import { bestGreedy } from './greedy/portfolio.ts';
import { sweep } from './greedy/sweep.ts';
import { tflmOrder } from './greedy/tflm.ts';
import { MAX_REPEATED, repaired } from './large/squeaky.ts';
import { gapProblem } from './problem/distances.ts';
import { isConclusive } from './problem/forbidden.ts';
import { climb } from './repair/climb.ts';
import { decideInPlace, separateMembers } from './sharing/in-place.ts';
import { descendPairs, MAX_PAIRED } from './sharing/pair-descent.ts';
import type { BufferIndex, LowerBound, Placement, PlanResult, Problem } from './types.ts';

export type { PlanControl } from './control.ts';

/** `start` is a plan that is known: for searches, which begin with it. */
type Solver = (problem: Problem, bound: LowerBound, control: PlanControl, start?: Layout) => Layout;

const SOLVERS: Readonly<Record<Strategy, Solver>> = {
  off: separate,
  refcount: inOrder(birthOrder, 'heap'),
  size: inEither(sizeOrder, 'first'),
  breadth: inEither(breadthOrder, 'first'),
  bestfit: inEither(sizeOrder, 'best'),
  tflm: inOrder(tflmOrder, 'first'),
  climb,
  exact,
};

/** Offsets for all buffers. The problem must be well-formed (csv.ts and liveness.ts only make such). */
export function plan(problem: Problem, strategy: Strategy, control: PlanControl = {}): PlanResult {
  const clock = control.clock ?? (() => performance.now());
  const start = clock();
  checkProblem(problem);
  const live = lowerBound(problem);
  // Names have no part in it.
  const question = () => [strategy, problem.buffers.map(({ id: _, ...buffer }) => buffer), problem.overlaps];
  const search = () => solve(problem, live, strategy, new Remaining(control, clock, start));
  const {
    offsets,
    height,
    placements,
    provedBytes = live.bytes,
  } = remembered('plan', question, control, search);
  const bound: LowerBound = provedBytes > live.bytes ? { ...live, bytes: provedBytes, searched: true } : live;
  return {
    solution: { offsets, height },
    placements,
    lowerBound: bound,
    unplannedBytes: unplannedBytes(problem),
    optimal: height === bound.bytes,
    durationMs: clock() - start,
  };
}

type OrderOf = (problem: Problem) => BufferIndex[];

/** One placement; where the limits end it, a sweep over time, which is always through. */
function inOrder(orderOf: OrderOf, fit: Fit): Solver {
  return (problem, { bytes }, control) => {
    const limits = { below: Number.POSITIVE_INFINITY, stop: stopOf(control, bytes) };
    return placeWithin(problem, orderOf(problem), fit, limits) ?? sweep(problem, bytes);
  };
}

/** The same with what may lie below a buffer before it, where that is lower. */
function inEither(orderOf: OrderOf, fit: Fit): Solver {
  return (problem, { bytes }, control) =>
    placeEither(problem, orderOf(problem), fit, { floor: bytes, stop: stopOf(control, bytes) });
}

/** Whether the limits end a placement, which has no progress to tell of. */
function stopOf({ progress: _, ...control }: PlanControl, bound: number): () => boolean {
  const budget = new Budget(control, Number.POSITIVE_INFINITY);
  return () => budget.spent(0, () => ({ height: bound, lowerBound: bound }));
}

/** What a limit of time leaves for each part of a plan. */
class Remaining {
  readonly #control: PlanControl;
  readonly #clock: () => number;
  readonly #start: number;

  constructor(control: PlanControl, clock: () => number, start: number) {
    this.#control = control;
    this.#clock = clock;
    this.#start = start;
  }

  get control(): PlanControl {
    const { timeLimitMs } = this.#control;
    if (timeLimitMs === undefined) return this.#control;
    return { ...this.#control, timeLimitMs: Math.max(0, timeLimitMs - (this.#clock() - this.#start)) };
  }

  readonly isOver = (): boolean => this.#control.cancelled?.() === true || this.control.timeLimitMs === 0;
}

/** Decides what is joined, where there is something to decide, and places the rest. */
function solve(problem: Problem, bound: LowerBound, strategy: Strategy, left: Remaining): Layout {
  const solver = SOLVERS[strategy];
  if (strategy === 'off') return solver(problem, bound, left.control);
  const isJoinable = problem.overlaps?.some(overlap => overlap.exact) ?? false;
  const isFromSize = strategy === 'size' || (strategy === 'exact' && problem.buffers.length <= MAX_REPEATED);
  if (!isJoinable) {
    const bySize =
      isFromSize && problem.overlaps?.length ? bestBySize(problem, bound.bytes, left.isOver) : undefined;
    if (bySize && strategy === 'size') return bySize;
    const start = bySize && climbed(problem, bound, left, bySize);
    const layout = solver(problem, bound, left.control, start);
    if (strategy !== 'exact' || problem.buffers.length > MAX_PAIRED) return layout;
    const isClosed = layout.height <= (layout.provedBytes ?? bound.bytes) || isConclusive(problem);
    return isClosed ? layout : descendPairs(problem, layout, bound.bytes, left.control);
  }
  const joined = decideInPlace(problem, bound, left.isOver);
  // What is proved of one decision is not proved of the others.
  const floor = lowerBound(joined.problem);
  const bySize = isFromSize ? bestBySize(joined.problem, floor.bytes, left.isOver, joined.placed) : undefined;
  const start = bySize && strategy === 'exact' ? climbed(joined.problem, floor, left, bySize) : bySize;
  const { provedBytes: _, ...found } =
    start && strategy === 'size' ? start : solver(joined.problem, floor, left.control, start);
  const layout = separateMembers(joined, found);
  if (strategy !== 'exact' || layout.height <= bound.bytes) return layout;
  return descendPairs(problem, layout, coreBound(problem, bound.bytes, layout.height), left.control);
}

/** Above the floor by more than this share, buffers with leave to overlap are placed by other orders than size too. */
const WORTH = 0.005;
/** Of more buffers that would take longer than a plan by size should. */
const MAX_TRIED = 1000;

/**
 * By size where buffers may overlap, which their size says little of: repaired, and by other orders where that stays
 * well above the floor, in bytes. Exact search begins with it, so it is never above placing by size.
 */
function bestBySize(problem: Problem, floor: number, stop: () => boolean, bySize?: Layout): Layout {
  const found = repaired(problem, floor, stop, bySize);
  const isClose = found.height <= floor * (1 + WORTH) || problem.buffers.length > MAX_TRIED;
  return isClose ? found : bestGreedy(problem, floor, stop, found);
}

/** Of a climb that exact search begins with: tries, and its share of a limit in time. */
const CLIMB = { tries: 1000, share: 0.1 } as const;

/** The plan, or a lower one by a short climb: where many may overlap, exact search alone may end above what that finds. */
function climbed(problem: Problem, floor: LowerBound, left: Remaining, known: Layout): Layout {
  const isClose = known.height <= floor.bytes * (1 + WORTH) || problem.buffers.length > MAX_TRIED;
  if (isClose || left.isOver()) return known;
  const { nodeLimit = CLIMB.tries, timeLimitMs, ...control } = left.control;
  const limit = timeLimitMs === undefined ? {} : { timeLimitMs: timeLimitMs * CLIMB.share };
  const tries = Math.min(nodeLimit, CLIMB.tries);
  const found = climb(problem, floor, { ...control, ...limit, nodeLimit: tries });
  return found.height < known.height ? found : known;
}

/** `off`: every buffer in memory of its own, above all fixed ones. */
function separate(problem: Problem): Layout {
  const { buffers } = problem;
  let top = 0;
  for (const { offset, size } of buffers) {
    if (offset !== undefined && size > 0) top = Math.max(top, offset + size);
  }
  const placements = buffers.map((buffer, b): Placement => {
    if (buffer.offset !== undefined) return { buffer: b, offset: buffer.offset };
    const offset = alignUp(top, buffer.alignment ?? 1);
    if (buffer.size > 0) top = offset + buffer.size;
    return { buffer: b, offset };
  });
  return { offsets: placements.map(({ offset }) => offset), height: top, placements };
}

/** The aligned sum of all sizes: what memory of their own takes, wherever fixed buffers lie. */
function unplannedBytes({ buffers }: Problem): number {
  let sum = 0;
  for (const { size, alignment = 1 } of buffers) if (size > 0) sum = alignUp(sum, alignment) + size;
  return sum;
}

function checkProblem({ buffers, overlaps = [] }: Problem): void {
  for (const { below, above, distance } of overlaps) {
    const known = buffers[below] !== undefined && buffers[above] !== undefined && below !== above;
    if (!known || !Number.isSafeInteger(distance) || distance < 0) {
      throw new Error(`malformed overlap: ${below} below ${above} at a distance of ${distance}`);
    }
  }
  for (const buffer of buffers) {
    const { id, lower, upper, size, alignment = 1, offset = 0, gaps = [] } = buffer;
    const numbers = [lower, upper, size, alignment, offset];
    if (!numbers.every(Number.isSafeInteger) || upper <= lower || size < 0 || alignment < 1 || offset < 0) {
      throw new Error(
        `malformed buffer ${id}: [${lower}, ${upper}) × ${size}, alignment ${alignment}, offset ${offset}`,
      );
    }
    const wrong = gapProblem(buffer, gaps);
    if (wrong !== undefined) throw new Error(`malformed gaps of ${id}: ${wrong}`);
  }
}
