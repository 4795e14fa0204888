// Seeded random numbers, fast enough for tens of millions of weights.

/** Marsaglia's xorshift32: period 2^32 − 1, a few shifts per number. The same seed gives the same numbers anywhere. */
export class Random {
  #state: number;

  /** Any integer but 0. */
  constructor(seed: number) {
    if ((seed | 0) === 0) throw new Error('xorshift needs a seed other than 0');
    this.#state = seed | 0;
  }

  /** `count` numbers evenly spread over [low, high). */
  uniform(count: number, low: number, high: number): Float32Array {
    const numbers = new Float32Array(count);
    const scale = (high - low) / 2 ** 32;
    const middle = (low + high) / 2;
    let state = this.#state;
    for (let i = 0; i < count; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      numbers[i] = middle + state * scale;
    }
    this.#state = state;
    return numbers;
  }
}
