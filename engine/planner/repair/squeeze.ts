// How far placed buffers can be pushed aside, none past another: down to where those below stop it, and up to where
// those above do. With all of one side pushed down and all of the other pushed up, the gap between is as wide as this
// order of buffers lets it be. (Heads and tails of job-shop scheduling; Dell'Amico and Trubian, "Applying tabu search
// to the job-shop scheduling problem", 1993.) Invariant: lowest places alone are a placement, and so are highest ones.

import { alignUp } from '../align.ts';
import { sectionsOf } from '../problem/sections.ts';
import type { Problem } from '../types.ts';
import { Skyline } from './skyline.ts';

export class Squeeze {
  /** per buffer: sections [first, end) */
  readonly #first: Int32Array;
  readonly #end: Int32Array;
  readonly #size: Float64Array;
  readonly #alignment: Float64Array;
  readonly #skyline: Skyline;

  constructor(problem: Problem) {
    const { buffers } = problem;
    const sections = sectionsOf(problem);
    this.#first = sections.first;
    this.#end = sections.end;
    this.#size = Float64Array.from(buffers, ({ size }) => size);
    this.#alignment = Float64Array.from(buffers, ({ alignment = 1 }) => alignment);
    this.#skyline = new Skyline(sections.count);
  }

  /** Notes for buffers, given in order of offset, the lowest and the highest offsets within `target` (bytes). */
  run(order: Int32Array, target: number, lowest: Float64Array, highest: Float64Array): void {
    const size = this.#size;
    const alignment = this.#alignment;
    const skyline = this.#skyline;
    skyline.clear();
    for (let i = 0; i < order.length; i++) {
      const b = order[i] as number;
      const [first, end] = [this.#first[b] as number, this.#end[b] as number];
      const offset = alignUp(skyline.top(first, end), alignment[b] as number);
      lowest[b] = offset;
      skyline.raise(first, end, offset + (size[b] as number));
    }
    skyline.clear();
    for (let i = order.length - 1; i >= 0; i--) {
      const b = order[i] as number;
      const [first, end] = [this.#first[b] as number, this.#end[b] as number];
      const grain = alignment[b] as number;
      const free = target - skyline.top(first, end) - (size[b] as number);
      const offset = grain === 1 ? free : Math.floor(free / grain) * grain;
      highest[b] = offset;
      skyline.raise(first, end, target - offset);
    }
  }
}
