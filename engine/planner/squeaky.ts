// Plans of many buffers by placing all of them again and again: whoever ends above the bound complains and comes
// earlier the next time (Joslin and Clements, "Squeaky wheel optimization", 1999). Several lanes, each from an order
// of its own, take turns. Then sweeps outwards from full steps, then buffers moved one by one. Deterministic for a seed
// where there is no limit in time; a node is one placement of all buffers, then about one sweep, then one move.

import { placeEither } from './below-first.ts';
import { Budget, type PlanControl } from './control.ts';
import { canEject, eject } from './ejection.ts';
import { birthOrder, classOrder, sizeOrder, widthOrder } from './greedy.ts';
import { placeOutwards } from './outwards.ts';
import { type Layout, placeInOrder } from './place.ts';
import { seededRandom } from './random.ts';
import { canSweep, sweep } from './sweep.ts';
import { tflmOrder } from './tflm.ts';
import type { BufferIndex, Problem } from './types.ts';

/** A placement costs up to n²: this bounds all of them together to some seconds. */
const DEFAULT_WORK = 4e9;
const MAX_PASSES = 400;
/** An order by birth is placed several times as fast as others, so it gets more turns. */
const TURNS = [classOrder, tflmOrder, birthOrder, birthOrder, birthOrder, widthOrder, birthOrder] as const;

/** What a placement takes before one was timed; counts only where there is a limit in time. */
const MS_PER_PAIR = 1e-6;
/** How much longer than the slowest so far a placement by the same kind of order may take. */
const SAFETY = 1.5;

/** The part of a limit in time after which placing again ends, and after which sweeps outwards do; moves have the rest. */
const AGAIN_UNTIL = 0.25;
/** The same where the first part might not do for a single placement. */
const ONCE_UNTIL = 0.75;
const OUTWARDS_UNTIL = 0.85;
/** Placed buffers that sweeps outwards look at, and buffers that moves do, where there is no limit in time: a second or two of either. */
const OUTWARDS_WORK = 3e8;
const MOVE_WORK = 5e7;
/** For each buffer, where there is a limit in nodes. */
const LOOKS_PER_SWEEP = 256;

/** The lowest plan found; `floor`, bytes, where it is met, ends it. */
export function squeaky(problem: Problem, floor: number, control: PlanControl): Layout {
  const { timeLimitMs, seed = 1, nodeLimit } = control;
  const clock = control.clock ?? (() => performance.now());
  const start = clock();
  /** Of the control, up to a part of its time from the start on. */
  const until = (part: number): PlanControl =>
    timeLimitMs === undefined ? control : { ...control, timeLimitMs: part * timeLimitMs - (clock() - start) };
  const firstMs = SAFETY * MS_PER_PAIR * problem.buffers.length ** 2;
  const isShort = firstMs > AGAIN_UNTIL * (timeLimitMs ?? Number.POSITIVE_INFINITY);
  let best = placedAgain(problem, floor, until(isShort ? ONCE_UNTIL : AGAIN_UNTIL));
  const stopOf = (budget: Budget) => () =>
    budget.spent(0, () => ({ height: best.height, lowerBound: floor }));
  const random = seededRandom(seed);
  if (best.height > floor && canEject(problem)) {
    const stop = stopOf(new Budget(until(OUTWARDS_UNTIL), Number.POSITIVE_INFINITY));
    const usual = timeLimitMs === undefined ? OUTWARDS_WORK : Number.POSITIVE_INFINITY;
    const work = nodeLimit === undefined ? usual : nodeLimit * LOOKS_PER_SWEEP * problem.buffers.length;
    best = placeOutwards(problem, { floor, below: best.height, work, stop, random }) ?? best;
  }
  if (best.height <= floor || !canEject(problem)) return best;
  const budget = new Budget(until(1), MOVE_WORK / problem.buffers.length);
  return eject(problem, best, { floor, moves: nodeLimit ?? budget.nodeLimit, stop: stopOf(budget), random });
}

/** The lowest plan that placing all again and again finds. */
function placedAgain(problem: Problem, floor: number, control: PlanControl): Layout {
  const clock = control.clock ?? (() => performance.now());
  const end = clock() + (control.timeLimitMs ?? Number.POSITIVE_INFINITY);
  const affordable = Math.floor(DEFAULT_WORK / (problem.buffers.length ** 2 + 1));
  const budget = new Budget(control, Math.max(1, Math.min(MAX_PASSES, affordable)));
  const random = seededRandom(control.seed ?? 1);
  const orders = new Map(TURNS.map(orderOf => [orderOf, orderOf(problem)]));
  const none = { height: Number.POSITIVE_INFINITY, offsets: [], placements: [] };
  let best: Layout = canSweep(problem) ? sweep(problem) : none;
  const slowestMs = new Map<typeof birthOrder, number>();
  const firstMs = MS_PER_PAIR * problem.buffers.length ** 2;
  let late = 0;
  for (let passes = 0; best.height > floor; passes++) {
    const { height } = best;
    const orderOf = TURNS[passes % TURNS.length] ?? birthOrder;
    const start = clock();
    // A placement cannot be broken off, so one that might not end in time is not begun.
    const isLate = start + SAFETY * (slowestMs.get(orderOf) ?? firstMs) > end;
    const isSpent = budget.spent(passes, () => ({ height, lowerBound: floor }));
    if (isSpent && Number.isFinite(height)) break;
    if (isLate && Number.isFinite(height)) {
      // Other orders may be placed faster.
      if (++late >= TURNS.length) break;
      continue;
    }
    late = 0;
    const order = orders.get(orderOf) ?? [];
    const layout = placeInOrder(problem, order, 'first');
    orders.set(orderOf, complained(problem, order, layout.offsets, floor, random));
    slowestMs.set(orderOf, Math.max(slowestMs.get(orderOf) ?? 0, clock() - start));
    if (layout.height < height) best = layout;
  }
  return best;
}

/** Placements without gain after which a repair ends. */
const MAX_IDLE = 12;

/**
 * A placement by size, which may be known, and by the orders that complaints about it lead to, until these bring
 * nothing for a while: for blocks of joined buffers, whose size says little of how they are best placed. Deterministic.
 */
export function repaired(problem: Problem, floor: number, bySize?: Layout): Layout {
  const random = seededRandom(1);
  let order = sizeOrder(problem);
  let best = bySize ?? placeEither(problem, order, 'first');
  let layout = best;
  for (let idle = 0; idle < MAX_IDLE && best.height > floor; idle++) {
    order = complained(problem, order, layout.offsets, floor, random);
    layout = placeEither(problem, order, 'first');
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
