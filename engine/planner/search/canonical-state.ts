// What the exact search has placed so far, what that leaves for the rest, and how to take it back.
// Invariants: after undo to a mark every column but the witnesses is exactly what it was at the mark; after a placement
// that succeeds, in every section some buffer can still go so low that all of its unplaced ones fit above each other.

import { alignUp } from '../align.ts';
import { lowestIn, type SearchTables } from './tables.ts';
import { Trail } from './trail.ts';

export class SearchState {
  /** of placed buffers */
  readonly offset: Float64Array;
  /** lowest offset that placed buffers allow; infinite once placed */
  readonly lowest: Float64Array;
  /** per section: bytes not placed yet */
  readonly rest: Float64Array;
  /** bytes; set before the first placement */
  capacity = 0;

  readonly #tables: SearchTables;
  /**
   * Per section: a buffer that can go low enough for all that is unplaced in it. Looked for anew only when it no
   * longer can; what undo brings back may leave it stale, which is found out in the same way.
   */
  readonly #witness: Int32Array;
  /** per section: unplaced buffers live both in it and in the section before */
  readonly #crossing: Int32Array;
  readonly #trail = new Trail();

  constructor(tables: SearchTables) {
    this.#tables = tables;
    this.offset = new Float64Array(tables.count);
    this.lowest = new Float64Array(tables.count);
    this.rest = new Float64Array(tables.sectionCount);
    this.#witness = new Int32Array(tables.sectionCount);
    this.#crossing = new Int32Array(tables.sectionCount);
  }

  /** To give to undo. */
  get mark(): number {
    return this.#trail.length;
  }

  /** Nothing placed, and a capacity in bytes; false when some section cannot hold what is live in it. */
  reset(capacity: number): boolean {
    const { count, sectionCount, size, need, needStart, fixed, first, end } = this.#tables;
    this.capacity = capacity;
    this.#trail.length = 0;
    this.rest.fill(0);
    this.#crossing.fill(0);
    for (let b = 0; b < count; b++) {
      this.lowest[b] = Math.max(fixed[b] as number, 0);
      for (let s = first[b] as number; s < (end[b] as number); s++) {
        const bytes = need[(needStart[b] as number) + s - (first[b] as number)] as number;
        this.rest[s] = (this.rest[s] as number) + bytes;
        if (s > (first[b] as number)) this.#crossing[s] = (this.#crossing[s] as number) + 1;
      }
    }
    const fits = this.lowest.every((lowest, b) => lowest + (size[b] as number) <= capacity);
    for (let s = 0; s < sectionCount; s++) if (!this.#findWitness(s)) return false;
    return fits;
  }

  /** Whether placing b left a boundary inside its lifetime that nothing unplaced crosses. */
  isCut(b: number): boolean {
    const crossing = this.#crossing;
    const end = this.#tables.end[b] as number;
    for (let s = (this.#tables.first[b] as number) + 1; s < end; s++) if (crossing[s] === 0) return true;
    return false;
  }

  /** Whether an unplaced buffer is live both in section s and in the one before. */
  isCrossed(s: number): boolean {
    return (this.#crossing[s] as number) > 0;
  }

  /** Whether no buffer that is not placed yet meets b. */
  isAlone(b: number): boolean {
    const { neighbours, neighbourStart } = this.#tables;
    const { lowest } = this;
    const stop = neighbourStart[b + 1] as number;
    for (let i = neighbourStart[b] as number; i < stop; i++) {
      if ((lowest[neighbours[i] as number] as number) < Number.POSITIVE_INFINITY) return false;
    }
    return true;
  }

  /** The highest next offset: all that is unplaced in a section will lie at or above it, beside each other. */
  highest(from: number, to: number): number {
    const { rest } = this;
    let most = 0;
    for (let s = from; s < to; s++) if ((rest[s] as number) > most) most = rest[s] as number;
    return this.capacity - most;
  }

  /**
   * Places b at an offset that is not above the highest; false when some buffer or section then has too little room.
   * To be undone in either case.
   */
  place(b: number, offset: number): boolean {
    const { neighbours, neighbourStart, distances, first, end, fixed, alignment, size } = this.#tables;
    const { lowest, capacity } = this;
    const trail = this.#trail;
    trail.push(-1 - b, 0);
    this.offset[b] = offset;
    lowest[b] = Number.POSITIVE_INFINITY;
    this.#count(b, -1);
    // Sections of what is raised: only there may the witness have become too high.
    let from = first[b] as number;
    let to = end[b] as number;
    const stop = neighbourStart[b + 1] as number;
    for (let i = neighbourStart[b] as number; i < stop; i++) {
      const u = neighbours[i] as number;
      const least = offset + (distances[i] as number);
      const before = lowest[u] as number;
      if (before >= least) continue;
      if ((fixed[u] as number) >= 0) return false;
      const grain = alignment[u] as number;
      const raised = grain === 1 ? least : alignUp(least, grain);
      trail.push(u, before);
      lowest[u] = raised;
      // Sections need not show it: a buffer may need less there than its size.
      if (raised + (size[u] as number) > capacity) return false;
      if ((first[u] as number) < from) from = first[u] as number;
      if ((end[u] as number) > to) to = end[u] as number;
    }
    return this.#fits(from, to);
  }

  /** Takes back everything since the mark. */
  undo(mark: number): void {
    const trail = this.#trail;
    const { lowest } = this;
    while (trail.length > mark) {
      const key = trail.pop();
      if (key < 0) {
        const b = -1 - key;
        lowest[b] = this.offset[b] as number;
        this.#count(b, 1);
      } else lowest[key] = trail.value;
    }
  }

  /** Counts b among what is unplaced (1) or no longer (-1), in its sections. */
  #count(b: number, sign: 1 | -1): void {
    const { rest } = this;
    const crossing = this.#crossing;
    const { need, needStart } = this.#tables;
    const first = this.#tables.first[b] as number;
    const end = this.#tables.end[b] as number;
    const shift = (needStart[b] as number) - first;
    for (let s = first; s < end; s++) rest[s] = (rest[s] as number) + sign * (need[shift + s] as number);
    for (let s = first + 1; s < end; s++) crossing[s] = (crossing[s] as number) + sign;
  }

  /** Whether all sections of [from, to) have a witness. */
  #fits(from: number, to: number): boolean {
    const { lowest, rest, capacity } = this;
    const witnesses = this.#witness;
    for (let s = from; s < to; s++) {
      const bytes = rest[s] as number;
      if ((lowest[witnesses[s] as number] as number) + bytes <= capacity) continue;
      if (!this.#findWitness(s)) return false;
    }
    return true;
  }

  /** Of those not placed yet in a section the one that can go lowest; false when even that is too high. */
  #findWitness(s: number): boolean {
    const bytes = this.rest[s] as number;
    // A section with nothing left to place holds anything.
    if (bytes === 0) return true;
    return lowestIn(this.#tables, s, this.lowest, this.#witness) + bytes <= this.capacity;
  }
}
