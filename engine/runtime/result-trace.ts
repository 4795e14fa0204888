// What every step of a run wrote, as one number per result: two runs of the same kernels on the same inputs agree,
// wherever their buffers lie. Where they do not, a step wrote over something before it was read for the last time.
// Invariant: only buffers are looked at whose every byte the step has written.

import type { Program, ProgramStep } from './program.ts';

/** What a step left in a buffer. */
export interface TracedResult {
  readonly step: number;
  readonly buffer: string;
  readonly checksum: number;
}

interface Watched {
  readonly buffer: string;
  /** bytes from the start of the arena */
  readonly offset: number;
  readonly size: number;
}

/** Results of one session's last run. */
export class ResultTrace {
  readonly #bytes: Uint8Array;
  /** per step */
  readonly #watched: readonly (readonly Watched[])[];
  #results: TracedResult[] = [];

  constructor(program: Program, memory: ArrayBufferLike, arenaOffset: number) {
    this.#bytes = new Uint8Array(memory, arenaOffset);
    this.#watched = program.steps.map(step => watchedIn(program, step));
  }

  /** of the last run, in order */
  get results(): readonly TracedResult[] {
    return this.#results;
  }

  begin(): void {
    this.#results = [];
  }

  stepped(step: number): void {
    for (const { buffer, offset, size } of this.#watched[step] ?? []) {
      this.#results.push({ step, buffer, checksum: checksumOf(this.#bytes.subarray(offset, offset + size)) });
    }
  }
}

/** Buffers that are born in the step of a kernel and hold nothing but one value. */
function watchedIn({ plan }: Program, { index, kind, writes }: ProgramStep): Watched[] {
  if (kind !== 'kernel') return [];
  const written = new Set(writes);
  return plan.problem.buffers.flatMap(({ id, lower, size }, b): Watched[] => {
    const [only, ...others] = plan.buffers[b]?.values ?? [];
    const offset = plan.result.solution.offsets[b];
    const alone = only !== undefined && written.has(only) && others.length === 0;
    return alone && lower === index && offset !== undefined ? [{ buffer: id, offset, size }] : [];
  });
}

/** FNV-1a over bytes. */
function checksumOf(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}
