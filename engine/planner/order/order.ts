// Execution order: a permutation of the steps that lowers the largest sum of live sizes, the floor under every
// placement. Invariant: the order respects all dependencies and is never worse than the one given.

import { Budget, type PlanControl, remembered, type StopReason } from '../control.ts';
import type { LivenessPorts, LiveStep } from '../liveness.ts';
import { beamOrder } from './beam.ts';
import { type Dependency, noEffect, type OrderGraph, orderGraph, peakOf, reversed } from './graph.ts';
import { greedyOrder } from './greedy.ts';
import { OrderSearch } from './search.ts';

export interface OrderResult {
  /** indices of the steps, in their new order; the given order where nothing is gained */
  readonly order: readonly number[];
  /** bytes live at once at most in this order, and in the one given */
  readonly peakBytes: number;
  readonly givenPeakBytes: number;
  /** bytes: no order has a lower peak */
  readonly lowerBoundBytes: number;
  /** no order is better: peak and lower bound are equal */
  readonly proved: boolean;
  /** sets of executed steps that were looked at */
  readonly states: number;
  /** work of the exact search (Effect.work) */
  readonly work: number;
  /** why it is not proved */
  readonly stoppedBy?: StopReason;
}

/** Work of the exact search where there is no limit in time: a few seconds, and the same order everywhere. */
const DEFAULT_WORK = 5e7;
/** Of a beam, which takes longer for as much. */
const BEAM_WORK = 2e7;
/** States of the first exact searches, and how the limit grows from one round to the next. */
const FIRST_LIMIT = 250;
const LIMIT_GROWTH = 4;
/** Of the beams: the first gives the exact search something to stop at, the second is what is left without it. */
const FIRST_WIDTH = 4;
const LAST_WIDTH = 64;

/**
 * The best order found within the limits. Takes what livenessOf takes: steps in an order that works, which values
 * they touch, and how large these are; sizes count rounded up to the alignment. `dependencies` are pairs of steps
 * that must keep their order for other reasons. Deterministic unless a limit in time is given.
 */
export function orderSteps<V>(
  steps: readonly LiveStep<V>[],
  ports: LivenessPorts<V>,
  dependencies: readonly Dependency[] = [],
  control: PlanControl = {},
): OrderResult {
  const graph = orderGraph(steps, ports, dependencies);
  return remembered(
    'order',
    () => graph,
    control,
    () => searchOrder(graph, control),
  );
}

function searchOrder(graph: OrderGraph, control: PlanControl): OrderResult {
  const given = Array.from({ length: graph.count }, (_, at) => at);
  const givenPeakBytes = peakOf(graph, given);
  const search = new Search(graph, given, givenPeakBytes, leastPeak(graph), control);
  if (givenPeakBytes > search.level) search.run();
  const { order, peak, level, states, work, stoppedBy } = search;
  return {
    order,
    peakBytes: peak,
    givenPeakBytes,
    lowerBoundBytes: level,
    proved: level === peak,
    states,
    work,
    ...(level < peak && stoppedBy && { stoppedBy }),
  };
}

/** What is known from below and from above, while it changes. */
class Search {
  order: readonly number[];
  /** bytes */
  peak: number;
  level: number;
  states = 0;
  readonly #graph: OrderGraph;
  readonly #budget: Budget;
  readonly #exactly = noEffect();
  /** of the exact search; of a beam too, where it is less than a beam's own */
  readonly #mostWork: number;
  #isWorkDone = false;
  #beamWork = 1;

  constructor(
    graph: OrderGraph,
    given: readonly number[],
    peak: number,
    level: number,
    control: PlanControl,
  ) {
    this.#graph = graph;
    this.order = given;
    this.peak = peak;
    this.level = level;
    this.#budget = new Budget(control, Number.POSITIVE_INFINITY);
    const unlimited = control.timeLimitMs === undefined ? DEFAULT_WORK : Number.POSITIVE_INFINITY;
    this.#mostWork = control.workLimit ?? unlimited;
  }

  get work(): number {
    return this.#exactly.work;
  }

  get stoppedBy(): StopReason | undefined {
    return this.#isWorkDone ? 'work' : this.#budget.stoppedBy;
  }

  run(): void {
    this.#greedy();
    this.#beam(FIRST_WIDTH);
    const back = reversed(this.#graph);
    // Where many results wait for the end, the way back has the narrow places; so both get a turn, then longer ones.
    for (let limit = FIRST_LIMIT; this.level < this.peak && !this.#spent(); limit *= LIMIT_GROWTH) {
      this.#exact(this.#graph, limit, order => order);
      this.#exact(back, limit, order => order.toReversed());
    }
    this.#beam(LAST_WIDTH);
  }

  #exact(
    graph: OrderGraph,
    limit: number,
    straighten: (order: readonly number[]) => readonly number[],
  ): void {
    if (this.level >= this.peak || this.#spent()) return;
    const stop = (states: number, level: number): boolean => states >= limit || this.#spent(states, level);
    const found = new OrderSearch(graph, this.level, this.peak, this.#exactly, stop).run();
    this.states += found.states;
    this.level = Math.max(this.level, found.level);
    if (found.order !== undefined) this.#take(straighten(found.order));
  }

  #greedy(): void {
    for (const back of [false, true]) {
      if (this.level >= this.peak || this.#cancelled()) return;
      const graph = back ? reversed(this.#graph) : this.#graph;
      const { order, beamWork } = greedyOrder(graph, this.peak, () => this.#cancelled());
      this.#beamWork = Math.max(this.#beamWork, beamWork);
      if (order !== undefined) this.#take(back ? order.toReversed() : order);
    }
  }

  #beam(width: number): void {
    const affordable = Math.min(width, Math.floor(Math.min(this.#mostWork, BEAM_WORK) / this.#beamWork));
    for (const back of [false, true]) {
      if (this.level >= this.peak || affordable < 2 || this.#cancelled()) return;
      const graph = back ? reversed(this.#graph) : this.#graph;
      const order = beamOrder(graph, this.peak, affordable, noEffect(), () => this.#cancelled());
      if (order !== undefined) this.#take(back ? order.toReversed() : order);
    }
  }

  /** A beam still has its turn when the exact search has used up its states or its work. */
  #cancelled(): boolean {
    return this.#budget.spent(0, () => ({ height: this.peak, lowerBound: this.level }));
  }

  #take(order: readonly number[]): void {
    this.order = order;
    this.peak = peakOf(this.#graph, order);
  }

  #spent(states = 0, level = this.level): boolean {
    this.#isWorkDone ||= this.work >= this.#mostWork;
    const now = () => ({ height: this.peak, lowerBound: level });
    return this.#isWorkDone || this.#budget.spent(this.states + states, now);
  }
}

/** Bytes that some step needs whatever comes before it, or that are there before and after all of them. */
function leastPeak({ buffers, touched, scratch, always }: OrderGraph): number {
  const sizeOf = (b: number): number => buffers[b]?.size ?? 0;
  const through = buffers.reduce((sum, { size, atStart, atEnd }) => (atStart && atEnd ? sum + size : sum), 0);
  const needs = touched.map((list, step) =>
    list.reduce(
      (sum, b) => {
        const buffer = buffers[b];
        return buffer?.atStart && buffer.atEnd ? sum : sum + sizeOf(b);
      },
      (scratch[step] ?? 0) + through,
    ),
  );
  const start = buffers.reduce((sum, { size, atStart }) => (atStart ? sum + size : sum), 0);
  const end = buffers.reduce((sum, { size, atEnd }) => (atEnd ? sum + size : sum), 0);
  return always + Math.max(0, start, end, ...needs);
}
