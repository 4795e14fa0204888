// Who lives when a buffer does, without a look at all the others: buffers in classes of about equally long lives, each
// in order of birth. Whoever of a class meets a buffer was born at most one such life before it. Invariant: what is
// collected is complete, and ordered by place and then by the order it was collected in.

import type { BufferIndex, Problem } from '../types.ts';
import { Lives } from './lives.ts';

/** Buffers that live at least half as long as the class says, and less than it, by birth. */
interface LifeClass {
  /** steps */
  readonly life: number;
  readonly buffers: Int32Array;
  readonly births: Float64Array;
}

/** Buffers whose company is counted to judge a problem. */
const SAMPLES = 64;
/** What ordering one that was collected costs, in steps of a walk through all in order. */
const ORDERING = 16;

const known = new WeakMap<Problem, Nearby>();

/** One problem is placed in many orders. */
export function nearbyOf(problem: Problem): Nearby {
  const nearby = known.get(problem) ?? new Nearby(problem);
  known.set(problem, nearby);
  return nearby;
}

export class Nearby {
  /** What collecting and ordering takes on average, in steps of a walk through buffers that are in order. */
  readonly cost: number;
  readonly found: Int32Array;
  readonly lives: Lives;
  readonly #classes: readonly LifeClass[];
  readonly #lower: Float64Array;
  readonly #upper: Float64Array;
  readonly #keys: Float64Array;
  readonly #ordered: Int32Array;

  constructor(problem: Problem) {
    const { buffers } = problem;
    this.lives = new Lives(problem);
    this.#lower = Float64Array.from(buffers, ({ lower }) => lower);
    this.#upper = Float64Array.from(buffers, ({ upper }) => upper);
    this.found = new Int32Array(buffers.length);
    this.#keys = new Float64Array(buffers.length);
    this.#ordered = new Int32Array(buffers.length);
    const byLife = new Map<number, BufferIndex[]>();
    buffers.forEach(({ lower, upper, size }, b) => {
      if (size === 0) return;
      const life = 2 ** (1 + Math.floor(Math.log2(upper - lower)));
      const alike = byLife.get(life);
      if (alike === undefined) byLife.set(life, [b]);
      else alike.push(b);
    });
    const birth = (b: BufferIndex): number => this.#lower[b] as number;
    this.#classes = [...byLife].map(([life, alike]) => {
      const sorted = Int32Array.from(alike).sort((a, b) => birth(a) - birth(b) || a - b);
      return { life, buffers: sorted, births: Float64Array.from(sorted, birth) };
    });
    this.cost = this.#judge();
  }

  #judge(): number {
    const count = this.found.length;
    const samples = Math.min(count, SAMPLES);
    let looks = 0;
    for (let i = 0; i < samples; i++) {
      const b = Math.floor(((i + 0.5) * count) / samples);
      for (const alike of this.#classes) looks += this.#last(b, alike) - this.#first(b, alike);
    }
    return (ORDERING * looks) / Math.max(1, samples);
  }

  /** Fills `found` with those marked that live when b does, itself among them where it is. Returns how many. */
  collect(b: BufferIndex, marked: Uint8Array): number {
    const { found } = this;
    const lower = this.#lower[b] as number;
    let count = 0;
    for (const alike of this.#classes) {
      const last = this.#last(b, alike);
      for (let i = this.#first(b, alike); i < last; i++) {
        const other = alike.buffers[i] as number;
        if (marked[other] === 0 || (this.#upper[other] as number) <= lower) continue;
        if (!this.lives.hasGaps || this.lives.meet(b, other)) found[count++] = other;
      }
    }
    return count;
  }

  /** Fills `found` with all marked. Returns how many. */
  all(marked: Uint8Array): number {
    let count = 0;
    for (let b = 0; b < marked.length; b++) if (marked[b] === 1) this.found[count++] = b;
    return count;
  }

  /** The first `count` of those found, in ascending order of a key below `limit` (whole, not negative). */
  ordered(count: number, key: Float64Array, limit: number): Int32Array {
    const { found } = this;
    const ordered = this.#ordered.subarray(0, count);
    const scale = 2 ** Math.ceil(Math.log2(count + 1));
    if (limit * scale > Number.MAX_SAFE_INTEGER) {
      ordered.set(found.subarray(0, count));
      return ordered.sort((a, b) => (key[a] as number) - (key[b] as number));
    }
    // Numbers are sorted several times as fast as what a function has to compare.
    const keys = this.#keys.subarray(0, count);
    for (let i = 0; i < count; i++) keys[i] = (key[found[i] as number] as number) * scale + i;
    keys.sort();
    for (let i = 0; i < count; i++) {
      const packed = keys[i] as number;
      ordered[i] = found[packed - Math.floor(packed / scale) * scale] as number;
    }
    return ordered;
  }

  #first(b: BufferIndex, { life, births }: LifeClass): number {
    return firstFrom(births, (this.#lower[b] as number) - life + 1);
  }

  #last(b: BufferIndex, { births }: LifeClass): number {
    return firstFrom(births, this.#upper[b] as number);
  }
}

function firstFrom(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
