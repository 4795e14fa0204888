// Checks a run against its plan. Memory that the plan calls dead holds NaN, so that whoever reads it shows in the
// outputs; and a step may change only the buffers it writes. Steps must not overlap while this looks at memory.

import type { Buffer } from '../planner/types.ts';
import { GUARD_BYTES } from './memory.ts';
import type { Program, ProgramStep } from './program.ts';

/** A step wrote where it must not. */
export interface SanitizerFault {
  readonly step: number;
  /** name of the step */
  readonly name: string;
  /** whose memory it was; 'no buffer' where the plan has none that lives */
  readonly buffer: string;
  /** the first such byte, from the start of the arena */
  readonly byte: number;
}

/** Half-open, bytes from the start of the arena. */
interface Range {
  readonly from: number;
  readonly to: number;
}

const WORD_BYTES = 4;
/** a quiet NaN as float32 */
const NAN_WORD = 0x7fc00000;
const NAN_BYTES = new Uint8Array(Int32Array.of(NAN_WORD).buffer);

/** Looks at one session's arena between steps. */
export class Sanitizer {
  readonly faults: SanitizerFault[] = [];
  readonly #program: Program;
  /** the arena and the guard behind it, which nobody may write either */
  readonly #arena: Uint8Array;
  readonly #words: Int32Array;
  /** the arena as it was when the last step had ended */
  readonly #before: Uint8Array;
  #touchedBytes = 0;

  /** `arenaOffset`: bytes from the start of the memory. */
  constructor(program: Program, memory: ArrayBufferLike, arenaOffset: number) {
    this.#program = program;
    const bytes = Math.ceil(program.arenaBytes / WORD_BYTES) * WORD_BYTES + GUARD_BYTES;
    this.#arena = new Uint8Array(memory, arenaOffset, bytes);
    this.#words = new Int32Array(memory, arenaOffset, bytes / WORD_BYTES);
    this.#before = new Uint8Array(bytes);
  }

  /** One more than the highest byte of the arena that was written in any run. */
  get touchedBytes(): number {
    return this.#touchedBytes;
  }

  /** Before a run: all of the arena is dead. */
  begin(): void {
    this.#words.fill(NAN_WORD);
  }

  /** The inputs are in their places. */
  inputsWritten(): void {
    this.#look();
    this.#before.set(this.#arena);
  }

  /** A step has ended and none runs: looks at what it wrote, then fills what is dead now. */
  stepped(index: number): void {
    const step = this.#program.steps[index];
    if (!step) throw new Error(`the program has no step ${index}`);
    this.#look();
    const wrong = this.#firstChange(complement(this.#writable(step), this.#arena.length));
    if (wrong !== undefined) {
      this.faults.push({ step: index, name: step.name, buffer: this.#owner(index, wrong), byte: wrong });
    }
    // After the last step the caller reads the outputs.
    if (index + 1 < this.#program.steps.length) {
      const live = this.#ranges(buffer => buffer.lower <= index && buffer.upper > index + 1, index + 1);
      for (const { from, to } of complement(live, this.#arena.length)) this.#kill(from, to);
    }
    this.#before.set(this.#arena);
  }

  /** Places of the chosen buffers, as far as they need them in a step. */
  #ranges(chosen: (buffer: Buffer, index: number) => boolean, step: number): Range[] {
    const { problem, result } = this.#program.plan;
    return problem.buffers.flatMap((buffer, index) => {
      const offset = result.solution.offsets[index];
      if (offset === undefined || !chosen(buffer, index)) return [];
      const gap = buffer.gaps?.find(({ lower, upper }) => lower <= step && step < upper);
      const window = gap ? gap.window : { from: 0, to: buffer.size };
      return window ? [{ from: offset + window.from, to: offset + window.to }] : [];
    });
  }

  #writable({ index, writes }: ProgramStep): Range[] {
    const { buffers } = this.#program.plan;
    const written = new Set(writes);
    return this.#ranges((buffer, at) => {
      const { kind, values } = buffers[at] ?? { values: [] };
      if (kind === 'scratch') return buffer.lower <= index && index < buffer.upper;
      return values.some(value => written.has(value));
    }, index);
  }

  #owner(step: number, byte: number): string {
    const { problem } = this.#program.plan;
    const live = problem.buffers.filter(({ lower, upper }) => lower <= step && step < upper);
    const owner = live.find(wanted =>
      this.#ranges(buffer => buffer === wanted, step).some(({ from, to }) => from <= byte && byte < to),
    );
    return owner?.id ?? 'no buffer';
  }

  /** The first byte within the ranges that is not as it was before. */
  #firstChange(ranges: readonly Range[]): number | undefined {
    const [now, before] = [this.#arena, this.#before];
    const [words, wordsBefore] = [this.#words, new Int32Array(before.buffer)];
    for (const { from, to } of ranges) {
      for (let at = from; at < to; at++) {
        // Whole words are skipped while they are equal; a word that is not is looked at byte by byte.
        while (at % WORD_BYTES === 0 && at + WORD_BYTES <= to && words[at >>> 2] === wordsBefore[at >>> 2]) {
          at += WORD_BYTES;
        }
        if (at < to && now[at] !== before[at]) return at;
      }
    }
    return undefined;
  }

  /** Raises `touchedBytes` to the highest byte that does not hold the pattern. */
  #look(): void {
    const least = this.#touchedBytes >>> 2;
    for (let word = this.#words.length - 1; word >= least; word--) {
      if (this.#words[word] === NAN_WORD) continue;
      let end = (word + 1) * WORD_BYTES;
      while (this.#arena[end - 1] === NAN_BYTES[(end - 1) % WORD_BYTES]) end--;
      this.#touchedBytes = Math.max(this.#touchedBytes, end);
      return;
    }
  }

  /** Fills bytes with the pattern, which stands on whole words. */
  #kill(from: number, to: number): void {
    const first = Math.ceil(from / WORD_BYTES);
    const end = Math.floor(to / WORD_BYTES);
    if (first >= end) return;
    this.#words.fill(NAN_WORD, first, end);
  }
}

/** What is left of [0, end) without the ranges, ascending. */
function complement(ranges: readonly Range[], end: number): Range[] {
  const left: Range[] = [];
  let at = 0;
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    if (from > at) left.push({ from: at, to: from });
    at = Math.max(at, to);
  }
  if (at < end) left.push({ from: at, to: end });
  return left;
}
