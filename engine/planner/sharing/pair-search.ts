// Exact placement where pairs of buffers may lie in more ways than one above the other: at a given distance, or one
// within bytes that the other does not need. For every forbidden stretch of differences (problem/forbidden.ts) one of
// two sides is chosen, and what is chosen moves the lowest and highest offsets; a branch ends where these cross.
// Complete: every placement takes one side of each, and the lowest offsets of a choice are a placement if there is
// one. Invariant: a branch that fails leaves bounds and choices as it found them.

import { alignUp } from '../align.ts';
import { type Disjunction, disjunctionsOf } from '../problem/forbidden.ts';
import type { Problem } from '../types.ts';

/** `none` is a proof that nothing fits; `stopped` says nothing. */
export type PairOutcome = 'found' | 'none' | 'stopped';

/** Passes after which bounds that still move are given up, where alignments let them move for long. */
const MAX_PASSES = 1000;
/** Nodes between two looks at `stop`. */
const STOP_INTERVAL = 64;

const OPEN = 0;
const DOWN = -1;
const UP = 1;

/** The search on one problem; asked for one height after the other. */
export class PairSearch {
  /** over all attempts */
  nodes = 0;
  readonly #problem: Problem;
  readonly #disjunctions: readonly Disjunction[];
  readonly #choice: Int8Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #aligned: boolean;
  readonly #stop: () => boolean;
  #stopAt = 0;

  /** `stop`, asked every few nodes, gives an attempt up. */
  constructor(problem: Problem, stop: () => boolean = () => false) {
    this.#stop = stop;
    this.#aligned = problem.buffers.some(({ alignment = 1 }) => alignment > 1);
    this.#problem = problem;
    this.#disjunctions = disjunctionsOf(problem);
    this.#choice = new Int8Array(this.#disjunctions.length);
    this.#low = new Float64Array(problem.buffers.length);
    this.#high = new Float64Array(problem.buffers.length);
  }

  /** What a node costs grows with it. */
  get disjunctions(): number {
    return this.#disjunctions.length;
  }

  /** Bytes, one per buffer; valid after an attempt that found a solution, until the next. */
  get offsets(): readonly number[] {
    return Array.from(this.#low);
  }

  /** Looks for a solution within the capacity, in bytes. `none` is a proof. */
  run(capacity: number, nodeLimit: number): PairOutcome {
    this.#stopAt = this.nodes + nodeLimit;
    this.#choice.fill(OPEN);
    this.#problem.buffers.forEach(({ size, alignment = 1, offset }, b) => {
      const top = size === 0 ? 0 : capacity - size;
      this.#low[b] = offset ?? 0;
      this.#high[b] = offset ?? alignDown(top, alignment);
      if (offset !== undefined && offset > top && size > 0) this.#high[b] = -1;
    });
    return this.#descend();
  }

  #descend(): PairOutcome {
    if (++this.nodes > this.#stopAt) return 'stopped';
    if (this.nodes % STOP_INTERVAL === 0 && this.#stop()) return 'stopped';
    const outcome = this.#propagate();
    if (outcome !== 'found') return outcome;
    const next = this.#violated();
    if (next < 0) return 'found';
    const [choice, low, high] = [this.#choice.slice(), this.#low.slice(), this.#high.slice()];
    const { a, b } = this.#disjunctions[next] as Disjunction;
    const upFirst = (low[a] as number) <= (low[b] as number);
    for (const side of upFirst ? [UP, DOWN] : [DOWN, UP]) {
      this.#choice[next] = side;
      const outcome = this.#descend();
      if (outcome !== 'none') return outcome;
      this.#choice.set(choice);
      this.#low.set(low);
      this.#high.set(high);
    }
    return 'none';
  }

  /** The widest stretch that the lowest offsets hit: as long as there is one they are no solution. */
  #violated(): number {
    let worst = -1;
    let width = 0;
    this.#disjunctions.forEach(({ a, b, after, before }, at) => {
      const apart = (this.#low[b] as number) - (this.#low[a] as number);
      if (apart <= after || apart >= before || before - after <= width) return;
      worst = at;
      width = before - after;
    });
    return worst;
  }

  /** Moves bounds until nothing changes; `none` when some buffer has no offset left. */
  #propagate(): PairOutcome {
    let passes = 0;
    for (let changed = true; changed; passes++) {
      // Bounds that still move after as many passes as there are buffers chase each other in a circle, unless it is
      // alignments that move them.
      if (passes > this.#low.length + 1 && !this.#aligned) return 'none';
      if (passes > MAX_PASSES) return 'stopped';
      changed = false;
      for (const [at, { a, b, after, before }] of this.#disjunctions.entries()) {
        if (this.#choice[at] === OPEN) {
          const canBeDown = (this.#low[b] as number) - (this.#high[a] as number) <= after;
          const canBeUp = (this.#high[b] as number) - (this.#low[a] as number) >= before;
          if (!canBeDown && !canBeUp) return 'none';
          if (canBeDown && canBeUp) continue;
          this.#choice[at] = canBeUp ? UP : DOWN;
          passes = 0;
        }
        const [below, above, distance] = this.#choice[at] === UP ? [a, b, before] : [b, a, -after];
        if (this.#keepApart(below, above, distance)) changed = true;
      }
      for (const [b, low] of this.#low.entries()) if (low > (this.#high[b] as number)) return 'none';
    }
    return 'found';
  }

  /** Applies offset(above) − offset(below) ≥ distance to both bounds; whether one has moved. */
  #keepApart(below: number, above: number, distance: number): boolean {
    const grainOf = (b: number): number => this.#problem.buffers[b]?.alignment ?? 1;
    const low = (this.#low[below] as number) + distance;
    const high = (this.#high[above] as number) - distance;
    const raised = low > (this.#low[above] as number);
    const lowered = high < (this.#high[below] as number);
    if (raised) this.#low[above] = alignUp(low, grainOf(above));
    if (lowered) this.#high[below] = alignDown(high, grainOf(below));
    return raised || lowered;
  }
}

const alignDown = (value: number, alignment: number): number => Math.floor(value / alignment) * alignment;
