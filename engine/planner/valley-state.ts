// What the search over valleys has placed so far, per section the lowest place for what is left, and how to take it
// back. Invariants: after undo to a mark everything but the weights is what it was at the mark; a weight counts how
// often a section was where a placement failed.

import { alignUp } from './align.ts';
import type { SearchTables } from './search-tables.ts';
import { Trail } from './trail.ts';

export class ValleyState {
  readonly offset: Float64Array;
  /** lowest offset that placed buffers allow; infinite once placed */
  readonly lowest: Float64Array;
  /** per section: bytes not placed yet */
  readonly rest: Float64Array;
  /** per section: the lowest offset of what is not placed; infinite where all is */
  readonly floor: Float64Array;
  /** per section: failures in it, and 1 */
  readonly weight: Float64Array;
  /** bytes; set before the first placement */
  capacity = 0;
  /** sections in which anything changed since `settle`: [changedFrom, changedTo) */
  changedFrom = 0;
  changedTo = 0;

  readonly #tables: SearchTables;
  /** per section: a buffer that lies at the floor */
  readonly #witness: Int32Array;
  readonly #trail = new Trail();

  constructor(tables: SearchTables) {
    this.#tables = tables;
    this.offset = new Float64Array(tables.count);
    this.lowest = new Float64Array(tables.count);
    this.rest = new Float64Array(tables.sectionCount);
    this.floor = new Float64Array(tables.sectionCount);
    this.weight = new Float64Array(tables.sectionCount).fill(1);
    this.#witness = new Int32Array(tables.sectionCount);
  }

  /** To give to undo. */
  get mark(): number {
    return this.#trail.length;
  }

  /** What changed so far is known. */
  settle(): void {
    this.changedFrom = Number.POSITIVE_INFINITY;
    this.changedTo = 0;
  }

  /** Nothing placed, and a capacity in bytes; false when some section or buffer is too large for it. */
  reset(capacity: number): boolean {
    const { count, sectionCount, size, need, needStart, fixed, first, end } = this.#tables;
    this.capacity = capacity;
    this.#trail.length = 0;
    this.#change(0, sectionCount);
    this.rest.fill(0);
    let fits = true;
    for (let b = 0; b < count; b++) {
      const from = first[b] as number;
      const lowest = Math.max(fixed[b] as number, 0);
      this.lowest[b] = lowest;
      if (lowest + (size[b] as number) > capacity) fits = false;
      for (let s = from; s < (end[b] as number); s++) {
        this.rest[s] = (this.rest[s] as number) + (need[(needStart[b] as number) + s - from] as number);
      }
    }
    for (let s = 0; s < sectionCount; s++) {
      this.#lower(s);
      if (!this.#holds(s)) fits = false;
    }
    return fits;
  }

  /** Places b at its lowest offset; false when something then has too little room. To be undone in either case. */
  place(b: number): boolean {
    const { neighbours, neighbourStart, distances, first, end, fixed, alignment, size } = this.#tables;
    const { lowest, floor, capacity } = this;
    const trail = this.#trail;
    const offset = lowest[b] as number;
    let from = first[b] as number;
    let to = end[b] as number;
    trail.push(-1 - b, offset);
    this.offset[b] = offset;
    lowest[b] = Number.POSITIVE_INFINITY;
    this.#count(b, -1);
    const stop = neighbourStart[b + 1] as number;
    for (let i = neighbourStart[b] as number; i < stop; i++) {
      const u = neighbours[i] as number;
      const least = offset + (distances[i] as number);
      const before = lowest[u] as number;
      if (before >= least) continue;
      const grain = alignment[u] as number;
      const raised = grain === 1 ? least : alignUp(least, grain);
      if ((fixed[u] as number) >= 0 || raised + (size[u] as number) > capacity) return this.#fail(b);
      trail.push(u, before);
      lowest[u] = raised;
      this.#change(first[u] as number, end[u] as number);
      if ((first[u] as number) < from) from = first[u] as number;
      if ((end[u] as number) > to) to = end[u] as number;
    }
    const { count } = this.#tables;
    for (let s = from; s < to; s++) {
      const before = floor[s] as number;
      if (before === Number.POSITIVE_INFINITY || (lowest[this.#witness[s] as number] as number) === before) {
        continue;
      }
      trail.push(count + s, before);
      this.#lower(s);
      if (!this.#holds(s)) return this.#failIn(s);
    }
    return true;
  }

  /** Takes back everything since the mark. */
  undo(mark: number): void {
    const trail = this.#trail;
    const { count } = this.#tables;
    while (trail.length > mark) {
      const key = trail.pop();
      if (key < 0) {
        this.lowest[-1 - key] = trail.value;
        this.#count(-1 - key, 1);
      } else if (key < count) {
        this.lowest[key] = trail.value;
        this.#change(this.#tables.first[key] as number, this.#tables.end[key] as number);
      } else this.floor[key - count] = trail.value;
    }
  }

  /** Failures of long ago count less, share by share. */
  forget(share: number): void {
    const { weight } = this;
    for (let s = 0; s < weight.length; s++) weight[s] = 1 + ((weight[s] as number) - 1) * share;
  }

  #fail(b: number): false {
    return this.#failIn(this.#tables.first[b] as number);
  }

  #failIn(s: number): false {
    this.weight[s] = (this.weight[s] as number) + 1;
    return false;
  }

  #holds(s: number): boolean {
    const bytes = this.rest[s] as number;
    return bytes === 0 || (this.floor[s] as number) + bytes <= this.capacity;
  }

  /** Counts b among what is unplaced (1) or no longer (-1), in its sections. */
  #count(b: number, sign: 1 | -1): void {
    const { rest } = this;
    const { need, needStart, first, end } = this.#tables;
    const from = first[b] as number;
    const stop = end[b] as number;
    const shift = (needStart[b] as number) - from;
    this.#change(from, stop);
    for (let s = from; s < stop; s++) rest[s] = (rest[s] as number) + sign * (need[shift + s] as number);
  }

  #change(from: number, to: number): void {
    if (from < this.changedFrom) this.changedFrom = from;
    if (to > this.changedTo) this.changedTo = to;
  }

  /** Finds a section's floor. */
  #lower(s: number): void {
    const { members, memberStart } = this.#tables;
    const { lowest } = this;
    let smallest = Number.POSITIVE_INFINITY;
    const stop = memberStart[s + 1] as number;
    for (let i = memberStart[s] as number; i < stop; i++) {
      const b = members[i] as number;
      if ((lowest[b] as number) >= smallest) continue;
      smallest = lowest[b] as number;
      this.#witness[s] = b;
    }
    this.floor[s] = smallest;
  }
}
