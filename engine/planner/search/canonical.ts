// Exact placement under a capacity: depth-first over canonical solutions (Moffitt, "MiniMalloc", ASPLOS 2023).
// Canonical: buffers are placed in order of offset, each at the lowest offset those placed so far allow.
// Every feasible problem has such a solution, so a search that ends without one is a proof that there is none.
// Invariant: a branch that fails leaves the state as it found it; one that succeeds leaves its placements.

import type { Problem } from '../types.ts';
import { SearchState } from './canonical-state.ts';
import { type SearchTables, searchTables } from './tables.ts';

/** How buffers that could go to the same offset are ranked; keys fall from left to right. */
export type Ranking = readonly ('width' | 'area' | 'total')[];

/** One search for a solution within a capacity: in which order it tries, and when it is given up. */
export interface Attempt {
  /** bytes */
  readonly capacity: number;
  readonly ranking: Ranking;
  /** search nodes, after which the attempt is given up */
  readonly nodeLimit: number;
  /** offsets, bytes, of a solution that is near: what lies low in it comes first, before the ranking's keys */
  readonly near?: readonly number[];
  /** share by which ranking keys are jittered, and the source of the jitter */
  readonly noise?: number;
  readonly random?: () => number;
  /** asked every few milliseconds; true gives the attempt up */
  readonly stop?: () => boolean;
}

/** `none` is a proof that nothing fits the capacity; `stopped` says nothing. */
export type Outcome = 'found' | 'none' | 'stopped';

/** Nodes between two looks at `stop`: some milliseconds on the largest problems. */
const STOP_INTERVAL = 64;
/** Distances over which Shell's sort exchanges (Ciura 2001). */
const SORT_GAPS = [132, 57, 23, 10, 4, 1] as const;

/** The exact search on one problem. Attempts share its tables, and count their nodes together. */
export class CanonicalSearch {
  /** nodes over all attempts */
  nodes = 0;
  readonly #tables: SearchTables;
  readonly #state: SearchState;
  readonly #lists: Int32Array[] = [];
  readonly #candidates: Int32Array[] = [];
  /** ranking keys, falling in importance; the smallest first */
  readonly #keys: Float64Array[] = [];
  #stopAt = 0;
  #attempt: Attempt | undefined;

  constructor(problem: Problem) {
    this.#tables = searchTables(problem);
    this.#state = new SearchState(this.#tables);
  }

  /** Bytes, one per buffer; valid after an attempt that found a solution, until the next. */
  get offsets(): readonly number[] {
    return Array.from(this.#state.offset);
  }

  /** Looks for a solution within the capacity. Deterministic but for `random` and `stop`. */
  run(attempt: Attempt): Outcome {
    this.#attempt = attempt;
    this.#stopAt = this.nodes + attempt.nodeLimit;
    if (!this.#state.reset(attempt.capacity)) return 'none';
    const { count, sectionCount } = this.#tables;
    return this.#split(
      0,
      Int32Array.from({ length: count }, (_, b) => b),
      count,
      0,
      sectionCount,
      0,
    );
  }

  /**
   * Solves the unplaced buffers of sections [from, to) part by part: where no unplaced buffer crosses from one
   * section to the next, what is before and after does not interact. Each part is ranked anew.
   */
  #split(depth: number, list: Int32Array, length: number, from: number, to: number, floor: number): Outcome {
    let start = from;
    for (let s = from + 1; s <= to; s++) {
      if (s < to && this.#state.isCrossed(s)) continue;
      const part = this.#listAt(depth + 1);
      let size = 0;
      for (let i = 0; i < length; i++) {
        const b = list[i] as number;
        const first = this.#tables.first[b] as number;
        if (first >= start && first < s && (this.#state.lowest[b] as number) < Number.POSITIVE_INFINITY)
          part[size++] = b;
      }
      if (size > 0) {
        this.#rank(part, size);
        const outcome = this.#descend(depth + 1, part, size, start, s, floor, 0);
        if (outcome !== 'found') return outcome;
      }
      start = s;
    }
    return 'found';
  }

  /**
   * Tries the buffers of a list at their lowest offsets, none below `floor`, and at `floor` itself only those
   * from position `tie` on (the others would repeat a branch with two placements exchanged).
   */
  #descend(
    depth: number,
    list: Int32Array,
    length: number,
    from: number,
    to: number,
    floor: number,
    tie: number,
  ): Outcome {
    if (length === 0) return 'found';
    this.nodes++;
    if (this.nodes > this.#stopAt) return 'stopped';
    if (this.nodes % STOP_INTERVAL === 0 && this.#attempt?.stop?.()) return 'stopped';
    const candidates = this.#candidatesAt(depth);
    const count = this.#gather(candidates, list, length, this.#state.highest(from, to), floor, tie);
    for (let c = 0; c < count; c++) {
      const position = candidates[c] as number;
      const b = list[position] as number;
      const offset = this.#state.lowest[b] as number;
      const mark = this.#state.mark;
      const alone = this.#state.isAlone(b);
      let outcome: Outcome = 'none';
      if (this.#state.place(b, offset)) {
        outcome = this.#state.isCut(b)
          ? this.#split(depth, list, length, from, to, offset)
          : this.#descend(
              depth + 1,
              this.#without(depth + 1, list, length, position),
              length - 1,
              from,
              to,
              offset,
              position,
            );
        if (outcome !== 'none') return outcome;
      }
      this.#state.undo(mark);
      // Nothing unplaced meets b: no other branch could place it elsewhere, or use the room it takes.
      if (alone) return 'none';
    }
    return 'none';
  }

  /**
   * Positions in the list that may come next, in order of offset and then of rank. None when some buffer can
   * come no more: it would have to lie below the floor and nothing is left that could push it up.
   */
  #gather(
    candidates: Int32Array,
    list: Int32Array,
    length: number,
    highest: number,
    floor: number,
    tie: number,
  ): number {
    const { size, fixed, twin, loose } = this.#tables;
    const { lowest } = this.#state;
    let lid = highest + 1;
    let count = 0;
    for (let i = 0; i < length; i++) {
      const b = list[i] as number;
      const low = lowest[b] as number;
      if (low >= lid && low > floor) continue;
      // Below the floor it should have come before; so it should at the floor, where the order makes no difference.
      if (low < floor || (low === floor && i < tie && loose[b] === 0)) {
        if (this.#state.isAlone(b)) return 0;
      } else candidates[count++] = i;
      // Dominance: at or above the end of a buffer that fits below, that buffer should have come first.
      const top = low + (size[b] as number);
      if (top < lid && (fixed[b] as number) < 0) lid = top;
    }
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const position = candidates[i] as number;
      const b = list[position] as number;
      const low = lowest[b] as number;
      if (low >= lid) continue;
      const before = twin[b] as number;
      if (before >= 0 && (lowest[before] as number) < Number.POSITIVE_INFINITY) continue;
      let c = kept++;
      while (c > 0 && (lowest[list[candidates[c - 1] as number] as number] as number) > low) {
        candidates[c] = candidates[c - 1] as number;
        c--;
      }
      candidates[c] = position;
    }
    return kept;
  }

  /** Sorts by the attempt's ranking; `total` is the fullest section of a buffer as things stand. */
  #rank(list: Int32Array, length: number): void {
    const { ranking, near, noise = 0, random = Math.random } = this.#attempt as Attempt;
    let used = 0;
    for (const name of ranking) {
      const column = this.#keysAt(used++);
      for (let i = 0; i < length; i++) {
        const b = list[i] as number;
        column[b] = -this.#key(name, b) * (noise === 0 ? 1 : 1 + noise * random());
      }
    }
    if (near) {
      const column = this.#keysAt(used++);
      for (let i = 0; i < length; i++) {
        const b = list[i] as number;
        column[b] = ((near[b] ?? 0) - this.#state.capacity) * (noise === 0 ? 1 : 1 + noise * random());
      }
      this.#keys.unshift(...this.#keys.splice(used - 1, 1));
    }
    this.#sort(list, length, used);
  }

  /**
   * By the first `used` columns of keys, then by index (Shell's sort: no calls, and parts are often nearly in order).
   */
  #sort(list: Int32Array, length: number, used: number): void {
    for (const gap of SORT_GAPS) {
      for (let i = gap; i < length; i++) {
        const b = list[i] as number;
        let at = i;
        for (; at >= gap && this.#isBefore(b, list[at - gap] as number, used); at -= gap) {
          list[at] = list[at - gap] as number;
        }
        list[at] = b;
      }
    }
  }

  #isBefore(a: number, b: number, used: number): boolean {
    for (let k = 0; k < used; k++) {
      const column = this.#keys[k] as Float64Array;
      const difference = (column[a] as number) - (column[b] as number);
      if (difference !== 0) return difference < 0;
    }
    return a < b;
  }

  #keysAt(index: number): Float64Array {
    this.#keys[index] ??= new Float64Array(this.#tables.count);
    return this.#keys[index];
  }

  #key(name: Ranking[number], b: number): number {
    if (name === 'width') return this.#tables.width[b] as number;
    if (name === 'area') return (this.#tables.width[b] as number) * (this.#tables.size[b] as number);
    const { rest } = this.#state;
    const end = this.#tables.end[b] as number;
    let total = 0;
    for (let s = this.#tables.first[b] as number; s < end; s++) {
      if ((rest[s] as number) > total) total = rest[s] as number;
    }
    return total;
  }

  #without(depth: number, list: Int32Array, length: number, position: number): Int32Array {
    const shorter = this.#listAt(depth);
    for (let i = 0; i < position; i++) shorter[i] = list[i] as number;
    for (let i = position + 1; i < length; i++) shorter[i - 1] = list[i] as number;
    return shorter;
  }

  #listAt(depth: number): Int32Array {
    this.#lists[depth] ??= new Int32Array(this.#tables.count);
    return this.#lists[depth];
  }

  #candidatesAt(depth: number): Int32Array {
    this.#candidates[depth] ??= new Int32Array(this.#tables.count);
    return this.#candidates[depth];
  }
}
