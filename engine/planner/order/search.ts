// The order with the lowest peak, exactly: search over sets of executed steps, level by level. A level is a number
// of bytes; all sets that can be reached within it are explored before it rises to the least that leads further.
// What makes it fast: live bytes are a submodular function of the executed set. So when some way from a set S leads,
// within the level, to a set X with no more live bytes than S or any set between them, going to X first is never
// wrong: X alone follows S, and what only S needed is dropped. On networks that leaves little more than one way.
// Invariant: every order of the steps has a peak of at least `level`.

import { type Effect, effectOf, liveAtStart, type OrderGraph } from './graph.ts';
import { isIn, isOneMore, noSteps, type OfSet, SetTable, stepHashes, withStep } from './step-set.ts';

interface State extends OfSet {
  readonly count: number;
  /** bytes */
  readonly live: number;
  /** steps all of whose predecessors are executed; known when the state comes to be expanded */
  ready: readonly number[] | undefined;
  readonly parent: State | undefined;
  /** the step that led here */
  readonly step: number;
  /** states that follow: all that are one step further, or the single one that is enough */
  next: State[];
  settled: boolean;
  /** states that this one follows; without any it is dropped. They have fewer steps, so this never is a circle. */
  needs: number;
}

/** A set between two that are looked at. */
interface Between extends OfSet {
  readonly live: number;
}

/** What a search at one level found, or that there is nothing at it. */
export interface OrderFound {
  /** an order within `level`; absent when the search ended for another reason */
  readonly order?: readonly number[];
  /** bytes: no order has a lower peak */
  readonly level: number;
  /** sets of steps that were looked at */
  readonly states: number;
}

/** Sets between two that are looked at to show that the larger has the fewest live bytes. */
const MAX_BETWEEN = 64;

/**
 * Searches orders of one graph within a peak; kept between levels, so that what was ruled out is not looked at again.
 */
export class OrderSearch {
  readonly #graph: OrderGraph;
  readonly #stop: (states: number, level: number) => boolean;
  readonly #ceiling: number;
  #level: number;
  #states = 0;
  #open = new StateQueue();
  #blocked: { state: State; bytes: number }[] = [];
  readonly #known = new SetTable<State>();
  readonly #hashes: Int32Array;
  readonly #effect: Effect;

  /**
   * Looks for an order whose peak is below `ceiling`, bytes; `level` is a bound that is known. The work is added to
   * that of `effect`.
   */
  constructor(
    graph: OrderGraph,
    level: number,
    ceiling: number,
    effect: Effect,
    stop: (states: number, level: number) => boolean,
  ) {
    this.#graph = graph;
    this.#effect = effect;
    this.#hashes = stepHashes(graph.count);
    this.#stop = stop;
    this.#ceiling = ceiling;
    this.#level = Math.max(level, liveAtStart(graph));
  }

  run(): OrderFound {
    const { count, before } = this.#graph;
    this.#open.push({
      executed: noSteps(count),
      hash: 0,
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
      if (this.#stop(this.#states, this.#level)) break;
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
    const effect = this.#effect;
    let blockedAt = Number.POSITIVE_INFINITY;
    for (const step of this.#readyIn(state)) {
      effectOf(this.#graph, state.executed, state.count, step, effect);
      const bytes = state.live + effect.born;
      if (bytes > this.#level) {
        blockedAt = Math.min(blockedAt, bytes);
        continue;
      }
      const child = this.#childOf(state, step, bytes - effect.dead);
      if (!state.next.includes(child)) follow(state, child);
      this.#settle(state, step, child);
      if (state.settled || state.needs === 0) return;
    }
    if (blockedAt < Number.POSITIVE_INFINITY) this.#blocked.push({ state, bytes: blockedAt });
  }

  /** Settles the states on the way to `found`, `step` after `state`, on it, as far back as that can be shown. */
  #settle(state: State, step: number, found: State): void {
    const way: State[] = [];
    for (let at: State | undefined = state; at !== undefined && at.live >= found.live; at = at.parent) {
      if (found.count - at.count > MAX_BETWEEN) break;
      way.push(at);
    }
    const steps = [step, ...way.map(at => at.step)];
    for (let length = way.length; length > 0; length = length >> 1) {
      if (!this.#isLowest(way[length - 1] as State, steps.slice(0, length), found.live)) continue;
      for (const at of way.slice(0, length)) if (at.needs > 0) settleOn(at, found);
      return;
    }
  }

  /**
   * Whether no set between one and the one with all these steps has fewer live bytes than the latter, which has
   * `least`; false also when they are too many to look at.
   */
  #isLowest(from: State, steps: readonly number[], least: number): boolean {
    const { before } = this.#graph;
    const effect = this.#effect;
    let layer: readonly Between[] = [from];
    let sets = 0;
    for (let done = 0; done < steps.length; done++) {
      const next: Between[] = [];
      for (const { executed, hash, live } of layer) {
        for (const step of steps) {
          if (isIn(executed, step) || !(before[step] ?? []).every(at => isIn(executed, at))) continue;
          const larger = hash ^ (this.#hashes[step] as number);
          if (next.some(known => known.hash === larger && isOneMore(known.executed, executed, step)))
            continue;
          effectOf(this.#graph, executed, from.count + done, step, effect);
          const left = live + effect.born - effect.dead;
          if (left < least || ++sets > MAX_BETWEEN) return false;
          next.push({ executed: withStep(executed, step), hash: larger, live: left });
        }
      }
      layer = next;
    }
    return true;
  }

  /** Those of its parent, which led here and so is known, without the step and with what waited for it only. */
  #readyIn(state: State): readonly number[] {
    const { after, before } = this.#graph;
    const { executed, parent, step } = state;
    if (state.ready === undefined) {
      const ready = (parent?.ready ?? []).filter(other => other !== step);
      for (const next of after[step] ?? []) {
        if ((before[next] ?? []).every(at => isIn(executed, at))) ready.push(next);
      }
      state.ready = ready;
      this.#effect.work += ready.length;
    }
    return state.ready;
  }

  /** The state after one more step: one that is known and not dropped, or a new one. */
  #childOf(state: State, step: number, live: number): State {
    const hash = state.hash ^ (this.#hashes[step] as number);
    const known = this.#known.find(state.executed, step, hash);
    if (known !== undefined && known.needs > 0) return known;
    const executed = withStep(state.executed, step);
    this.#effect.work += executed.length;
    const child: State = {
      executed,
      hash,
      count: state.count + 1,
      live,
      ready: undefined,
      parent: state,
      step,
      next: [],
      settled: false,
      needs: 0,
    };
    this.#known.add(child);
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
