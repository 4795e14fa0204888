// What the exact search has placed so far, what that leaves for the rest, and how to take it back.
// Invariant: after undo to a mark, every column is exactly what it was at the mark.

import { alignUp } from './align.ts';
import type { SearchTables } from './search-tables.ts';
import { Trail } from './trail.ts';

export class SearchState {
  /** of placed buffers */
  readonly offset: Float64Array;
  /** lowest offset that placed buffers allow; infinite once placed */
  readonly lowest: Float64Array;
  /** neighbours not placed yet, of placed buffers too */
  readonly degree: Int32Array;
  /** per section: bytes not placed yet */
  readonly rest: Float64Array;
  /** bytes; set before the first placement */
  capacity = 0;

  readonly #tables: SearchTables;
  /** per section: the smallest #lowest of what is not placed yet */
  readonly #base: Float64Array;
  /** per section: unplaced buffers live both in it and in the section before */
  readonly #crossing: Int32Array;
  /** sections whose base is to be brought up to date */
  readonly #dirty: Int32Array;
  readonly #isDirty: Uint8Array;
  #dirtyCount = 0;
  readonly #trail = new Trail();

  constructor(tables: SearchTables) {
    this.#tables = tables;
    this.offset = new Float64Array(tables.count);
    this.lowest = new Float64Array(tables.count);
    this.degree = new Int32Array(tables.count);
    this.rest = new Float64Array(tables.sectionCount);
    this.#base = new Float64Array(tables.sectionCount);
    this.#crossing = new Int32Array(tables.sectionCount);
    this.#dirty = new Int32Array(tables.sectionCount);
    this.#isDirty = new Uint8Array(tables.sectionCount);
  }

  /** To give to undo. */
  get mark(): number {
    return this.#trail.length;
  }

  /** Nothing placed, and a capacity in bytes; false when some section cannot hold what is live in it. */
  reset(capacity: number): boolean {
    const { count, size, need, needStart, fixed, first, end, neighbourStart } = this.#tables;
    this.capacity = capacity;
    this.#trail.length = 0;
    this.rest.fill(0);
    this.#crossing.fill(0);
    for (let b = 0; b < count; b++) {
      this.lowest[b] = Math.max(fixed[b] as number, 0);
      this.degree[b] = (neighbourStart[b + 1] as number) - (neighbourStart[b] as number);
      for (let s = first[b] as number; s < (end[b] as number); s++) {
        const bytes = need[(needStart[b] as number) + s - (first[b] as number)] as number;
        this.rest[s] = (this.rest[s] as number) + bytes;
        if (s > (first[b] as number)) this.#crossing[s] = (this.#crossing[s] as number) + 1;
      }
    }
    for (let s = 0; s < this.#base.length; s++) this.#base[s] = this.#smallestLowest(s, 0);
    const fits = this.lowest.every((lowest, b) => lowest + (size[b] as number) <= capacity);
    return fits && this.#base.every((base, s) => base + (this.rest[s] as number) <= capacity);
  }

  /** Whether placing b left a boundary inside its lifetime that nothing unplaced crosses. */
  isCut(b: number): boolean {
    for (let s = (this.#tables.first[b] as number) + 1; s < (this.#tables.end[b] as number); s++) {
      if (this.#crossing[s] === 0) return true;
    }
    return false;
  }

  /** Whether an unplaced buffer is live both in section s and in the one before. */
  isCrossed(s: number): boolean {
    return (this.#crossing[s] as number) > 0;
  }

  /** The highest next offset: all that is unplaced in a section will lie at or above it, beside each other. */
  highest(from: number, to: number): number {
    let rest = 0;
    for (let s = from; s < to; s++) if ((this.rest[s] as number) > rest) rest = this.rest[s] as number;
    return this.capacity - rest;
  }

  /** Places b; false when some buffer or section then has too little room. To be undone in either case. */
  place(b: number, offset: number, from: number, to: number): boolean {
    // Nothing that is unplaced lies below the top of b in its sections, but for what may lie over it.
    const top = offset + (this.#tables.loose[b] === 1 ? 0 : (this.#tables.size[b] as number));
    const first = this.#tables.first[b] as number;
    const end = this.#tables.end[b] as number;
    this.#trail.push(-1 - b, 0);
    this.offset[b] = offset;
    this.lowest[b] = Number.POSITIVE_INFINITY;
    this.#count(b, -1);
    for (let s = first; s < end; s++) if (this.#base[s] === offset) this.#markDirty(s);
    let possible = true;
    const { neighbours, neighbourStart, distances } = this.#tables;
    const { lowest, rest, capacity } = this;
    const bases = this.#base;
    const stop = neighbourStart[b + 1] as number;
    for (let i = neighbourStart[b] as number; i < stop && possible; i++) {
      const u = neighbours[i] as number;
      const least = offset + (distances[i] as number);
      if ((lowest[u] as number) < least && !this.#raise(u, least)) possible = false;
    }
    for (let i = 0; i < this.#dirtyCount; i++) {
      const s = this.#dirty[i] as number;
      this.#isDirty[s] = 0;
      if (possible) this.#lift(s, s >= first && s < end ? top : (this.#base[s] as number));
    }
    this.#dirtyCount = 0;
    if (!possible) return false;
    for (let s = from; s < to; s++) {
      const base = bases[s] as number;
      if ((base > offset ? base : offset) + (rest[s] as number) > capacity) return false;
    }
    return true;
  }

  /** Takes back everything since the mark. */
  undo(mark: number): void {
    const count = this.#tables.size.length;
    const trail = this.#trail;
    while (trail.length > mark) {
      const key = trail.pop();
      if (key < 0) {
        const b = -1 - key;
        this.lowest[b] = this.offset[b] as number;
        this.#count(b, 1);
      } else if (key < count) this.lowest[key] = trail.value;
      else this.#base[key - count] = trail.value;
    }
  }

  /** Counts b among what is unplaced (1) or no longer (-1), in its sections and for its neighbours. */
  #count(b: number, sign: 1 | -1): void {
    const first = this.#tables.first[b] as number;
    const end = this.#tables.end[b] as number;
    const need = (this.#tables.needStart[b] as number) - first;
    for (let s = first; s < end; s++) {
      this.rest[s] = (this.rest[s] as number) + sign * (this.#tables.need[need + s] as number);
    }
    for (let s = first + 1; s < end; s++) this.#crossing[s] = (this.#crossing[s] as number) + sign;
    const stop = this.#tables.neighbourStart[b + 1] as number;
    for (let i = this.#tables.neighbourStart[b] as number; i < stop; i++) {
      const u = this.#tables.neighbours[i] as number;
      this.degree[u] = (this.degree[u] as number) + sign;
    }
  }

  /** Moves the lowest offset of u up to `top`; false when u is fixed below it, or would reach above the capacity. */
  #raise(u: number, top: number): boolean {
    if ((this.#tables.fixed[u] as number) >= 0) return false;
    const before = this.lowest[u] as number;
    const alignment = this.#tables.alignment[u] as number;
    this.#trail.push(u, before);
    this.lowest[u] = alignment === 1 ? top : alignUp(top, alignment);
    const bases = this.#base;
    const end = this.#tables.end[u] as number;
    for (let s = this.#tables.first[u] as number; s < end; s++) {
      if (bases[s] === before) this.#markDirty(s);
    }
    // Sections need not show it: a buffer may need less there than its size.
    return (this.lowest[u] as number) + (this.#tables.size[u] as number) <= this.capacity;
  }

  /** The buffer that set the base of section s has moved or been placed. */
  #markDirty(s: number): void {
    if (this.#isDirty[s] === 1) return;
    this.#isDirty[s] = 1;
    this.#dirty[this.#dirtyCount++] = s;
  }

  /** Brings a section's base up to date; nothing in it lies below `least`. */
  #lift(s: number, least: number): void {
    const before = this.#base[s] as number;
    const base = this.#smallestLowest(s, least);
    if (base === before) return;
    this.#trail.push(this.#tables.size.length + s, before);
    this.#base[s] = base;
  }

  #smallestLowest(s: number, least: number): number {
    let smallest = Number.POSITIVE_INFINITY;
    const { members, memberStart } = this.#tables;
    const lowests = this.lowest;
    const stop = memberStart[s + 1] as number;
    for (let i = memberStart[s] as number; i < stop; i++) {
      const lowest = lowests[members[i] as number] as number;
      if (lowest >= smallest) continue;
      if (lowest <= least) return lowest;
      smallest = lowest;
    }
    // A section with nothing left to place holds anything.
    return smallest === Number.POSITIVE_INFINITY ? 0 : smallest;
  }
}
