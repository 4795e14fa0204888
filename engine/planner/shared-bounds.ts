// What several searches of one problem tell each other, through memory they share: the lowest plan that any has found
// and the most that any has proved. Invariant: heights only fall, proofs only rise, whoever writes them.

const HEIGHT = 0;
const PROVED = 1;

/** Heights and proofs in bytes. */
export class SharedBounds {
  /** to give to another thread, which makes its own object of it */
  readonly memory: SharedArrayBuffer;
  readonly #bytes: BigInt64Array;

  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT);
    this.#bytes = new BigInt64Array(this.memory);
    if (!memory) this.#bytes[HEIGHT] = BigInt(Number.MAX_SAFE_INTEGER);
  }

  /** of the lowest plan */
  get height(): number {
    return Number(Atomics.load(this.#bytes, HEIGHT));
  }

  /** below it nothing fits */
  get proved(): number {
    return Number(Atomics.load(this.#bytes, PROVED));
  }

  found(height: number): void {
    this.#move(HEIGHT, height, known => height < known);
  }

  prove(bytes: number): void {
    this.#move(PROVED, bytes, known => bytes > known);
  }

  /** Another thread may write in between: then it is compared again. */
  #move(at: number, bytes: number, isBetter: (known: number) => boolean): void {
    let known = Atomics.load(this.#bytes, at);
    while (isBetter(Number(known))) {
      const before = Atomics.compareExchange(this.#bytes, at, known, BigInt(bytes));
      if (before === known) return;
      known = before;
    }
  }
}
