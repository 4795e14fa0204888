// The states of one depth of the beam search: the most promising ones, none that leaves the same to do as another.
// Invariant: at most twice as many as are kept, cut back whenever they are more.

import type { BufferIndex } from '../types.ts';
import type { BeamState } from './beam-state.ts';

/** A state of the beam, and how it came about. */
export interface Kept {
  readonly state: BeamState;
  readonly path: Path;
  readonly cost: number;
  readonly key: number;
}

/** Placements one after the other, the last one first. */
export interface Path {
  readonly parent: Path | undefined;
  readonly buffer: BufferIndex;
  readonly offset: number;
}

export class Beam {
  /** nothing that costs as much is kept */
  worst = Number.POSITIVE_INFINITY;
  readonly #width: number;
  readonly #free: BeamState[];
  readonly #keys = new Set<number>();
  #kept: Kept[] = [];

  constructor(width: number, free: BeamState[]) {
    this.#width = width;
    this.#free = free;
  }

  /** False when one that leaves the same to do is there. */
  add(state: BeamState, path: Path, cost: number): boolean {
    const key = keyOf(state);
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    this.#kept.push({ state, path, cost, key });
    if (this.#kept.length >= 2 * this.#width) this.#cut();
    return true;
  }

  best(): Kept[] {
    this.#cut();
    return this.#kept;
  }

  clear(): void {
    for (const { state } of this.#kept) this.#free.push(state);
    this.#kept = [];
  }

  #cut(): void {
    this.#kept.sort((a, b) => a.cost - b.cost);
    for (const { state, key } of this.#kept.splice(this.#width)) {
      this.#free.push(state);
      this.#keys.delete(key);
    }
    if (this.#kept.length === this.#width) {
      this.worst = this.#kept.at(-1)?.cost ?? Number.POSITIVE_INFINITY;
    }
  }
}

/** Equal for states with the same buffers to place at the same lowest offsets; of others hardly ever (53 bits). */
function keyOf({ lowest }: BeamState): number {
  let high = 0;
  let low = 0;
  for (let b = 0; b < lowest.length; b++) {
    const offset = lowest[b] as number;
    if (offset === Number.POSITIVE_INFINITY) continue;
    let mixed = Math.imul((offset + Math.floor(offset / 2 ** 32)) ^ Math.imul(b + 1, 0x9e3779b1), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
    high = (high + (mixed ^ (mixed >>> 13))) | 0;
    low = (low + Math.imul(mixed ^ (mixed >>> 16), 0x27d4eb2f)) | 0;
  }
  return (high >>> 0) * 2 ** 21 + (low >>> 11);
}
