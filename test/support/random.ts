// Seeded choices: the same seed makes the same case on every machine.

import { seededRandom } from '../../engine/random.ts';

export class Random {
  /** A number in [0, 1). */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  /** A whole number from 0, below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** A whole number from `low` to `high`. */
  whole(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.below(choices.length)];
    if (choices.length === 0) throw new Error('nothing to choose from');
    return chosen as T;
  }

  /** Any one of its arguments. */
  one<T>(...choices: readonly T[]): T {
    return this.pick(choices);
  }

  /** A list of `from` to `to` items. */
  list<T>(from: number, to: number, make: (index: number) => T): T[] {
    return Array.from({ length: from + this.below(to - from + 1) }, (_, index) => make(index));
  }
}
