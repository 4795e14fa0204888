// What a change could lower at most, without applying it: in steps where none of the values lives whose memory it
// lowers, as much is needed after it as before. O(sections) at worst for a change, next to nothing for short lives.

import { neededSums, sectionsOf, specialNeeds } from '../problem/sections.ts';
import { problemOf, type Schedule } from './schedule.ts';

interface Life {
  /** sections [first, end) */
  readonly first: number;
  readonly end: number;
  readonly bytes: number;
}

/** For one schedule, how many bytes a change could save at most. */
export class Hopes {
  /** bytes needed in each section, shared ones once */
  readonly #needed: Float64Array;
  /** the most in sections before each; and from each on */
  readonly #before: Float64Array;
  readonly #from: Float64Array;
  readonly #lives = new Map<number, Life>();

  constructor(schedule: Schedule) {
    const { problem, valueOf } = problemOf(schedule);
    const sections = sectionsOf(problem);
    const sizes = Float64Array.from(problem.buffers, ({ size }) => size);
    const needed = neededSums(sections, sizes, specialNeeds(problem, sections));
    const count = sections.count;
    this.#needed = needed;
    this.#before = new Float64Array(count + 1);
    this.#from = new Float64Array(count + 1);
    for (let s = 0; s < count; s++)
      this.#before[s + 1] = Math.max(this.#before[s] as number, needed[s] as number);
    for (let s = count - 1; s >= 0; s--)
      this.#from[s] = Math.max(this.#from[s + 1] as number, needed[s] as number);
    for (const [b, value] of valueOf.entries()) {
      const [first, end] = [sections.first[b] as number, sections.end[b] as number];
      this.#lives.set(value, { first, end, bytes: sizes[b] as number });
    }
  }

  /** At least so many bytes are needed after a change that lowers nothing but the memory of these values. */
  leastBytes(values: readonly number[]): number {
    const lives = values.flatMap(value => this.#lives.get(value) ?? []);
    const peak = this.#from[0] as number;
    if (lives.length === 0) return peak;
    const first = lives.reduce((least, life) => Math.min(least, life.first), this.#needed.length);
    const end = lives.reduce((most, life) => Math.max(most, life.end), 0);
    let most = Math.max(this.#before[first] as number, this.#from[end] as number);
    // What is needed elsewhere cannot be lowered here.
    for (let s = first; s < end && most < peak; s++) {
      let left = this.#needed[s] as number;
      for (const life of lives) if (life.first <= s && s < life.end) left -= life.bytes;
      most = Math.max(most, left);
    }
    return most;
  }
}
