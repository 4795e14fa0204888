// Which heights are still open while a problem is searched: from the highest proof, here or in another search, to just
// below the lowest plan; and how much may be spent on it yet. Every kind of try narrows them.
// Invariant: proofs only rise, heights only fall; nothing is open any more when they meet.

import type { Budget } from '../control.ts';
import type { Layout } from '../greedy/place.ts';
import { isConclusive } from '../problem/forbidden.ts';
import { unitOf } from '../problem/unit.ts';
import type { SharedBounds } from '../shared-bounds.ts';
import type { BufferIndex, Problem } from '../types.ts';
import { sweepBound } from './sweep.ts';

/**
 * The heights that a search has still to find or to rule out; its tries tell it what they found, and ask what is left.
 */
export class OpenHeights {
  readonly problem: Problem;
  /** buffers that take room, in the searches' numbering */
  readonly sized: readonly BufferIndex[];
  /** bytes: every height is a multiple of it */
  readonly unit: number;
  /** bytes: the bound before any search */
  readonly floor: number;
  /** whether a search that ends without a solution proves that there is none */
  readonly isComplete: boolean;
  readonly #budget: Budget;
  readonly #shared: SharedBounds | undefined;
  /** of each kind of try: its nodes so far */
  readonly #counts: (() => number)[] = [];
  #low: number;
  #best: Layout;

  /** `best` is a plan; `bound`, bytes, is proved. */
  constructor(problem: Problem, best: Layout, bound: number, budget: Budget, shared?: SharedBounds) {
    this.problem = problem;
    this.sized = [...problem.buffers.keys()].filter(b => (problem.buffers[b]?.size ?? 0) > 0);
    this.unit = unitOf(problem);
    this.floor = Math.ceil(sweepBound(problem, bound, best.height) / this.unit) * this.unit;
    this.isComplete = isConclusive(problem);
    this.#budget = budget;
    this.#shared = shared;
    this.#low = this.floor;
    this.#best = best;
  }

  /** Bytes: below it nothing fits. */
  get low(): number {
    return this.#low;
  }

  /** Bytes: of the lowest plan, here or in another search. */
  get height(): number {
    return Math.min(this.#best.height, this.#shared?.height ?? Number.POSITIVE_INFINITY);
  }

  /** The lowest plan found here. */
  get best(): Layout {
    return this.#best;
  }

  /** A capacity from the lowest possible (share 0) to just below the best (share 1). */
  between(share: number): number {
    const units = (this.height - this.#low) / this.unit;
    return this.#low + Math.max(0, Math.ceil(units * share) - 1) * this.unit;
  }

  /** Below so many bytes nothing fits. */
  prove(bytes: number): void {
    this.#low = Math.max(this.#low, bytes);
    if (this.isComplete) this.#shared?.prove(bytes);
  }

  take(layout: Layout): void {
    this.#best = layout;
    this.#shared?.found(layout.height);
  }

  /** A plan as searches have it: offsets of the buffers that take room. */
  found(offsets: readonly number[]): void {
    this.take(this.#layoutOf(offsets));
  }

  /** Whoever tries counts its nodes. */
  counts(nodes: () => number): void {
    this.#counts.push(nodes);
  }

  get nodesLeft(): number {
    return this.#budget.nodeLimit - this.#nodes;
  }

  /** Whether there is nothing to do any more, or nothing to do it with. */
  isDone(): boolean {
    if (this.#shared && this.isComplete) this.#low = Math.max(this.#low, this.#shared.proved);
    if (this.#low >= this.height) return true;
    return this.#budget.spent(this.#nodes, () => ({
      height: this.height,
      lowerBound: Math.min(this.#low, this.height),
    }));
  }

  get #nodes(): number {
    return this.#counts.reduce((sum, nodes) => sum + nodes(), 0);
  }

  /** Offsets for all buffers, placed from the bottom up. */
  #layoutOf(found: readonly number[]): Layout {
    const { buffers } = this.problem;
    const offsets = buffers.map(buffer => buffer.offset ?? 0);
    this.sized.forEach((b, i) => {
      offsets[b] = found[i] ?? 0;
    });
    const at = (b: BufferIndex): number => offsets[b] ?? 0;
    const order = [...buffers.keys()].sort((a, b) => at(a) - at(b) || a - b);
    return {
      offsets,
      height: this.sized.reduce((top, b) => Math.max(top, at(b) + (buffers[b]?.size ?? 0)), 0),
      placements: order.map(buffer => ({ buffer, offset: at(buffer) })),
    };
  }
}
