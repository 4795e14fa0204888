// Improves a plan of many buffers around its peak: what reaches above a target is taken out and put back where it
// displaces the least; what it displaces is put back in turn. A buffer gets heavier each time it is displaced, so
// the search does not go in circles. Deterministic for a node limit; never worse than the plan it starts from.

import { alignUp } from './align.ts';
import { Budget, type PlanControl } from './control.ts';
import { type Distances, distancesOf } from './distances.ts';
import type { Layout } from './place.ts';
import type { BufferIndex, Placement, Problem } from './types.ts';

const DEFAULT_MOVES = 60_000;
/** Moves per round without reaching the target, by buffer, and at least. */
const MOVES_PER_BUFFER = 8;
const MIN_MOVES = 10_000;
/** Moves between two looks at the limits. */
const STOP_INTERVAL = 16;
/** Targets lie this share of the way from the best plan down to the bound; it halves when a target is missed. */
const FIRST_SHARE = 0.5;
const LAST_SHARE = 1 / 64;

/** The lowest plan found from `start` on; `floor`, bytes, where it is met, ends the search. */
export function eject(problem: Problem, start: Layout, floor: number, control: PlanControl): Layout {
  const budget = new Budget(control, DEFAULT_MOVES);
  const repair = new Repair(problem, start.offsets);
  let best = start;
  let share = FIRST_SHARE;
  let moves = 0;
  const isSpent = (): boolean => budget.spent(moves, () => ({ height: best.height, lowerBound: floor }));
  const perRound = Math.max(MIN_MOVES, MOVES_PER_BUFFER * problem.buffers.length);
  while (best.height > floor && share >= LAST_SHARE && !isSpent()) {
    const target = Math.floor(best.height - Math.max(1, (best.height - floor) * share));
    const end = moves + perRound;
    repair.aim(best.offsets, target);
    let open = true;
    while (open && moves < end && !(moves % STOP_INTERVAL === 0 && isSpent())) {
      open = repair.move();
      moves++;
    }
    if (open) share /= 2;
    else best = layoutOf(problem, repair.offsets);
  }
  return best;
}

function layoutOf({ buffers }: Problem, found: ArrayLike<number>): Layout {
  const offsets = Array.from(found);
  const order = [...buffers.keys()].sort((a, b) => (offsets[a] ?? 0) - (offsets[b] ?? 0) || a - b);
  return {
    offsets,
    height: buffers.reduce(
      (top, { size }, b) => (size > 0 ? Math.max(top, (offsets[b] ?? 0) + size) : top),
      0,
    ),
    placements: order.map((buffer): Placement => ({ buffer, offset: offsets[buffer] ?? 0 })),
  };
}

/** Time in stretches of equal length, so that a buffer finds those it meets; long lives are in a list of their own. */
const SLOTS = 1024;
const LONG_SLOTS = 16;

class Repair {
  readonly offsets: Float64Array;
  readonly #problem: Problem;
  readonly #distances: Distances;
  readonly #lower: Float64Array;
  readonly #upper: Float64Array;
  readonly #size: Float64Array;
  readonly #slots: readonly BufferIndex[][];
  readonly #long: readonly BufferIndex[];
  readonly #slotOf: (step: number) => number;
  readonly #isOut: Uint8Array;
  readonly #hits: Float64Array;
  readonly #seen: Int32Array;
  #visit = 0;
  #queue: BufferIndex[] = [];
  #target = 0;

  constructor(problem: Problem, offsets: readonly number[]) {
    const { buffers } = problem;
    this.#problem = problem;
    this.#distances = distancesOf(problem);
    this.offsets = Float64Array.from(offsets);
    this.#lower = Float64Array.from(buffers, buffer => buffer.lower);
    this.#upper = Float64Array.from(buffers, buffer => buffer.upper);
    this.#size = Float64Array.from(buffers, buffer => buffer.size);
    this.#isOut = new Uint8Array(buffers.length);
    this.#hits = new Float64Array(buffers.length);
    this.#seen = new Int32Array(buffers.length);
    const first = this.#lower.reduce((least, step) => Math.min(least, step), Number.POSITIVE_INFINITY);
    const last = this.#upper.reduce((most, step) => Math.max(most, step), Number.NEGATIVE_INFINITY);
    this.#slotOf = step => Math.floor(((step - first) / (last - first)) * (SLOTS - 1));
    const slots: BufferIndex[][] = Array.from({ length: SLOTS }, () => []);
    const long: BufferIndex[] = [];
    buffers.forEach(({ lower, upper, size }, b) => {
      if (size === 0) return;
      const [from, to] = [this.#slotOf(lower), this.#slotOf(upper - 1)];
      if (to - from >= LONG_SLOTS) long.push(b);
      else for (let slot = from; slot <= to; slot++) slots[slot]?.push(b);
    });
    this.#slots = slots;
    this.#long = long;
  }

  /** Starts from a plan, of which what lies above the target, in bytes, is taken out. */
  aim(offsets: readonly number[], target: number): void {
    this.offsets.set(offsets);
    this.#target = target;
    this.#isOut.fill(0);
    this.#hits.fill(0);
    this.#queue = [];
    this.#size.forEach((size, b) => {
      if (size > 0 && (offsets[b] ?? 0) + size > target) this.#takeOut(b);
    });
    this.#queue.sort((a, b) => (this.#size[a] as number) - (this.#size[b] as number) || a - b);
  }

  /** Puts one buffer back; false when none is out any more. */
  move(): boolean {
    const b = this.#queue.pop();
    if (b === undefined) return false;
    const others = this.#meeting(b);
    const offset = this.#cheapest(b, others);
    this.offsets[b] = offset;
    this.#isOut[b] = 0;
    for (const other of others) {
      const [after, before] = this.#forbidden(b, other);
      if (after < offset && offset < before) {
        this.#hits[other] = (this.#hits[other] as number) + 1;
        this.#takeOut(other);
      }
    }
    return this.#queue.length > 0;
  }

  #takeOut(b: BufferIndex): void {
    this.#isOut[b] = 1;
    this.#queue.push(b);
  }

  /** Buffers that are in and live together with b. */
  #meeting(b: BufferIndex): BufferIndex[] {
    const visit = ++this.#visit;
    const lower = this.#lower[b] as number;
    const upper = this.#upper[b] as number;
    const found: BufferIndex[] = [];
    const look = (list: readonly BufferIndex[]): void => {
      for (const other of list) {
        if (this.#isOut[other] === 1 || this.#seen[other] === visit) continue;
        if ((this.#lower[other] as number) >= upper || (this.#upper[other] as number) <= lower) continue;
        this.#seen[other] = visit;
        found.push(other);
      }
    };
    look(this.#long);
    for (let slot = this.#slotOf(lower); slot <= this.#slotOf(upper - 1); slot++)
      look(this.#slots[slot] ?? []);
    return found;
  }

  /** Offsets of b strictly between these two are over `other`. */
  #forbidden(b: BufferIndex, other: BufferIndex): readonly [after: number, before: number] {
    const offset = this.offsets[other] as number;
    const pair = this.#distances.get(b)?.get(other);
    return [
      offset - (pair?.under ?? (this.#size[b] as number)),
      offset + (pair?.over ?? (this.#size[other] as number)),
    ];
  }

  /** The offset below the target at which b displaces the least: there is one at the edge of what others forbid. */
  #cheapest(b: BufferIndex, others: readonly BufferIndex[]): number {
    const { alignment = 1, offset: fixed } = this.#problem.buffers[b] ?? {};
    const highest = this.#target - (this.#size[b] as number);
    if (fixed !== undefined || highest < 0) return fixed ?? 0;
    const after = new Float64Array(others.length);
    const before = new Float64Array(others.length);
    const byAfter = new Float64Array(others.length + 1);
    const byBefore = new Float64Array(others.length + 1);
    const edges = others.map(other => ({ edge: this.#forbidden(b, other), weight: this.#weight(other) }));
    edges.sort((x, y) => x.edge[0] - y.edge[0]);
    edges.forEach(({ edge, weight }, i) => {
      after[i] = edge[0];
      byAfter[i + 1] = (byAfter[i] as number) + weight;
    });
    edges.sort((x, y) => x.edge[1] - y.edge[1]);
    edges.forEach(({ edge, weight }, i) => {
      before[i] = edge[1];
      byBefore[i + 1] = (byBefore[i] as number) + weight;
    });
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    const consider = (offset: number): void => {
      if (offset < 0 || offset > highest) return;
      const cost =
        (byAfter[below(after, offset)] as number) - (byBefore[below(before, offset + 0.5)] as number);
      if (cost < least) [best, least] = [offset, cost];
    };
    consider(0);
    for (const edge of before) consider(alignUp(edge, alignment));
    for (const edge of after) consider(Math.floor(edge / alignment) * alignment);
    return best;
  }

  #weight(b: BufferIndex): number {
    if (this.#problem.buffers[b]?.offset !== undefined) return 1e15;
    return (this.#size[b] as number) * (1 + (this.#hits[b] as number));
  }
}

/** How many of the ascending values are less than `limit`. */
function below(values: Float64Array, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
