// The words through which a session's workers agree: start of a run, barriers, failure, step times.
// They lie in the session's own memory, one cache line each; every worker counts barriers for itself.

const LINE = 16; // 32-bit words in a cache line
const COMMAND = 0;
const ARRIVED = LINE;
const GENERATION = 2 * LINE;
const STOP_AT = 3 * LINE;
const FAILED = 4 * LINE;
const TEXT_BYTE = 5 * LINE * 4;
const TEXT_BYTES = 512;
const TIMES_BYTE = TEXT_BYTE + TEXT_BYTES;

/** Command that ends a worker; all others count runs. */
const EXIT = -1;
/** Looks at the word this often, about 50 µs, before it sleeps. */
const SPINS = 4000;
/** A worker asleep at a barrier looks for another's failure this often. */
const NAP_MS = 50;

/** Bytes a control region needs for a program of so many steps. */
export const controlBytes = (steps: number): number => TIMES_BYTE + 8 * (steps + 1);

/** Another worker failed: its message. */
export class WorkerFailure extends Error {
  override readonly name = 'WorkerFailure';
}

export class Control {
  /** ns by the clock of worker 0: [0] is the start of the run, [i + 1] the end of step i */
  readonly times: Float64Array;
  readonly #words: Int32Array;
  readonly #text: Uint8Array;
  readonly #threads: number;
  #barriers = 0;

  constructor(memory: ArrayBufferLike, offset: number, steps: number, threads: number) {
    this.#words = new Int32Array(memory, offset, TEXT_BYTE / 4);
    this.#text = new Uint8Array(memory, offset + TEXT_BYTE, TEXT_BYTES);
    this.times = new Float64Array(memory, offset + TIMES_BYTE, steps + 1);
    this.#threads = threads;
  }

  /** Worker 0: lets the others start the next run. */
  start(): void {
    Atomics.store(this.#words, STOP_AT, this.#barriers);
    Atomics.add(this.#words, COMMAND, 1);
    Atomics.notify(this.#words, COMMAND);
  }

  /** Worker 0: lets the others end. */
  exit(): void {
    Atomics.store(this.#words, COMMAND, EXIT);
    Atomics.notify(this.#words, COMMAND);
  }

  /** The others: waits for the run after `seen`; its number, or undefined when there is none to come. */
  awaitStart(seen: number): number | undefined {
    const command = this.#awaitChange(COMMAND, seen, Number.POSITIVE_INFINITY);
    return command === EXIT ? undefined : command;
  }

  /**
   * Waits until every worker has come here. Throws a WorkerFailure when one never will.
   * `stop`, which only worker 0 may set, ends the run at this barrier for all: the result tells each.
   */
  barrier(stop = false): boolean {
    this.#barriers = (this.#barriers + 1) | 0;
    const words = this.#words;
    if (stop) Atomics.store(words, STOP_AT, this.#barriers);
    const generation = Atomics.load(words, GENERATION);
    if (Atomics.add(words, ARRIVED, 1) + 1 === this.#threads) {
      Atomics.store(words, ARRIVED, 0);
      Atomics.add(words, GENERATION, 1);
      Atomics.notify(words, GENERATION);
    } else this.#awaitChange(GENERATION, generation, NAP_MS);
    return Atomics.load(words, STOP_AT) === this.#barriers;
  }

  /** A worker that cannot go on says so; whoever waits for it then throws. */
  fail(message: string): void {
    const bytes = new TextEncoder().encode(message).subarray(0, TEXT_BYTES - 1);
    this.#text.fill(0);
    this.#text.set(bytes);
    Atomics.store(this.#words, FAILED, 1);
    Atomics.notify(this.#words, GENERATION);
    Atomics.notify(this.#words, COMMAND);
  }

  #awaitChange(word: number, from: number, napMs: number): number {
    const words = this.#words;
    for (let spin = 0; spin < SPINS; spin++) {
      const now = Atomics.load(words, word);
      if (now !== from) return now;
    }
    for (;;) {
      const now = Atomics.load(words, word);
      if (now !== from) return now;
      if (Atomics.load(words, FAILED) !== 0) throw new WorkerFailure(this.#failure());
      Atomics.wait(words, word, from, napMs);
    }
  }

  #failure(): string {
    const end = this.#text.indexOf(0);
    return new TextDecoder('utf-8').decode(this.#text.slice(0, end));
  }
}
