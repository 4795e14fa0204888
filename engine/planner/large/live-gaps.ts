// What a sweep has placed and something to come may meet, and which of the gaps between it a buffer takes: where least
// is wasted, and where its neighbour dies when it does, so that what it leaves becomes one gap (Barrett and Zorn,
// "Using lifetime predictors", 1993). Invariant: columns are in order of offset.

import { alignUp } from '../align.ts';
import type { BufferIndex } from '../types.ts';
import type { Taste } from './taste.ts';

/** Buffers as a sweep sees them: in its own direction of time. */
export interface SweptBuffers {
  readonly begin: Float64Array;
  readonly end: Float64Array;
  readonly size: Float64Array;
  readonly alignment: Float64Array;
  /** bytes, and steps */
  readonly meanSize: number;
  readonly meanLife: number;
}

/** Lives for which floor and ceiling, which never die, count as neighbours. */
const ENDLESS = 3;
/** Slivers beyond which nothing of a gap is lost. */
const WIDE = 5;

export class LiveGaps {
  /** placed buffers looked at so far */
  work = 0;
  readonly #buffers: SweptBuffers;
  /** placed: when they begin and end, and from where to where they lie */
  readonly #columns: readonly [Float64Array, Float64Array, Float64Array, Float64Array];
  #count = 0;
  /** the best place so far for the buffer whose turn it is: bytes, and bytes × steps */
  #place = 0;
  #loss = 0;

  constructor(buffers: SweptBuffers) {
    this.#buffers = buffers;
    const column = () => new Float64Array(buffers.size.length + 1);
    this.#columns = [column(), column(), column(), column()];
  }

  get count(): number {
    return this.#count;
  }

  /** Holds these alone, which lie at the offsets given, in bytes. */
  reset(placed: BufferIndex[], offsets: Float64Array): void {
    placed.sort((a, b) => (offsets[a] as number) - (offsets[b] as number));
    this.#count = 0;
    for (const b of placed) this.#set(this.#count++, b, offsets[b] as number);
  }

  insert(b: BufferIndex, offset: number): void {
    const at = this.#placeOf(offset);
    for (const column of this.#columns) column.copyWithin(at + 1, at, this.#count);
    this.#set(at, b, offset);
    this.#count++;
  }

  /** The place where b loses least, above all it meets where there is no gap; drops what ends by the time `dead`. */
  offsetFor(b: BufferIndex, dead: number, taste: Taste): number {
    const { size: sizes, begin: begin_, end: end_, alignment } = this.#buffers;
    const [begins, ends, lows, highs] = this.#columns;
    const from = begin_[b] as number;
    const to = end_[b] as number;
    const size = sizes[b] as number;
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
    return this.#loss < Number.POSITIVE_INFINITY ? this.#place : alignUp(top, alignment[b] as number);
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
    const { begin, end, meanSize, meanLife } = this.#buffers;
    const size = this.#buffers.size[b] as number;
    const alignment = this.#buffers.alignment[b] as number;
    const from = begin[b] as number;
    const to = end[b] as number;
    const bottom = alignUp(low, alignment);
    const rest = high - bottom - size;
    if (rest < 0) return;
    const sliver = taste.sliver * meanSize;
    const lost = rest < WIDE * sliver ? rest * Math.exp(-rest / sliver) : 0;
    const endless = from + ENDLESS * meanLife;
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

  #set(at: number, b: BufferIndex, offset: number): void {
    const { begin, end, size } = this.#buffers;
    const [begins, ends, lows, highs] = this.#columns;
    begins[at] = begin[b] as number;
    ends[at] = end[b] as number;
    lows[at] = offset;
    highs[at] = offset + (size[b] as number);
  }
}
