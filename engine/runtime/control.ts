// The words through which a session's workers agree: which stage is open, who computes which share of it, failure,
// step times. Worker 0 leads: it opens stages one after the other and computes every share that nobody else has
// begun, so it never waits for a worker to wake up, only for one that is at work. They lie in the session's own
// memory, what different workers write in different cache lines.

const LINE = 16; // 32-bit words in a cache line
/** Counts opened stages over all runs; what a share's words hold is compared with it. */
const SEQUENCE = 0;
/** Position in the list of stages of the one that is open. */
const STAGE = 1;
const EXITS = 2;
/** Workers that only a notification wakes. */
const SLEEPERS = LINE;
const FAILED = 2 * LINE;
const TEXT_BYTE = 3 * LINE * 4;
const TEXT_BYTES = 512;
const SHARES = (TEXT_BYTE + TEXT_BYTES) / 4;

/** Looks at a word this often, about 100 µs, before it naps. */
const SPINS = 8000;
/** A nap leaves the core to others; whoever naps looks again by itself, so nobody has to wake it. */
const NAP_MS = 0.1;
/** After so many naps, about 10 ms, a worker sleeps until it is notified. */
const NAPS = 50;

/** First byte of the step times: two words for every worker's share before them. */
const timesByte = (threads: number): number => (SHARES + threads * LINE) * 4;

/** Bytes a control region needs for a program of so many steps and workers. */
export const controlBytes = (steps: number, threads: number): number => timesByte(threads) + 8 * (steps + 1);

/** Another worker failed: its message. */
export class WorkerFailure extends Error {
  override readonly name = 'WorkerFailure';
}

/** A stage while it is open. */
export interface OpenStage {
  readonly sequence: number;
  /** position in the list of stages */
  readonly stage: number;
}

export class Control {
  /** ns by the clock of worker 0: [0] is the start of the run, [i + 1] the end of step i */
  readonly times: Float64Array;
  readonly #words: Int32Array;
  readonly #text: Uint8Array;
  readonly #threads: number;

  constructor(memory: ArrayBufferLike, offset: number, steps: number, threads: number) {
    this.#words = new Int32Array(memory, offset, SHARES + threads * LINE);
    this.#text = new Uint8Array(memory, offset + TEXT_BYTE, TEXT_BYTES);
    this.times = new Float64Array(memory, offset + timesByte(threads), steps + 1);
    this.#threads = threads;
  }

  /** Worker 0: lets all compute shares of a stage. The one before must be complete. */
  open(stage: number): OpenStage {
    const words = this.#words;
    Atomics.store(words, STAGE, stage);
    const sequence = (Atomics.add(words, SEQUENCE, 1) + 1) | 0;
    if (Atomics.load(words, SLEEPERS) > 0) Atomics.notify(words, SEQUENCE);
    return { sequence, stage };
  }

  /**
   * Whether the caller is to compute a share of a stage: nobody else is, and the stage is not over. Shares of an
   * earlier stage are all taken when the next is opened, so who comes late gets none.
   */
  claim(share: number, { sequence }: OpenStage): boolean {
    const word = SHARES + share * LINE;
    const taken = Atomics.load(this.#words, word);
    if (((sequence - taken) | 0) <= 0) return false;
    return Atomics.compareExchange(this.#words, word, taken, sequence) === taken;
  }

  /** The caller has computed the share it claimed. */
  finish(share: number, { sequence }: OpenStage): void {
    Atomics.store(this.#words, SHARES + share * LINE + 1, sequence);
  }

  /** Worker 0: waits for the shares that others claimed. Throws a WorkerFailure when one never comes. */
  complete({ sequence }: OpenStage): void {
    for (let share = 0; share < this.#threads; share++) {
      const word = SHARES + share * LINE + 1;
      for (let look = 0; ; look++) {
        const finished = Atomics.load(this.#words, word);
        if (finished === sequence) break;
        if (Atomics.load(this.#words, FAILED) !== 0) throw new WorkerFailure(this.#failure());
        if (look >= SPINS) Atomics.wait(this.#words, word, finished, NAP_MS);
      }
    }
  }

  /** The others: waits for a stage after the one of `seen`; undefined when there is none to come. */
  awaitStage(seen: number): OpenStage | undefined {
    const words = this.#words;
    for (let look = 0; Atomics.load(words, SEQUENCE) === seen; look++) {
      if (look < SPINS) continue;
      if (look < SPINS + NAPS) Atomics.wait(words, SEQUENCE, seen, NAP_MS);
      else this.#sleep(seen);
    }
    if (Atomics.load(words, EXITS) !== 0) return undefined;
    // In this order: a stage that is opened in between is found closed under the earlier sequence number.
    const sequence = Atomics.load(words, SEQUENCE);
    return { sequence, stage: Atomics.load(words, STAGE) };
  }

  #sleep(seen: number): void {
    Atomics.add(this.#words, SLEEPERS, 1);
    Atomics.wait(this.#words, SEQUENCE, seen);
    Atomics.sub(this.#words, SLEEPERS, 1);
  }

  /** Worker 0: lets the others end. */
  exit(): void {
    Atomics.store(this.#words, EXITS, 1);
    Atomics.add(this.#words, SEQUENCE, 1);
    Atomics.notify(this.#words, SEQUENCE);
  }

  /** A worker that cannot go on says so; worker 0 throws when it waits for it. */
  fail(message: string): void {
    const bytes = new TextEncoder().encode(message).subarray(0, TEXT_BYTES - 1);
    this.#text.fill(0);
    this.#text.set(bytes);
    Atomics.store(this.#words, FAILED, 1);
  }

  #failure(): string {
    const end = this.#text.indexOf(0);
    return new TextDecoder('utf-8').decode(this.#text.slice(0, end));
  }
}
