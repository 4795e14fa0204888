// How high places are taken, as a tree of maxima over sections: both to ask and to raise take logarithmic time, since
// heights only rise. Invariant: a node knows the most below it, and what was raised over all of it.

export class Skyline {
  readonly #leaves: number;
  /** by node, the root is 1: the most in its sections */
  readonly #most: Float64Array;
  /** by node: what all of its sections were raised to at once */
  readonly #whole: Float64Array;

  constructor(sections: number) {
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, sections)));
    this.#most = new Float64Array(2 * this.#leaves);
    this.#whole = new Float64Array(2 * this.#leaves);
  }

  clear(): void {
    this.#most.fill(0);
    this.#whole.fill(0);
  }

  /** The highest of sections [from, to). */
  top(from: number, to: number): number {
    const most = this.#most;
    const whole = this.#whole;
    let top = 0;
    let low = from + this.#leaves;
    let high = to + this.#leaves;
    for (; low < high; low >>= 1, high >>= 1) {
      if ((low & 1) === 1) top = Math.max(top, most[low++] as number);
      if ((high & 1) === 1) top = Math.max(top, most[--high] as number);
    }
    for (let node = (from + this.#leaves) >> 1; node > 0; node >>= 1)
      top = Math.max(top, whole[node] as number);
    for (let node = (to - 1 + this.#leaves) >> 1; node > 0; node >>= 1)
      top = Math.max(top, whole[node] as number);
    return top;
  }

  /** Sets sections [from, to) to a height that is no less than any of theirs. */
  raise(from: number, to: number, height: number): void {
    const most = this.#most;
    const whole = this.#whole;
    let low = from + this.#leaves;
    let high = to + this.#leaves;
    for (; low < high; low >>= 1, high >>= 1) {
      if ((low & 1) === 1) {
        most[low] = height;
        whole[low++] = height;
      }
      if ((high & 1) === 1) {
        most[--high] = height;
        whole[high] = height;
      }
    }
    this.#note((from + this.#leaves) >> 1, height);
    this.#note((to - 1 + this.#leaves) >> 1, height);
  }

  #note(node: number, height: number): void {
    const most = this.#most;
    for (let at = node; at > 0; at >>= 1) most[at] = Math.max(most[at] as number, height);
  }
}
