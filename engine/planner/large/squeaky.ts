// Plans of many buffers by placing all of them again and again: whoever ends above the bound complains and comes
// earlier the next time (Joslin and Clements, "Squeaky wheel optimization", 1999). Several lanes, each from an order
// of its own, take turns. Sweeps outwards from full steps, and moves of single buffers, share the time with it.
// Deterministic for a seed where there is no limit in time; a node is one placement of all buffers, then about one
// sweep, then one move.

import { seededRandom } from '../../random.ts';
import { Budget, type PlanControl } from '../control.ts';
import { placingByExchange } from '../exchange/exchanging.ts';
import { placeEither, placeEitherBelow } from '../greedy/below-first.ts';
import { birthOrder, classOrder, sizeOrder, widthOrder } from '../greedy/orders.ts';
import { type Layout, placeWithin } from '../greedy/place.ts';
import { canSweep, sweep } from '../greedy/sweep.ts';
import { tflmOrder } from '../greedy/tflm.ts';
import { nearbyOf } from '../problem/nearby.ts';
import { canEject, eject } from '../repair/ejection.ts';
import type { BufferIndex, Problem } from '../types.ts';
import { placingOutwards } from './outwards.ts';
import { loweringPeaks } from './peaks.ts';
import { type Method, type Turn, takeTurns } from './turns.ts';

/** A placement costs up to n²: this bounds all of them together to some seconds. */
const DEFAULT_WORK = 4e9;
const MAX_PASSES = 400;
/** An order by birth is placed several times as fast as others, so it gets more turns. */
const TURNS = [classOrder, tflmOrder, birthOrder, birthOrder, birthOrder, widthOrder, birthOrder] as const;

/** What a placement takes before one was timed; counts only where there is a limit in time. */
const MS_PER_PAIR = 2e-6;
/** How much longer than the slowest so far a placement by the same kind of order may take. */
const SAFETY = 1.5;
/** Of the time left, what the first placement by a kind of order may take. */
const FIRST_SHARE = 0.7;

/** Of a limit in time, how long each goes on without gain at first; to lower a target by moves takes long. */
const PATIENCE = { again: 0.04, outwards: 0.1, moves: 0.1 } as const;

/** Above this no placement is repeated: a plan is lowered only where it reaches above the floor. */
export const MAX_REPEATED = 150_000;

/**
 * Placed buffers that sweeps outwards look at, and buffers that moves do, where there is no limit in time: a second or
 * two of either.
 */
const OUTWARDS_WORK = 3e8;
const MOVE_WORK = 5e7;
/** The same for moves at peaks of more buffers than are repeated, which should take no longer than the sweep. */
const PEAK_WORK = 5e6;
/** Those that follow a sweep also where it took all the time there is: few beside the sweep, and they lower it the most. */
const SWEEP_PEAK_WORK = 2e5;
/** Pieces that exchanges look at, where there is no limit in time; where there is one, its share until buffers are
 * moved, the larger while few steps have no way. */
const EXCHANGE_WORK = 3e7;
const PLACING_SHARE = { near: 0.45, usual: 0.15 } as const;
/** For each buffer, where there is a limit in nodes. */
const LOOKS_PER_SWEEP = 256;

/** The lowest plan found; `floor`, bytes, where it is met, ends it. */
export function squeaky(problem: Problem, floor: number, control: PlanControl): Layout {
  const { timeLimitMs = Number.POSITIVE_INFINITY, seed = 1, nodeLimit } = control;
  const clock = control.clock ?? (() => performance.now());
  const start = clock();
  const budget = new Budget(control, Number.POSITIVE_INFINITY);
  const swept = sweep(problem, floor);
  let { height } = swept;
  const isOver = () => budget.spent(0, () => ({ height, lowerBound: floor }));
  const isTimed = Number.isFinite(timeLimitMs);
  const leftMs = () => timeLimitMs - (clock() - start);
  const isRepeated = problem.buffers.length <= MAX_REPEATED;
  const random = seededRandom(seed);
  const goAtPeaks = loweringPeaks(problem);
  const effort: Effort = { floor, control, isTimed, isRepeated, random, goAtPeaks };
  const isCancelled = () => control.cancelled?.() === true;
  const few = { floor, moves: SWEEP_PEAK_WORK, stop: isCancelled, random };
  const first = !isRepeated && canEject(problem) ? goAtPeaks(swept, few) : swept;
  height = first.height;
  const methods = methodsFor(problem, effort).map(({ patience, improve }) => ({
    patience,
    improve: (best: Layout, turn: Turn): Layout => {
      const found = improve(best, turn);
      height = Math.min(height, found.height);
      return found;
    },
  }));
  const isAgain = isTimed && nodeLimit === undefined && (isRepeated || canEject(problem));
  return takeTurns(methods, first, { floor, leftMs, isOver, again: isAgain });
}

/** What the methods have in common. */
interface Effort {
  /** bytes: a plan within it is good enough */
  readonly floor: number;
  readonly control: PlanControl;
  /** there is a limit in time, so that no method limits its own work */
  readonly isTimed: boolean;
  /** few enough buffers to be placed again and again */
  readonly isRepeated: boolean;
  readonly random: () => number;
  /** remembers where it failed */
  readonly goAtPeaks: ReturnType<typeof loweringPeaks>;
}

/** The methods that a problem is worth, in the order of their turns. */
function methodsFor(problem: Problem, effort: Effort): readonly Method[] {
  const { floor, control, isTimed, isRepeated } = effort;
  const { nodeLimit } = control;
  const methods: Method[] = [];
  const add = (patience: number, improve: Method['improve']): void =>
    void methods.push({ patience, improve });
  if (!isRepeated && canEject(problem)) add(PATIENCE.moves, movingAtPeaks(effort));
  if (nodeLimit === undefined && (isRepeated || isTimed)) add(PATIENCE.again, placingBySize(problem, floor));
  if (isRepeated) add(PATIENCE.again, placingAgain(problem, floor, control));
  // Who counts nodes has exchanges of its own.
  if (nodeLimit === undefined && isRepeated) {
    const exchange = exchanging(problem, effort);
    if (exchange) add(PATIENCE.moves, exchange);
  }
  if (isRepeated && canSweep(problem)) add(PATIENCE.outwards, sweepingOutwards(problem, effort));
  if (isRepeated && canEject(problem)) add(PATIENCE.moves, movingSingles(problem, effort));
  return methods;
}

/** Sweeps outwards from full steps. */
function sweepingOutwards(problem: Problem, { floor, control, isTimed, random }: Effort): Method['improve'] {
  const goOutwards = placingOutwards(problem);
  const { nodeLimit } = control;
  const usual = isTimed ? Number.POSITIVE_INFINITY : OUTWARDS_WORK;
  const work = nodeLimit === undefined ? usual : nodeLimit * LOOKS_PER_SWEEP * problem.buffers.length;
  return (best, { isOver, stop, gained }) =>
    goOutwards({ floor, below: best.height, work, isOver, stop, gained, random }) ?? best;
}

/** Moves of single buffers. */
function movingSingles(problem: Problem, { floor, control, isTimed, random }: Effort): Method['improve'] {
  const usual = isTimed ? Number.POSITIVE_INFINITY : MOVE_WORK / problem.buffers.length;
  const moves = control.nodeLimit ?? usual;
  return (best, { stop, gained }) => eject(problem, best, { floor, moves, stop, gained, random });
}

/** Moves of single buffers at peaks. */
function movingAtPeaks({ floor, isTimed, random, goAtPeaks }: Effort): Method['improve'] {
  const moves = isTimed ? Number.POSITIVE_INFINITY : PEAK_WORK;
  return (best, { stop, gained }) => goAtPeaks(best, { floor, moves, stop, gained, random });
}

/** Exchanges, for arenas with hardly any slack; none for others. */
function exchanging(problem: Problem, { floor, isTimed, random }: Effort): Method['improve'] | undefined {
  const exchange = placingByExchange(problem);
  if (!exchange) return undefined;
  const work = isTimed ? Number.POSITIVE_INFINITY : EXCHANGE_WORK;
  const moves = isTimed ? Number.POSITIVE_INFINITY : MOVE_WORK / problem.buffers.length;
  return (best, { isOver, stop, gained, leftMs }) => {
    const beganMs = leftMs();
    const stopPlacing = (isNear: boolean) => {
      const share = isNear ? PLACING_SHARE.near : PLACING_SHARE.usual;
      return isOver() || (isTimed && leftMs() <= beganMs * (1 - share));
    };
    const found = exchange({ floor, work, moves, stop, stopPlacing, gained, random });
    return found && found.height < best.height ? found : best;
  };
}

/** Places all by size, once: given up where it gets no lower, so that it takes as long as it is worth. */
function placingBySize(problem: Problem, floor: number): Method['improve'] {
  let isDone = false;
  return (best, { isOver, gained }) => {
    if (isDone) return best;
    isDone = true;
    const limits = { floor, below: best.height, stop: isOver };
    const found = placeEitherBelow(problem, sizeOrder(problem), 'first', limits);
    if (found) gained(found.height);
    return found ?? best;
  };
}

/** Places all again and again. */
function placingAgain(problem: Problem, floor: number, control: PlanControl): Method['improve'] {
  const clock = control.clock ?? (() => performance.now());
  const count = problem.buffers.length;
  const affordable = Math.floor(DEFAULT_WORK / (count ** 2 + 1));
  const { nodeLimit } = new Budget(control, Math.max(1, Math.min(MAX_PASSES, affordable)));
  const random = seededRandom(control.seed ?? 1);
  const orders = new Map<typeof birthOrder, BufferIndex[]>();
  const slowestMs = new Map<typeof birthOrder, number>();
  let passes = 0;
  return (first, { isOver, stop, gained, leftMs, patienceMs }) => {
    const firstMs = MS_PER_PAIR * count * Math.min(count, nearbyOf(problem).cost);
    let best = first;
    for (let late = 0; best.height > floor; passes++) {
      if (stop() || passes >= nodeLimit || late >= TURNS.length) break;
      const orderOf = TURNS[passes % TURNS.length] ?? birthOrder;
      // One that is broken off is lost, so one that might not end in time is not begun; others may be faster.
      const slowest = slowestMs.get(orderOf);
      const mayTakeMs = slowestMs.size === 0 ? leftMs() * FIRST_SHARE : Math.min(leftMs(), patienceMs);
      if (SAFETY * (slowest ?? firstMs) > mayTakeMs) {
        late++;
        continue;
      }
      late = 0;
      const start = clock();
      const order = orders.get(orderOf) ?? orderOf(problem);
      const layout = placeWithin(problem, order, 'first', { below: Number.POSITIVE_INFINITY, stop: isOver });
      if (layout === undefined) break;
      orders.set(orderOf, complained(problem, order, layout.offsets, floor, random));
      slowestMs.set(orderOf, Math.max(slowest ?? 0, clock() - start));
      if (layout.height >= best.height) continue;
      best = layout;
      gained(best.height);
    }
    return best;
  };
}

/** Placements without gain after which a repair ends. */
const MAX_IDLE = 12;

/**
 * A placement by size, which may be known, and by the orders that complaints about it lead to, until these bring
 * nothing for a while, or until `stop`: for blocks of joined buffers, whose size says little of how they are best
 * placed. Deterministic unless it is stopped.
 */
export function repaired(problem: Problem, floor: number, stop: () => boolean, bySize?: Layout): Layout {
  const random = seededRandom(1);
  let order = sizeOrder(problem);
  let best = bySize ?? placeEither(problem, order, 'first', { floor, stop });
  let layout = best;
  for (let idle = 0; idle < MAX_IDLE && best.height > floor && !stop(); idle++) {
    order = complained(problem, order, layout.offsets, floor, random);
    layout = placeEither(problem, order, 'first', { floor, stop });
    if (layout.height >= best.height) continue;
    best = layout;
    idle = 0;
  }
  return best;
}

/** The order with those that reach above the floor moved towards its front. */
function complained(
  { buffers }: Problem,
  order: readonly BufferIndex[],
  offsets: readonly number[],
  floor: number,
  random: () => number,
): BufferIndex[] {
  const place = new Float64Array(buffers.length);
  order.forEach((b, at) => {
    const top = (offsets[b] ?? 0) + (buffers[b]?.size ?? 0);
    place[b] = top > floor ? at * (0.4 + 0.2 * random()) - 1 : at;
  });
  return order.toSorted((a, b) => (place[a] as number) - (place[b] as number) || a - b);
}
