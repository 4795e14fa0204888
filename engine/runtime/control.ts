// The words through which a session's workers agree: which stage is open, who computes which pieces of it, failure,
// step times. Every worker has a share of a stage, in pieces that it takes from the front; whoever is done with its
// own takes from the back of the others'. So nobody waits for a worker to wake up, only for pieces that are begun.
// The words lie in the session's own memory, what different workers write in different cache lines.

const LINE = 16; // 32-bit words in a cache line
/** Counts opened stages over all runs; what a share's words hold is compared with it. */
const SEQUENCE = 0;
/** Positions in the list of stages of the one that is open and the one before, by the last bit of their number. */
const STAGES = 1;
const EXITS = 3;
/** Workers that only a notification wakes. */
const SLEEPERS = LINE;
const FAILED = 2 * LINE;
/** Counts computed pieces over all runs. */
const COMPUTED = 3 * LINE;
const TEXT_BYTE = 4 * LINE * 4;
const TEXT_BYTES = 512;
const SHARES = (TEXT_BYTE + TEXT_BYTES) / 4;

/** What has been taken of a share is one word: the stage's number, pieces taken from the back, from the front. */
const PIECE_BITS = 6;
const FRONT = 1;
const BACK = 1 << PIECE_BITS;
const NUMBER = 1 << (2 * PIECE_BITS);
/** Most pieces of a share. */
export const MOST_PIECES = (1 << PIECE_BITS) - 1;

/** Looks at a word this often, about 500 µs, before it naps: longer than most steps that are not shared take. */
const SPINS = 40_000;
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

/** The words of one session, as one of its workers sees them. */
export class Control {
  /** ns by the clock of worker 0: [0] is the start of the run, [i + 1] the end of step i */
  readonly times: Float64Array;
  readonly #words: Int32Array;
  readonly #text: Uint8Array;
  readonly #threads: number;
  /** worker 0: what COMPUTED is when all that was opened is computed */
  #expected = 0;

  constructor(memory: ArrayBufferLike, offset: number, steps: number, threads: number) {
    this.#words = new Int32Array(memory, offset, SHARES + threads * LINE);
    this.#text = new Uint8Array(memory, offset + TEXT_BYTE, TEXT_BYTES);
    this.times = new Float64Array(memory, offset + timesByte(threads), steps + 1);
    this.#threads = threads;
  }

  /** Worker 0: lets all compute a stage whose shares have so many pieces. The one before must be complete. */
  open(stage: number, pieces: number): OpenStage {
    const words = this.#words;
    const sequence = (Atomics.load(words, SEQUENCE) + 1) | 0;
    this.#expected = (this.#expected + this.#threads * pieces) | 0;
    Atomics.store(words, STAGES + (sequence & 1), stage);
    Atomics.store(words, SEQUENCE, sequence);
    this.wake();
    return { sequence, stage };
  }

  /** Worker 0: work is about to come. */
  wake(): void {
    if (Atomics.load(this.#words, SLEEPERS) > 0) Atomics.notify(this.#words, SEQUENCE);
  }

  /**
   * The piece of a share that the caller is to compute, counted from the share's first; undefined when all are taken.
   * Pieces of an earlier stage are all taken when the next is opened, so who comes late gets none.
   */
  claim(share: number, pieces: number, from: 'front' | 'back', { sequence }: OpenStage): number | undefined {
    const word = SHARES + share * LINE;
    for (;;) {
      const found = Atomics.load(this.#words, word);
      // Numbers of stages as the word holds them, and go around.
      const behind = (Math.imul(sequence, NUMBER) - (found & -NUMBER)) | 0;
      if (behind < 0) return undefined;
      const taken = behind === 0 ? found : Math.imul(sequence, NUMBER);
      const front = taken & (BACK - 1);
      const back = (taken >> PIECE_BITS) & (BACK - 1);
      if (front + back >= pieces) return undefined;
      const next = taken + (from === 'front' ? FRONT : BACK);
      if (Atomics.compareExchange(this.#words, word, found, next) !== found) continue;
      return from === 'front' ? front : pieces - 1 - back;
    }
  }

  /** The caller has computed so many pieces of the stage that is open. */
  finish(pieces: number): void {
    if (pieces > 0) Atomics.add(this.#words, COMPUTED, pieces);
  }

  /** Worker 0: waits for the pieces that others claimed. Throws a WorkerFailure when one never comes. */
  complete(): void {
    const words = this.#words;
    for (let look = 0; ; look++) {
      const computed = Atomics.load(words, COMPUTED);
      if (computed === this.#expected) return;
      if (Atomics.load(words, FAILED) !== 0) throw new WorkerFailure(this.#failure());
      if (look >= SPINS) Atomics.wait(words, COMPUTED, computed, NAP_MS);
    }
  }

  /** The others: waits for a stage after the one of `seen`; undefined when there is none to come. */
  awaitStage(seen: number): OpenStage | undefined {
    const words = this.#words;
    for (let look = 0; Atomics.load(words, SEQUENCE) === seen; look++) {
      if (look < SPINS) continue;
      if (look < SPINS + NAPS) Atomics.wait(words, SEQUENCE, seen, NAP_MS);
      else {
        this.#sleep(seen);
        look = 0;
      }
    }
    if (Atomics.load(words, EXITS) !== 0) return undefined;
    for (;;) {
      const sequence = Atomics.load(words, SEQUENCE);
      const stage = Atomics.load(words, STAGES + (sequence & 1));
      // Its place is written again only when the next but one is opened.
      if (Atomics.load(words, SEQUENCE) === sequence) return { sequence, stage };
    }
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
