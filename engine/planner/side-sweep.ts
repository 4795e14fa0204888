// One side of a placement outwards from a step: what is born after it, or, with time reversed, what died before it, is
// placed in order of birth beside what is already there. Invariant: columns hold placed buffers that something to come
// may meet, in order of offset.

import { alignUp } from './align.ts';
import type { BufferIndex, Problem } from './types.ts';

/** What counts for the choice of a gap, and the order. */
export interface Taste {
  /** a byte beside a neighbour that dies a step earlier or later, in bytes lost for a step */
  readonly unlike: number;
  /** of the mean size: gaps of this many bytes are lost more often than not */
  readonly sliver: number;
  /** of the mean life: how much before its birth the largest buffer comes */
  readonly ahead: number;
  /** the power of its size by which another comes earlier */
  readonly aheadPower: number;
  /** how much earlier those come that did not fit before, in what they complained */
  readonly heed: number;
  /** bytes; above it there is room only where there is no other */
  readonly ceiling: number;
}

export interface SideRun {
  readonly step: number;
  /** live in the step, in order of the offsets they have */
  readonly stack: readonly BufferIndex[];
  readonly offsets: Float64Array;
  readonly taste: Taste;
  /** bytes; a sweep that reaches it is given up */
  readonly limit: number;
  /** asked often; true gives the sweep up */
  readonly stop: () => boolean;
}

export interface SideFound {
  readonly height: number;
  readonly placed: readonly (readonly [BufferIndex, number])[];
}

/** Lives for which floor and ceiling, which never die, count as neighbours. */
const ENDLESS = 3;
/** Slivers beyond which nothing of a gap is lost. */
const WIDE = 5;
/** Buffers placed between two looks at `stop`. */
const STOP_INTERVAL = 64;
const BUMP = 0.1;

export class SideSweep {
  /** placed buffers looked at, over all runs */
  work = 0;
  readonly #begin: Float64Array;
  readonly #end: Float64Array;
  readonly #size: Float64Array;
  readonly #alignment: Float64Array;
  readonly #isLater: boolean;
  readonly #bump: Float64Array;
  readonly #meanSize: number;
  readonly #meanLife: number;
  readonly #largest: number;
  /** placed: when they begin and end, and from where to where they lie */
  readonly #columns: readonly [Float64Array, Float64Array, Float64Array, Float64Array];
  #count = 0;
  /** the best place so far for the buffer whose turn it is: bytes, and bytes × steps */
  #place = 0;
  #loss = 0;

  constructor({ buffers }: Problem, direction: 'later' | 'earlier') {
    const isLater = direction === 'later';
    this.#isLater = isLater;
    this.#bump = new Float64Array(buffers.length);
    this.#begin = Float64Array.from(buffers, ({ lower, upper }) => (isLater ? lower : -upper));
    this.#end = Float64Array.from(buffers, ({ lower, upper }) => (isLater ? upper : -lower));
    this.#size = Float64Array.from(buffers, ({ size }) => size);
    this.#alignment = Float64Array.from(buffers, ({ alignment = 1 }) => alignment);
    this.#meanSize = buffers.reduce((sum, { size }) => sum + size, 0) / buffers.length;
    this.#meanLife = buffers.reduce((sum, { lower, upper }) => sum + upper - lower, 0) / buffers.length;
    this.#largest = buffers.reduce((most, { size }) => Math.max(most, size), 1);
    const column = () => new Float64Array(buffers.length + 1);
    this.#columns = [column(), column(), column(), column()];
  }

  /** Nobody complains any more. */
  forget(): void {
    this.#bump.fill(0);
  }

  /** Places all buffers of the side below the limit. Deterministic but for `stop`. */
  run({ step, stack, offsets, taste, limit, stop }: SideRun): SideFound | undefined {
    this.#count = 0;
    for (const b of stack) this.#insert(this.#count, b, offsets[b] ?? 0);
    const order = this.#order(this.#isLater ? step + 1 : -step, taste);
    const births = this.#earliestBirths(order);
    const placed: (readonly [BufferIndex, number])[] = [];
    let height = 0;
    for (let i = 0; i < order.length; i++) {
      if (i % STOP_INTERVAL === 0 && stop()) return undefined;
      const b = order[i] as number;
      const offset = this.#offsetFor(b, births[i] as number, taste);
      height = Math.max(height, offset + (this.#size[b] as number));
      if (height >= limit) {
        this.#bump[b] = (this.#bump[b] as number) + BUMP * this.#meanLife;
        return undefined;
      }
      this.#insert(this.#placeOf(offset), b, offset);
      placed.push([b, offset]);
    }
    return { height, placed };
  }

  /** Those that begin from a time on, by birth, the larger the earlier. */
  #order(from: number, { ahead, aheadPower, heed }: Taste): Int32Array {
    const begin = this.#begin;
    const size = this.#size;
    const steps = ahead * this.#meanLife;
    const bump = this.#bump;
    const keys = begin.map(
      (time, b) =>
        time - steps * ((size[b] as number) / this.#largest) ** aheadPower - heed * (bump[b] as number),
    );
    const side = Int32Array.from(begin.keys()).filter(
      b => (begin[b] as number) >= from && (size[b] as number) > 0,
    );
    return side.sort(
      (a, b) =>
        (keys[a] as number) - (keys[b] as number) || (size[b] as number) - (size[a] as number) || a - b,
    );
  }

  /** The first birth from each position of the order on. */
  #earliestBirths(order: Int32Array): Float64Array {
    const births = new Float64Array(order.length);
    let first = Number.POSITIVE_INFINITY;
    for (let i = order.length - 1; i >= 0; i--) {
      first = Math.min(first, this.#begin[order[i] as number] as number);
      births[i] = first;
    }
    return births;
  }

  /** The place where b loses least, above all it meets where there is no gap; drops what is dead at a time. */
  #offsetFor(b: BufferIndex, dead: number, taste: Taste): number {
    const [begins, ends, lows, highs] = this.#columns;
    const from = this.#begin[b] as number;
    const to = this.#end[b] as number;
    const size = this.#size[b] as number;
    const count = this.#count;
    let kept = 0;
    let top = 0;
    let topEnd = Number.POSITIVE_INFINITY;
    this.#loss = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const end = ends[i] as number;
      if (end <= dead) continue;
      const begin = begins[i] as number;
      const low = lows[i] as number;
      const high = highs[i] as number;
      if (kept !== i) {
        begins[kept] = begin;
        ends[kept] = end;
        lows[kept] = low;
        highs[kept] = high;
      }
      kept++;
      if (end <= from || begin >= to) continue;
      if (low - top >= size) this.#consider(b, top, low, topEnd, end, taste);
      if (high > top) {
        top = high;
        topEnd = end;
      }
    }
    this.#count = kept;
    this.work += count;
    if (taste.ceiling - top >= size) {
      this.#consider(b, top, taste.ceiling, topEnd, Number.POSITIVE_INFINITY, taste);
    }
    return this.#loss < Number.POSITIVE_INFINITY ? this.#place : alignUp(top, this.#alignment[b] as number);
  }

  /** Both ends of a gap between neighbours of which the lower dies at `belowEnd`, the upper at `aboveEnd`. */
  #consider(
    b: BufferIndex,
    low: number,
    high: number,
    belowEnd: number,
    aboveEnd: number,
    taste: Taste,
  ): void {
    const size = this.#size[b] as number;
    const alignment = this.#alignment[b] as number;
    const from = this.#begin[b] as number;
    const to = this.#end[b] as number;
    const bottom = alignUp(low, alignment);
    const rest = high - bottom - size;
    if (rest < 0) return;
    const sliver = taste.sliver * this.#meanSize;
    const lost = rest < WIDE * sliver ? rest * Math.exp(-rest / sliver) : 0;
    const endless = from + ENDLESS * this.#meanLife;
    const price = taste.unlike * size;
    // What is left lies on the other side, until b or the neighbour there dies.
    const atBottom =
      lost * (Math.min(to, aboveEnd) - from) + price * Math.abs(Math.min(belowEnd, endless) - to);
    if (atBottom < this.#loss) {
      this.#loss = atBottom;
      this.#place = bottom;
    }
    const atTop = lost * (Math.min(to, belowEnd) - from) + price * Math.abs(Math.min(aboveEnd, endless) - to);
    if (atTop < this.#loss) {
      this.#loss = atTop;
      this.#place = Math.floor((high - size) / alignment) * alignment;
    }
  }

  #placeOf(offset: number): number {
    const lows = this.#columns[2];
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((lows[middle] as number) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(at: number, b: BufferIndex, offset: number): void {
    const [begins, ends, lows, highs] = this.#columns;
    for (const column of this.#columns) column.copyWithin(at + 1, at, this.#count);
    begins[at] = this.#begin[b] as number;
    ends[at] = this.#end[b] as number;
    lows[at] = offset;
    highs[at] = offset + (this.#size[b] as number);
    this.#count++;
  }
}
