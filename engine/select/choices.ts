// Ways to compute the same of which any may be the fastest here: the one that was measured where somebody measured it,
// the one that a model expects to be fastest elsewhere. Remembers what it was asked, so that it can be measured.

import type { LoopOrder } from './spec/product.ts';
import type { Tile } from './tile-cost.ts';

/** What was found to be fastest, by the question's key. */
export type Measured = Readonly<Record<string, Tile | LoopOrder>>;

/** The same key for what is measured as one. */
export interface Question<Choice> {
  readonly key: string;
  /** the model's choice first */
  readonly candidates: readonly Choice[];
}

/** Answers by measurement where there is one. */
export class Choices<Choice extends Tile | LoopOrder, Asked extends Question<Choice>> {
  readonly #measured: Measured;
  readonly #asked = new Map<string, Asked>();

  constructor(measured: Measured = {}) {
    this.#measured = measured;
  }

  /** One of the candidates. Throws where there are none: our bug. */
  choose(question: Asked): Choice {
    const { key, candidates } = question;
    if (!this.#asked.has(key)) this.#asked.set(key, question);
    // What lies on a disk may be anything.
    const known = Object.hasOwn(this.#measured, key) ? `${this.#measured[key]}` : undefined;
    const chosen = candidates.find(candidate => `${candidate}` === known) ?? candidates[0];
    if (chosen === undefined) throw new Error(`${key} has no candidates`);
    return chosen;
  }

  /** Questions of several candidates that nobody measured. */
  open(): Asked[] {
    return [...this.#asked.values()].filter(
      ({ key, candidates }) => candidates.length > 1 && !Object.hasOwn(this.#measured, key),
    );
  }
}
