// An order for graphs of any size: step by step the one that raises the peak least, and of these the one that leaves
// least. What a step needs changes only where one that shares a buffer with it is executed, so it is kept until then.

import { EFFECT_WORK, liveAtStart, type OrderBuffer, type OrderGraph } from './graph.ts';
import { noSteps } from './step-set.ts';

export interface GreedyOrder {
  /** absent where it would reach the ceiling */
  readonly order?: readonly number[];
  /** of a beam, for each set that it is wide: ready steps to compare, and sets of steps to make */
  readonly beamWork: number;
}

/** An order whose peak is below `ceiling`, bytes. O(steps × ready steps), in one scan of columns each. */
export function greedyOrder(graph: OrderGraph, ceiling: number, stop: () => boolean): GreedyOrder {
  const run = new Run(graph);
  const order: number[] = [];
  const words = noSteps(graph.count).length;
  let beamWork = 0;
  while (order.length < graph.count) {
    beamWork += EFFECT_WORK * run.ready.length + words;
    const step = run.best();
    if (step === undefined) throw new Error('steps that wait for each other');
    run.execute(step);
    order.push(step);
    if (run.peak >= ceiling || (order.length % STOP_INTERVAL === 0 && stop())) return { beamWork };
  }
  return { order, beamWork };
}

const STOP_INTERVAL = 64;

/** An execution, as far as it has got. */
class Run {
  /** steps all of whose predecessors are executed, in any order */
  readonly ready: number[] = [];
  /** bytes */
  peak: number;
  #live: number;
  #count = 0;
  readonly #graph: OrderGraph;
  /** per step: those that it still waits for */
  readonly #missing: Int32Array;
  /** per buffer: steps executed that touch it */
  readonly #touched: Int32Array;
  /** per ready step: bytes that come to live in it, and bytes that no longer do after it */
  readonly #born: Float64Array;
  readonly #dead: Float64Array;
  readonly #isReady: Uint8Array;

  constructor(graph: OrderGraph) {
    this.#graph = graph;
    this.#live = liveAtStart(graph);
    this.peak = this.#live;
    this.#missing = Int32Array.from(graph.before, ({ length }) => length);
    this.#touched = new Int32Array(graph.buffers.length);
    this.#born = new Float64Array(graph.count);
    this.#dead = new Float64Array(graph.count);
    this.#isReady = new Uint8Array(graph.count);
    for (let step = 0; step < graph.count; step++) if (this.#missing[step] === 0) this.#add(step);
  }

  /** The step to come next: a free one, else that with the lowest peak, then the least live, then the first. */
  best(): number | undefined {
    const room = this.peak - this.#live;
    let best: number | undefined;
    let least = Number.POSITIVE_INFINITY;
    let left = Number.POSITIVE_INFINITY;
    for (const step of this.ready) {
      const born = this.#born[step] as number;
      const beyond = Math.max(0, born - room);
      const more = born - (this.#dead[step] as number);
      if (beyond > least) continue;
      if (beyond === least && (more > left || (more === left && step > (best ?? step)))) continue;
      [best, least, left] = [step, beyond, more];
    }
    return best;
  }

  execute(step: number): void {
    const { after, touched, buffers, count: steps, inFirst, inLast } = this.#graph;
    const extra = (this.#count === 0 ? inFirst : 0) + (this.#count === steps - 1 ? inLast : 0);
    this.#count++;
    this.peak = Math.max(this.peak, this.#live + (this.#born[step] as number) + extra);
    this.#live += (this.#born[step] as number) - (this.#dead[step] as number);
    this.ready[this.ready.indexOf(step)] = this.ready.at(-1) as number;
    this.ready.pop();
    this.#isReady[step] = 0;
    for (const b of touched[step] as readonly number[]) {
      const { steps } = buffers[b] as OrderBuffer;
      const count = (this.#touched[b] as number) + 1;
      this.#touched[b] = count;
      if (count > 1 && count < steps.length - 1) continue;
      for (const other of steps) if (this.#isReady[other] === 1) this.#update(other);
    }
    for (const next of after[step] as readonly number[]) {
      this.#missing[next] = (this.#missing[next] as number) - 1;
      if (this.#missing[next] === 0) this.#add(next);
    }
  }

  #add(step: number): void {
    this.ready.push(step);
    this.#isReady[step] = 1;
    this.#update(step);
  }

  #update(step: number): void {
    const { touched, buffers, scratch } = this.#graph;
    let born = scratch[step] as number;
    let dead = born;
    for (const b of touched[step] as readonly number[]) {
      const { size, steps, atStart, atEnd } = buffers[b] as OrderBuffer;
      const count = this.#touched[b] as number;
      if (count === 0 && !atStart) born += size;
      if (count === steps.length - 1 && !atEnd) dead += size;
    }
    this.#born[step] = born;
    this.#dead[step] = dead;
  }
}
