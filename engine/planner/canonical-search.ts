// Exact placement under a capacity: depth-first over canonical solutions (Moffitt, "MiniMalloc", ASPLOS 2023).
// Canonical: buffers are placed in order of offset, each at the lowest offset those placed so far allow.
// Every feasible problem has such a solution, so a search that ends without one is a proof that there is none.
// Invariant: between calls, and after undo, all columns describe exactly the buffers marked as placed.

import { alignUp } from './align.ts';
import { sectionsOf } from './sections.ts';
import type { Problem } from './types.ts';

/** How buffers that could go to the same offset are ranked; keys fall from left to right. */
export type Ranking = readonly ('width' | 'area' | 'total')[];

export interface Attempt {
  /** bytes */
  readonly capacity: number;
  readonly ranking: Ranking;
  /** search nodes, after which the attempt is given up */
  readonly nodeLimit: number;
  /** share by which ranking keys are jittered, and the source of the jitter */
  readonly noise?: number;
  readonly random?: () => number;
  /** asked every few hundred nodes; true gives the attempt up */
  readonly stop?: () => boolean;
}

/** `none` is a proof that nothing fits the capacity; `stopped` says nothing. */
export type Outcome = 'found' | 'none' | 'stopped';

const STOP_INTERVAL = 256;

export class CanonicalSearch {
  /** nodes over all attempts */
  nodes = 0;
  readonly #size: Float64Array;
  readonly #alignment: Float64Array;
  /** fixed offset, or -1 */
  readonly #fixed: Float64Array;
  readonly #first: Int32Array;
  readonly #end: Int32Array;
  readonly #width: Float64Array;
  /** the identical buffer before this one, or -1: twins are placed in order */
  readonly #twin: Int32Array;
  /** buffers that share a section with b: neighbours[neighbourStart[b] … neighbourStart[b + 1]) */
  readonly #neighbours: Int32Array;
  readonly #neighbourStart: Int32Array;
  /** buffers live in section s, likewise */
  readonly #members: Int32Array;
  readonly #memberStart: Int32Array;

  /** of placed buffers */
  readonly #offset: Float64Array;
  /** lowest offset that placed buffers allow; infinite once placed */
  readonly #lowest: Float64Array;
  /** neighbours not placed yet, of placed buffers too */
  readonly #degree: Int32Array;
  /** per section: bytes not placed yet, and the smallest #lowest among them */
  readonly #rest: Float64Array;
  readonly #base: Float64Array;
  /** per section: unplaced buffers live both in it and in the section before */
  readonly #crossing: Int32Array;
  /** sections whose base is to be brought up to date */
  readonly #dirty: Int32Array;
  readonly #isDirty: Uint8Array;
  #dirtyCount = 0;
  readonly #trail = new Trail();
  readonly #lists: Int32Array[] = [];
  readonly #candidates: Int32Array[] = [];

  #capacity = 0;
  #stopAt = 0;
  #attempt: Attempt | undefined;

  constructor(problem: Problem) {
    const { buffers } = problem;
    const sections = sectionsOf(problem);
    const count = buffers.length;
    this.#size = Float64Array.from(buffers, buffer => buffer.size);
    this.#alignment = Float64Array.from(buffers, buffer => buffer.alignment ?? 1);
    this.#fixed = Float64Array.from(buffers, buffer => buffer.offset ?? -1);
    this.#width = Float64Array.from(buffers, buffer => buffer.upper - buffer.lower);
    this.#first = sections.first;
    this.#end = sections.end;
    this.#twin = twinsOf(problem);
    [this.#members, this.#memberStart] = columnsOf(
      Array.from({ length: sections.count }, (_, s) =>
        buffers.flatMap((_, b) =>
          (sections.first[b] as number) <= s && s < (sections.end[b] as number) ? [b] : [],
        ),
      ),
    );
    [this.#neighbours, this.#neighbourStart] = columnsOf(
      buffers.map((a, i) =>
        buffers.flatMap((b, j) => (i !== j && a.lower < b.upper && b.lower < a.upper ? [j] : [])),
      ),
    );
    this.#offset = new Float64Array(count);
    this.#lowest = new Float64Array(count);
    this.#degree = new Int32Array(count);
    this.#rest = new Float64Array(sections.count);
    this.#base = new Float64Array(sections.count);
    this.#crossing = new Int32Array(sections.count);
    this.#dirty = new Int32Array(sections.count);
    this.#isDirty = new Uint8Array(sections.count);
  }

  /** Bytes, one per buffer; valid after an attempt that found a solution, until the next. */
  get offsets(): readonly number[] {
    return Array.from(this.#offset);
  }

  /** Looks for a solution within the capacity. Deterministic but for `random` and `stop`. */
  run(attempt: Attempt): Outcome {
    this.#attempt = attempt;
    this.#capacity = attempt.capacity;
    this.#stopAt = this.nodes + attempt.nodeLimit;
    this.#reset();
    for (let s = 0; s < this.#rest.length; s++) {
      if ((this.#base[s] as number) + (this.#rest[s] as number) > this.#capacity) return 'none';
    }
    const all = this.#listAt(0);
    for (let b = 0; b < all.length; b++) all[b] = b;
    return this.#split(0, all, all.length, 0, this.#rest.length, 0);
  }

  #reset(): void {
    this.#trail.length = 0;
    this.#rest.fill(0);
    this.#crossing.fill(0);
    for (let b = 0; b < this.#size.length; b++) {
      const fixed = this.#fixed[b] as number;
      this.#lowest[b] = Math.max(fixed, 0);
      this.#degree[b] = (this.#neighbourStart[b + 1] as number) - (this.#neighbourStart[b] as number);
      const first = this.#first[b] as number;
      const end = this.#end[b] as number;
      for (let s = first; s < end; s++) {
        this.#rest[s] = (this.#rest[s] as number) + (this.#size[b] as number);
        if (s > first) this.#crossing[s] = (this.#crossing[s] as number) + 1;
      }
    }
    for (let s = 0; s < this.#base.length; s++) this.#base[s] = this.#smallestLowest(s, 0);
  }

  /**
   * Solves the unplaced buffers of sections [from, to) part by part: where no unplaced buffer crosses from one
   * section to the next, what is before and after does not interact. Each part is ranked anew.
   */
  #split(depth: number, list: Int32Array, length: number, from: number, to: number, floor: number): Outcome {
    let start = from;
    for (let s = from + 1; s <= to; s++) {
      if (s < to && (this.#crossing[s] as number) > 0) continue;
      const part = this.#listAt(depth + 1);
      let size = 0;
      for (let i = 0; i < length; i++) {
        const b = list[i] as number;
        const first = this.#first[b] as number;
        if (first >= start && first < s && (this.#lowest[b] as number) < Number.POSITIVE_INFINITY)
          part[size++] = b;
      }
      if (size > 0) {
        this.#rank(part.subarray(0, size));
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
    const count = this.#gather(candidates, list, length, this.#highest(from, to), floor, tie);
    for (let c = 0; c < count; c++) {
      const position = candidates[c] as number;
      const b = list[position] as number;
      const offset = this.#lowest[b] as number;
      const mark = this.#trail.length;
      const alone = this.#degree[b] === 0;
      let outcome: Outcome = 'none';
      if (this.#place(b, offset, from, to)) {
        outcome = this.#isCut(b)
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
      this.#undo(mark);
      // Nothing unplaced meets b: no other branch could place it elsewhere, or use the room it takes.
      if (alone) return 'none';
    }
    return 'none';
  }

  /** The highest next offset: all that is unplaced in a section will lie at or above it, beside each other. */
  #highest(from: number, to: number): number {
    let rest = 0;
    for (let s = from; s < to; s++) if ((this.#rest[s] as number) > rest) rest = this.#rest[s] as number;
    return this.#capacity - rest;
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
    let lid = highest + 1;
    for (let i = 0; i < length; i++) {
      const b = list[i] as number;
      const lowest = this.#lowest[b] as number;
      const missed = lowest < floor || (lowest === floor && i < tie);
      if (missed && this.#degree[b] === 0) return 0;
      // Dominance: at or above the end of a buffer that fits below, that buffer should have come first.
      const top = lowest + (this.#size[b] as number);
      if (top < lid && (this.#fixed[b] as number) < 0) lid = top;
    }
    let count = 0;
    for (let i = 0; i < length; i++) {
      const b = list[i] as number;
      const lowest = this.#lowest[b] as number;
      if (lowest < floor || lowest >= lid || (lowest === floor && i < tie)) continue;
      const twin = this.#twin[b] as number;
      if (twin >= 0 && (this.#lowest[twin] as number) < Number.POSITIVE_INFINITY) continue;
      let c = count++;
      while (c > 0 && (this.#lowest[list[candidates[c - 1] as number] as number] as number) > lowest) {
        candidates[c] = candidates[c - 1] as number;
        c--;
      }
      candidates[c] = i;
    }
    return count;
  }

  /** Places b; false when some buffer or section then has too little room. To be undone in either case. */
  #place(b: number, offset: number, from: number, to: number): boolean {
    const top = offset + (this.#size[b] as number);
    const first = this.#first[b] as number;
    const end = this.#end[b] as number;
    this.#trail.push(-1 - b, 0);
    this.#offset[b] = offset;
    this.#lowest[b] = Number.POSITIVE_INFINITY;
    this.#count(b, -1);
    for (let s = first; s < end; s++) if (this.#base[s] === offset) this.#markDirty(s);
    let possible = true;
    const stop = this.#neighbourStart[b + 1] as number;
    for (let i = this.#neighbourStart[b] as number; i < stop; i++) {
      const u = this.#neighbours[i] as number;
      if ((this.#lowest[u] as number) < top && !this.#raise(u, top)) possible = false;
    }
    for (let i = 0; i < this.#dirtyCount; i++) {
      const s = this.#dirty[i] as number;
      this.#isDirty[s] = 0;
      this.#lift(s, s >= first && s < end ? top : (this.#base[s] as number));
    }
    this.#dirtyCount = 0;
    if (!possible) return false;
    for (let s = from; s < to; s++) {
      const base = this.#base[s] as number;
      // biome-ignore lint/complexity/useMathMinMax: this is the inner loop
      if ((base > offset ? base : offset) + (this.#rest[s] as number) > this.#capacity) return false;
    }
    return true;
  }

  /** Counts b among what is unplaced (1) or no longer (-1), in its sections and for its neighbours. */
  #count(b: number, sign: 1 | -1): void {
    const size = sign * (this.#size[b] as number);
    const first = this.#first[b] as number;
    const end = this.#end[b] as number;
    for (let s = first; s < end; s++) this.#rest[s] = (this.#rest[s] as number) + size;
    for (let s = first + 1; s < end; s++) this.#crossing[s] = (this.#crossing[s] as number) + sign;
    const stop = this.#neighbourStart[b + 1] as number;
    for (let i = this.#neighbourStart[b] as number; i < stop; i++) {
      const u = this.#neighbours[i] as number;
      this.#degree[u] = (this.#degree[u] as number) + sign;
    }
  }

  /** Moves the lowest offset of u up to `top`; false when u is fixed below it. */
  #raise(u: number, top: number): boolean {
    if ((this.#fixed[u] as number) >= 0) return false;
    const before = this.#lowest[u] as number;
    const alignment = this.#alignment[u] as number;
    this.#trail.push(u, before);
    this.#lowest[u] = alignment === 1 ? top : alignUp(top, alignment);
    for (let s = this.#first[u] as number; s < (this.#end[u] as number); s++) {
      if (this.#base[s] === before) this.#markDirty(s);
    }
    return true;
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
    this.#trail.push(this.#size.length + s, before);
    this.#base[s] = base;
  }

  #smallestLowest(s: number, least: number): number {
    let smallest = Number.POSITIVE_INFINITY;
    const stop = this.#memberStart[s + 1] as number;
    for (let i = this.#memberStart[s] as number; i < stop; i++) {
      const lowest = this.#lowest[this.#members[i] as number] as number;
      if (lowest >= smallest) continue;
      if (lowest <= least) return lowest;
      smallest = lowest;
    }
    // A section with nothing left to place holds anything.
    return smallest === Number.POSITIVE_INFINITY ? 0 : smallest;
  }

  /** Takes back everything since the mark. */
  #undo(mark: number): void {
    const count = this.#size.length;
    const trail = this.#trail;
    while (trail.length > mark) {
      const key = trail.pop();
      if (key < 0) {
        const b = -1 - key;
        this.#lowest[b] = this.#offset[b] as number;
        this.#count(b, 1);
      } else if (key < count) this.#lowest[key] = trail.value;
      else this.#base[key - count] = trail.value;
    }
  }

  /** Whether placing b left a boundary inside its lifetime that nothing unplaced crosses. */
  #isCut(b: number): boolean {
    for (let s = (this.#first[b] as number) + 1; s < (this.#end[b] as number); s++) {
      if (this.#crossing[s] === 0) return true;
    }
    return false;
  }

  /** Sorts by the attempt's ranking; `total` is the fullest section of a buffer as things stand. */
  #rank(list: Int32Array): void {
    const { ranking, noise = 0, random = Math.random } = this.#attempt as Attempt;
    const keys = ranking.map(name => {
      const key = new Float64Array(this.#size.length);
      for (const b of list) key[b] = this.#key(name, b) * (noise === 0 ? 1 : 1 + noise * random());
      return key;
    });
    list.sort((a, b) => {
      for (const key of keys) {
        const difference = (key[b] as number) - (key[a] as number);
        if (difference !== 0) return difference;
      }
      return a - b;
    });
  }

  #key(name: Ranking[number], b: number): number {
    if (name === 'width') return this.#width[b] as number;
    if (name === 'area') return (this.#width[b] as number) * (this.#size[b] as number);
    let total = 0;
    for (let s = this.#first[b] as number; s < (this.#end[b] as number); s++) {
      if ((this.#rest[s] as number) > total) total = this.#rest[s] as number;
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
    this.#lists[depth] ??= new Int32Array(this.#size.length);
    return this.#lists[depth];
  }

  #candidatesAt(depth: number): Int32Array {
    this.#candidates[depth] ??= new Int32Array(this.#size.length);
    return this.#candidates[depth];
  }
}

/** What to take back, last first: a key that says what, and the value it had. */
class Trail {
  length = 0;
  /** of the entry popped last */
  value = 0;
  #keys = new Int32Array(1024);
  #values = new Float64Array(1024);

  push(key: number, value: number): void {
    if (this.length === this.#keys.length) this.#grow();
    this.#keys[this.length] = key;
    this.#values[this.length] = value;
    this.length++;
  }

  pop(): number {
    this.length--;
    this.value = this.#values[this.length] as number;
    return this.#keys[this.length] as number;
  }

  #grow(): void {
    const keys = new Int32Array(this.#keys.length * 2);
    const values = new Float64Array(keys.length);
    keys.set(this.#keys);
    values.set(this.#values);
    this.#keys = keys;
    this.#values = values;
  }
}

/** Lists as two columns: the items one list after the other, and where each list starts. */
function columnsOf(lists: readonly (readonly number[])[]): [Int32Array, Int32Array] {
  const starts = new Int32Array(lists.length + 1);
  lists.forEach((list, i) => {
    starts[i + 1] = (starts[i] as number) + list.length;
  });
  return [Int32Array.from(lists.flat()), starts];
}

/** Per buffer the one before it that is the same in everything but its id, or -1. */
function twinsOf(problem: Problem): Int32Array {
  const last = new Map<string, number>();
  return Int32Array.from(problem.buffers, ({ lower, upper, size, alignment = 1, offset }, b) => {
    if (offset !== undefined) return -1;
    const key = `${lower} ${upper} ${size} ${alignment}`;
    const twin = last.get(key) ?? -1;
    last.set(key, b);
    return twin;
  });
}
