// Seeded choices for the fuzzers: the same seed makes the same case on every machine.

import { seededRandom } from '../../engine/random.ts';

export class Random {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = seededRandom(seed);
  }

  /** A whole number from 0, below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.below(choices.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }

  /** A list of `from` to `to` items. */
  list<T>(from: number, to: number, make: (index: number) => T): T[] {
    return Array.from({ length: from + this.below(to - from + 1) }, (_, index) => make(index));
  }
}
