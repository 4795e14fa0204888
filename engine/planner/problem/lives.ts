// Which buffers live together, where they need nothing in some steps between. Invariant: two that don't meet may lie
// anywhere; of two that do one is the lower.

import type { BufferIndex, Problem } from '../types.ts';
import { hasGaps, type Stretch, stretchesOf } from './distances.ts';

/** Whether gaps are all there is to distances: buffers need all of themselves or nothing, and never share bytes. */
export function isAllOrNothing({ buffers, overlaps = [] }: Problem): boolean {
  const isWhole = (window?: { readonly from: number; readonly to: number }) =>
    !window || window.from >= window.to;
  return (
    overlaps.length === 0 && buffers.every(({ gaps = [] }) => gaps.every(({ window }) => isWhole(window)))
  );
}

/** For problems that are all or nothing. */
export class Lives {
  /** whether any buffer needs nothing for a while */
  readonly hasGaps: boolean;
  /** by buffer: first step, and the first after the last one */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** of those with gaps; empty where there are none */
  readonly #stretches: readonly (readonly Stretch[] | undefined)[];

  constructor({ buffers }: Problem) {
    this.lower = new Float64Array(buffers.length);
    this.upper = new Float64Array(buffers.length);
    buffers.forEach(({ lower, upper }, b) => {
      this.lower[b] = lower;
      this.upper[b] = upper;
    });
    this.hasGaps = buffers.some(hasGaps);
    this.#stretches = this.hasGaps
      ? buffers.map(buffer => (hasGaps(buffer) ? stretchesOf(buffer) : undefined))
      : [];
  }

  meet(a: BufferIndex, b: BufferIndex): boolean {
    const isTogether =
      (this.lower[b] as number) < (this.upper[a] as number) &&
      (this.upper[b] as number) > (this.lower[a] as number);
    if (!isTogether || !this.hasGaps) return isTogether;
    const mine = this.#stretches[a];
    const theirs = this.#stretches[b];
    if (mine) return mine.some(({ lower, upper }) => this.#isNeeded(b, theirs, lower, upper));
    return this.#isNeeded(b, theirs, this.lower[a] as number, this.upper[a] as number);
  }

  #isNeeded(b: BufferIndex, stretches: readonly Stretch[] | undefined, from: number, to: number): boolean {
    if (stretches) return stretches.some(({ lower, upper }) => lower < to && upper > from);
    return (this.lower[b] as number) < to && (this.upper[b] as number) > from;
  }
}
