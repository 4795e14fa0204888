// Plans of many buffers by placing all of them again and again: whoever ends above the bound complains and comes
// earlier the next time (Joslin and Clements, "Squeaky wheel optimization", 1999). Several lanes, each from an order
// of its own, take turns. Then buffers are moved one by one. Deterministic for a seed and a node limit; a node is one
// placement of all buffers, then one move.

import { placeEither } from './below-first.ts';
import { Budget, type PlanControl } from './control.ts';
import { canEject, eject, placeOutwards } from './ejection.ts';
import { birthOrder, classOrder, sizeOrder, widthOrder } from './greedy.ts';
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

/** Of a limit in time, what placing again and again may take; the rest is for moving buffers one by one. */
const TIME_SHARE = 0.6;
/** Buffers looked at by all moves, where there is no limit in time: a second or two. */
const MOVE_WORK = 5e7;

/** The lowest plan found; `floor`, bytes, where it is met, ends it. */
export function squeaky(problem: Problem, floor: number, control: PlanControl): Layout {
  const { timeLimitMs, seed = 1, nodeLimit } = control;
  const clock = control.clock ?? (() => performance.now());
  const start = clock();
  const share = timeLimitMs === undefined ? {} : { timeLimitMs: TIME_SHARE * timeLimitMs };
  const again = placedAgain(problem, floor, { ...control, ...share });
  if (again.height <= floor || !canEject(problem)) return again;
  const left: { timeLimitMs?: number } =
    timeLimitMs === undefined ? {} : { timeLimitMs: timeLimitMs - (clock() - start) };
  const budget = new Budget({ ...control, ...left }, MOVE_WORK / problem.buffers.length);
  const moves = nodeLimit ?? budget.nodeLimit;
  const stop = () => budget.spent(0, () => ({ height: again.height, lowerBound: floor }));
  const pairs = problem.buffers.length ** 2;
  const isTime = pairs * MS_PER_PAIR < (left.timeLimitMs ?? Number.POSITIVE_INFINITY);
  const outwards = stop() || pairs > DEFAULT_WORK || !isTime ? again : placeOutwards(problem);
  const best = outwards.height < again.height ? outwards : again;
  return eject(problem, best, { floor, moves, stop, random: seededRandom(seed) });
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
 * A placement by size, and by the orders that complaints about it lead to, until these bring nothing for a while: for
 * blocks of joined buffers, whose size says little of how they are best placed. Deterministic.
 */
export function repaired(problem: Problem, floor: number): Layout {
  const random = seededRandom(1);
  let order = sizeOrder(problem);
  let best = placeEither(problem, order, 'first');
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
