// How far placed buffers can be pushed aside, none past another: down to where those below stop it, and up to where
// those above do. With all of one side pushed down and all of the other pushed up, the gap between is as wide as this
// order of buffers lets it be. (Heads and tails of job-shop scheduling; Dell'Amico and Trubian, "Applying tabu search
// to the job-shop scheduling problem", 1993.) Fixed ones stay. Invariant: lowest places alone are a placement, and so
// are highest ones.

import { alignUp } from '../align.ts';
import { type Spans, sectionsOf, spansOf } from '../problem/sections.ts';
import type { Problem } from '../types.ts';
import { Skyline } from './skyline.ts';

export class Squeeze {
  readonly #spans: Spans;
  readonly #size: Float64Array;
  readonly #alignment: Float64Array;
  /** bytes, NaN for those that may lie anywhere */
  readonly #fixed: Float64Array;
  readonly #skyline: Skyline;

  constructor(problem: Problem) {
    const { buffers } = problem;
    const sections = sectionsOf(problem);
    this.#spans = spansOf(problem, sections);
    this.#size = Float64Array.from(buffers, ({ size }) => size);
    this.#alignment = Float64Array.from(buffers, ({ alignment = 1 }) => alignment);
    this.#fixed = Float64Array.from(buffers, ({ offset = Number.NaN }) => offset);
    this.#skyline = new Skyline(sections.count);
  }

  /** Notes for buffers, given in order of offset, the lowest and the highest offsets within `target` (bytes). */
  run(order: Int32Array, target: number, lowest: Float64Array, highest: Float64Array): void {
    const size = this.#size;
    const alignment = this.#alignment;
    const fixed = this.#fixed;
    this.#skyline.clear();
    for (let i = 0; i < order.length; i++) {
      const b = order[i] as number;
      const known = fixed[b] as number;
      const offset = known >= 0 ? known : alignUp(this.#top(b), alignment[b] as number);
      lowest[b] = offset;
      this.#raise(b, offset + (size[b] as number));
    }
    this.#skyline.clear();
    for (let i = order.length - 1; i >= 0; i--) {
      const b = order[i] as number;
      const grain = alignment[b] as number;
      const known = fixed[b] as number;
      const free = target - this.#top(b) - (size[b] as number);
      const within = grain === 1 ? free : Math.floor(free / grain) * grain;
      const offset = known >= 0 ? known : within;
      highest[b] = offset;
      this.#raise(b, target - offset);
    }
  }

  #top(b: number): number {
    const { at, first, end } = this.#spans;
    let top = 0;
    for (let i = at[b] as number; i < (at[b + 1] as number); i++)
      top = Math.max(top, this.#skyline.top(first[i] as number, end[i] as number));
    return top;
  }

  #raise(b: number, height: number): void {
    const { at, first, end } = this.#spans;
    for (let i = at[b] as number; i < (at[b + 1] as number); i++)
      this.#skyline.raise(first[i] as number, end[i] as number, height);
  }
}
