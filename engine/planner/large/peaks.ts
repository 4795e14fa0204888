// Lowers a plan of very many buffers where it reaches above the floor, which is in few places: around its highest buffer
// those that live within a window of time are moved (repair/ejection.ts), with all else that they meet fixed. A window
// that brings nothing is wider the next time. Invariant: placements on the way are valid, and none is higher than the
// one before.

import type { Layout } from '../greedy/place.ts';
import { type Births, birthsOf, livingBetween } from '../problem/by-birth.ts';
import { type EjectionLimits, eject } from '../repair/ejection.ts';
import type { BufferIndex, Problem } from '../types.ts';

/** Lives of the buffers it meets, on average, by which a window reaches beyond a buffer at first; at most twice that. */
const REACH = 1;
/** How much wider it is each time that it brings nothing, and how often it grows. */
const WIDER = 1.5;
const MOST_FAILURES = 6;
/** Moves for each buffer of a window. */
const MOVES_EACH = 4;

/**
 * The lowest placement found, or the same. For problems of `canEject` (repair/ejection.ts); `moves` count as many times
 * as their window has buffers. Called again it goes on.
 */
export function loweringPeaks(problem: Problem): (layout: Layout, limits: EjectionLimits) => Layout {
  const failures = new Map<BufferIndex, number>();
  return (layout, limits) => {
    const peaks = new Peaks(problem, layout, limits, failures);
    const height = peaks.run(layout.height);
    if (height >= layout.height) return layout;
    const { offsets } = peaks;
    const placements = layout.placements.map(known => {
      const offset = offsets[known.buffer] ?? 0;
      return offset === known.offset ? known : { buffer: known.buffer, offset };
    });
    return { offsets, height, placements };
  };
}

class Peaks {
  readonly offsets: number[];
  readonly #problem: Problem;
  readonly #limits: EjectionLimits;
  readonly #births: Births;
  /** those that reach above the floor */
  readonly #peaks = new Set<BufferIndex>();
  /** windows around a buffer that brought nothing */
  readonly #failures: Map<BufferIndex, number>;

  constructor(
    problem: Problem,
    { offsets }: Layout,
    limits: EjectionLimits,
    failures: Map<BufferIndex, number>,
  ) {
    this.#failures = failures;
    this.offsets = [...offsets];
    this.#problem = problem;
    this.#limits = limits;
    this.#births = birthsOf(problem);
    problem.buffers.forEach(({ size }, b) => {
      if (size > 0 && this.#top(b) > limits.floor) this.#peaks.add(b);
    });
  }

  /** The height at the end. */
  run(first: number): number {
    const { moves, stop, gained } = this.#limits;
    let height = first;
    for (let left = moves; left > 0 && this.#peaks.size > 0 && !stop(); ) {
      const peak = this.#highest();
      left -= this.#lower(peak, left);
      const now = this.#peaks.size === 0 ? this.#limits.floor : this.#top(this.#highest());
      if (now < height) gained?.(now);
      height = now;
    }
    // None is above the floor any more, but they need not reach it.
    return this.#peaks.size > 0
      ? height
      : this.#problem.buffers.reduce((top, { size }, b) => Math.max(top, size > 0 ? this.#top(b) : 0), 0);
  }

  #highest(): BufferIndex {
    let highest = -1;
    for (const b of this.#peaks) if (highest < 0 || this.#top(b) > this.#top(highest)) highest = b;
    return highest;
  }

  /** Moves what lives around a buffer. Returns the work. */
  #lower(peak: BufferIndex, left: number): number {
    const { floor, stop, random } = this.#limits;
    const { met, problem } = this.#window(peak);
    const offsets = met.map(b => this.offsets[b] ?? 0);
    const height = met.reduce((top, b) => Math.max(top, this.#top(b)), 0);
    const moves = Math.ceil(Math.min(MOVES_EACH * met.length, left / met.length));
    const before = this.#top(peak);
    const found = eject(problem, { offsets, height, placements: [] }, { floor, moves, stop, random });
    met.forEach((b, at) => {
      this.offsets[b] = found.offsets[at] ?? 0;
      if (this.#top(b) > floor) this.#peaks.add(b);
      else this.#peaks.delete(b);
    });
    if (this.#top(peak) < before) this.#failures.delete(peak);
    else this.#failures.set(peak, (this.#failures.get(peak) ?? 0) + 1);
    return moves * met.length;
  }

  /** All that meet a window around a buffer, in which those that live beyond it are fixed. */
  #window(peak: BufferIndex): { readonly met: readonly BufferIndex[]; readonly problem: Problem } {
    const { buffers } = this.#problem;
    const { random } = this.#limits;
    const { lower = 0, upper = 0 } = buffers[peak] ?? {};
    const beside = livingBetween(this.#births, lower, upper);
    const lives = beside.reduce((sum, b) => sum + (buffers[b]?.upper ?? 0) - (buffers[b]?.lower ?? 0), 0);
    const failures = Math.min(MOST_FAILURES, this.#failures.get(peak) ?? 0);
    const reach = (lives / beside.length) * REACH * (1 + random()) * WIDER ** failures;
    const earlier = random();
    const from = lower - reach * earlier;
    const to = upper + reach * (1 - earlier);
    const met = livingBetween(this.#births, from, to);
    const within = met.flatMap(b => {
      const buffer = buffers[b];
      if (buffer === undefined) return [];
      const isFree = buffer.lower >= from && buffer.upper <= to;
      return isFree ? buffer : { ...buffer, offset: this.offsets[b] ?? 0 };
    });
    return { met, problem: { buffers: within } };
  }

  #top(b: BufferIndex): number {
    return (this.offsets[b] ?? 0) + (this.#problem.buffers[b]?.size ?? 0);
  }
}
