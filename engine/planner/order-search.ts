// The order with the lowest peak, exactly: search over sets of executed steps, level by level. A level is a number
// of bytes; all sets that can be reached within it are explored before it rises to the least that leads further.
// What makes it fast: live bytes are a submodular function of the executed set. So when some way from a set S leads,
// within the level, to a set X with no more live bytes than S or any set between them, going to X first is never
// wrong: X alone follows S, and what only S needed is dropped. On networks that leaves little more than one way.
// Invariant: every order of the steps has a peak of at least `level`.

import {
  type Effect,
  effectOf,
  isIn,
  keyOf,
  liveAtStart,
  type OrderGraph,
  type StepSet,
  withStep,
} from './order-graph.ts';

interface State {
  readonly executed: StepSet;
  readonly count: number;
  /** bytes */
  readonly live: number;
  /** steps all of whose predecessors are executed */
  readonly ready: readonly number[];
  readonly parent: State | undefined;
  /** the step that led here */
  readonly step: number;
  /** states that follow: all that are one step further, or the single one that is enough */
  next: State[];
  settled: boolean;
  /** states that this one follows; without any it is dropped. They have fewer steps, so this never is a circle. */
  needs: number;
}

export interface OrderFound {
  /** an order within `level`; absent when the search ended for another reason */
  readonly order?: readonly number[];
  /** bytes: no order has a lower peak */
  readonly level: number;
  /** sets of steps that were looked at */
  readonly states: number;
}

const STOP_INTERVAL = 32;
/** Sets between two that are looked at to show that the larger has the fewest live bytes. */
const MAX_BETWEEN = 64;

export class OrderSearch {
  readonly #graph: OrderGraph;
  readonly #stop: (states: number, level: number) => boolean;
  readonly #ceiling: number;
  #level: number;
  #states = 0;
  #open = new StateQueue();
  #blocked: { state: State; bytes: number }[] = [];
  readonly #known = new Map<string, State>();

  /** Looks for an order whose peak is below `ceiling`, bytes; `level` is a bound that is known. */
  constructor(
    graph: OrderGraph,
    level: number,
    ceiling: number,
    stop: (states: number, level: number) => boolean,
  ) {
    this.#graph = graph;
    this.#stop = stop;
    this.#ceiling = ceiling;
    this.#level = Math.max(level, liveAtStart(graph));
  }

  run(): OrderFound {
    const { count, before } = this.#graph;
    this.#open.push({
      executed: new Uint32Array((count >>> 5) + 1),
      count: 0,
      live: liveAtStart(this.#graph),
      ready: before.flatMap((steps, at) => (steps.length === 0 ? [at] : [])),
      parent: undefined,
      step: -1,
      next: [],
      settled: false,
      needs: 1,
    });
    while (this.#level < this.#ceiling) {
      const state = this.#open.pop();
      if (state === undefined) {
        this.#raise();
        continue;
      }
      if (state.needs === 0) continue;
      if (state.count === count) return { order: orderTo(state), level: this.#level, states: this.#states };
      this.#states++;
      if (this.#states % STOP_INTERVAL === 0 && this.#stop(this.#states, this.#level)) break;
      this.#expand(state);
    }
    return { level: Math.min(this.#level, this.#ceiling), states: this.#states };
  }

  /** The least that leads further becomes the level; without any the graph has no order, which is a bug. */
  #raise(): void {
    const blocked = this.#blocked.filter(({ state }) => state.needs > 0);
    if (blocked.length === 0) throw new Error('steps that wait for each other');
    this.#level = blocked.reduce((least, { bytes }) => Math.min(least, bytes), Number.POSITIVE_INFINITY);
    this.#blocked = [];
    for (const entry of blocked) {
      if (entry.bytes <= this.#level) this.#open.push(entry.state);
      else this.#blocked.push(entry);
    }
  }

  #expand(state: State): void {
    const effect: Effect = { born: 0, dead: 0 };
    let blockedAt = Number.POSITIVE_INFINITY;
    for (const step of state.ready) {
      effectOf(this.#graph, state.executed, state.count, step, effect);
      const bytes = state.live + effect.born;
      if (bytes > this.#level) {
        blockedAt = Math.min(blockedAt, bytes);
        continue;
      }
      const child = this.#childOf(state, step, bytes - effect.dead);
      if (!state.next.includes(child)) follow(state, child);
      this.#settle(state, child);
      if (state.settled || state.needs === 0) return;
    }
    if (blockedAt < Number.POSITIVE_INFINITY) this.#blocked.push({ state, bytes: blockedAt });
  }

  /** Settles the states on the way to `found`, one step after `state`, on it, as far back as that can be shown. */
  #settle(state: State, found: State): void {
    const way: State[] = [];
    for (let at: State | undefined = state; at !== undefined && at.live >= found.live; at = at.parent)
      way.push(at);
    for (let length = way.length; length > 0; length = length >> 1) {
      if (!this.#isLowest(way[length - 1] as State, found)) continue;
      for (const at of way.slice(0, length)) if (at.needs > 0) settleOn(at, found);
      return;
    }
  }

  /** Whether no set between two has fewer live bytes than the larger; false also when they are too many to look at. */
  #isLowest(from: State, to: State): boolean {
    const effect: Effect = { born: 0, dead: 0 };
    const { before, count } = this.#graph;
    const steps: number[] = [];
    for (let step = 0; step < count; step++) {
      if (isIn(to.executed, step) && !isIn(from.executed, step)) steps.push(step);
    }
    let layer = new Map([['', { executed: from.executed, live: from.live }]]);
    let sets = 0;
    for (let done = from.count; done < to.count; done++) {
      const next: typeof layer = new Map();
      for (const { executed, live } of layer.values()) {
        for (const step of steps) {
          if (isIn(executed, step) || !(before[step] ?? []).every(at => isIn(executed, at))) continue;
          const larger = withStep(executed, step);
          const key = keyOf(larger);
          if (next.has(key)) continue;
          effectOf(this.#graph, executed, done, step, effect);
          const left = live + effect.born - effect.dead;
          if (left < to.live || ++sets > MAX_BETWEEN) return false;
          next.set(key, { executed: larger, live: left });
        }
      }
      layer = next;
    }
    return true;
  }

  /** The state after one more step: one that is known and not dropped, or a new one. */
  #childOf(state: State, step: number, live: number): State {
    const executed = withStep(state.executed, step);
    const key = keyOf(executed);
    const known = this.#known.get(key);
    if (known !== undefined && known.needs > 0) return known;
    const ready = state.ready.filter(other => other !== step);
    for (const next of this.#graph.after[step] ?? []) {
      const waits = this.#graph.before[next] ?? [];
      if (waits.every(at => isIn(executed, at))) ready.push(next);
    }
    const child: State = {
      executed,
      count: state.count + 1,
      live,
      ready,
      parent: state,
      step,
      next: [],
      settled: false,
      needs: 0,
    };
    this.#known.set(key, child);
    this.#open.push(child);
    return child;
  }
}

function follow(state: State, next: State): void {
  state.next.push(next);
  next.needs++;
}

/** Makes `found` all that follows `state`. */
function settleOn(state: State, found: State): void {
  const dropped = state.next;
  state.next = [];
  state.settled = true;
  follow(state, found);
  for (let other = dropped.pop(); other !== undefined; other = dropped.pop()) {
    other.needs--;
    if (other.needs === 0) dropped.push(...other.next);
  }
}

function orderTo(state: State): number[] {
  const order: number[] = [];
  for (let at = state; at.parent !== undefined; at = at.parent) order.push(at.step);
  return order.reverse();
}

/** States, those with the fewest live bytes first, and of these the furthest: a binary heap. */
class StateQueue {
  readonly #heap: State[] = [];

  push(state: State): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(state);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!comesBefore(state, heap[parent] as State)) break;
      heap[at] = heap[parent] as State;
      at = parent;
    }
    heap[at] = state;
  }

  pop(): State | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && comesBefore(heap[child + 1] as State, heap[child] as State)) child++;
      if (!comesBefore(heap[child] as State, last)) break;
      heap[at] = heap[child] as State;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function comesBefore(a: State, b: State): boolean {
  return a.live < b.live || (a.live === b.live && a.count > b.count);
}
