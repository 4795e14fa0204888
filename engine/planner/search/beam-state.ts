// What one state of the beam search has placed: per buffer and per section the lowest place for what is left. States
// are copied, never taken back. Invariant: after a placement that succeeds, in every section all that is unplaced fits
// above the floor.

import { alignUp } from '../align.ts';
import { lowestIn, type SearchTables } from './tables.ts';

export class BeamState {
  /** per buffer: lowest offset that placed buffers allow; infinite once placed */
  readonly lowest: Float64Array;
  /** per section: bytes not placed yet */
  readonly rest: Float64Array;
  /** per section: the lowest offset of what is not placed; infinite where all is */
  readonly floor: Float64Array;
  /**
   * per buffer: share of its life's room that is lost below it if it is placed now; -1 where it cannot be. Not a number
   * where its lowest offset was raised since, not up to date where it lives in sections [changedFrom, changedTo)
   */
  readonly loss: Float64Array;
  changedFrom = 0;
  changedTo = 0;
  /** bytes × steps that are lost for good */
  lost = 0;
  /** share of all buffers' bytes × steps */
  placed = 0;
  /** per section: a buffer that lies at the floor */
  readonly #witness: Int32Array;

  constructor({ count, sectionCount }: SearchTables) {
    this.lowest = new Float64Array(count);
    this.rest = new Float64Array(sectionCount);
    this.floor = new Float64Array(sectionCount);
    this.loss = new Float64Array(count);
    this.#witness = new Int32Array(sectionCount);
  }

  /** Nothing placed; false when some section or buffer is too large for the capacity, in bytes. */
  reset(tables: SearchTables, capacity: number): boolean {
    const { count, sectionCount, size, need, needStart, fixed, first, end } = tables;
    this.lost = 0;
    this.placed = 0;
    this.changedFrom = 0;
    this.changedTo = sectionCount;
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
      const floor = lowestIn(tables, s, this.lowest, this.#witness);
      this.floor[s] = floor;
      if ((this.rest[s] as number) > 0 && floor + (this.rest[s] as number) > capacity) fits = false;
    }
    return fits;
  }

  copyFrom(other: BeamState): void {
    this.lowest.set(other.lowest);
    this.rest.set(other.rest);
    this.floor.set(other.floor);
    this.loss.set(other.loss);
    this.changedFrom = other.changedFrom;
    this.changedTo = other.changedTo;
    this.#witness.set(other.#witness);
    this.lost = other.lost;
    this.placed = other.placed;
  }

  /**
   * Places b at its lowest offset. `steps` are those of each section. Returns -1, or the section where
   * something then has too little room.
   */
  place(tables: SearchTables, b: number, capacity: number, steps: Float64Array): number {
    const { neighbours, neighbourStart, distances, first, end, fixed, alignment, size } = tables;
    const { lowest, loss } = this;
    const offset = lowest[b] as number;
    loss[b] = -1;
    let from = first[b] as number;
    let to = end[b] as number;
    lowest[b] = Number.POSITIVE_INFINITY;
    const stop = neighbourStart[b + 1] as number;
    for (let i = neighbourStart[b] as number; i < stop; i++) {
      const u = neighbours[i] as number;
      const least = offset + (distances[i] as number);
      if ((lowest[u] as number) >= least) continue;
      const grain = alignment[u] as number;
      const raised = grain === 1 ? least : alignUp(least, grain);
      if ((fixed[u] as number) >= 0 || raised + (size[u] as number) > capacity) return first[b] as number;
      lowest[u] = raised;
      loss[u] = Number.NaN;
      if ((first[u] as number) < from) from = first[u] as number;
      if ((end[u] as number) > to) to = end[u] as number;
    }
    this.#change(first[b] as number, end[b] as number);
    return this.#raise(tables, b, from, to, capacity, steps);
  }

  /** Finds the floors of sections [from, to) after b was placed. */
  #raise(
    tables: SearchTables,
    b: number,
    from: number,
    to: number,
    capacity: number,
    steps: Float64Array,
  ): number {
    const { need, needStart } = tables;
    const { lowest, floor, rest } = this;
    const witness = this.#witness;
    const first = tables.first[b] as number;
    const end = tables.end[b] as number;
    const shift = (needStart[b] as number) - first;
    for (let s = from; s < to; s++) {
      const taken = s >= first && s < end ? (need[shift + s] as number) : 0;
      const left = (rest[s] as number) - taken;
      rest[s] = left;
      const before = floor[s] as number;
      if (before === Number.POSITIVE_INFINITY || (lowest[witness[s] as number] as number) === before)
        continue;
      const raised = lowestIn(tables, s, this.lowest, this.#witness);
      floor[s] = raised;
      this.#change(s, s + 1);
      if (left === 0) continue;
      if (raised + left > capacity) return s;
      this.lost += (raised - before - taken) * (steps[s] as number);
    }
    return -1;
  }

  #change(from: number, to: number): void {
    if (from < this.changedFrom) this.changedFrom = from;
    if (to > this.changedTo) this.changedTo = to;
  }
}
