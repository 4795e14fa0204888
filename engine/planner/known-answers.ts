// Answers to searches that were asked before: a model compiled again and again with other toggles asks many of the
// same questions (the graph as given, the order of the same steps). Only for callers that don't time compiling.
// Invariant: an answer is that of the same question under the same limits, and of a search that nobody stopped.

/** Answers by their questions, those asked last. */
export class KnownAnswers {
  readonly #answers = new Map<string, unknown>();
  readonly #most: number;

  /** Keeps the last `most` answers. */
  constructor(most = 128) {
    this.#most = most;
  }

  /** The answer to a question, searched for where it is new. `question` must hold all that the answer depends on. */
  answer<T>(question: string, search: () => T, cancelled?: () => boolean): T {
    const known = this.#answers.get(question) as T | undefined;
    this.#answers.delete(question);
    const found = known ?? search();
    if (cancelled?.() === true) return found;
    this.#answers.set(question, found);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= this.#most) break;
      this.#answers.delete(oldest);
    }
    return found;
  }
}
