// An arena during a sweep over time: what is free, in lists by size, each size class an eighth of a power of two wide
// (Masmano et al., "TLSF", 2004), and which of it a buffer takes. Least is wasted beside a neighbour that dies when the
// buffer does, so that what they leave becomes one gap (Barrett and Zorn, "Using lifetime predictors", 1993).
// Invariant: blocks cover the arena from the bottom up without a break, the last one is free and has no end, and no two
// free ones are neighbours.

import { alignUp } from '../align.ts';

const CLASSES_PER_DOUBLING = 8;
const CLASSES = 53 * CLASSES_PER_DOUBLING;
const BITS = 32;
const NONE = -1;

/** Free blocks that are large enough of which one is taken: those about as large as the buffer. */
const CANDIDATES = 16;
/** What a byte beside a neighbour that dies a step earlier or later is worth, in bytes lost for a step. */
const UNLIKE = 1;
/** Of the mean size: gaps of this many bytes are lost more often than not; none is from so many times that on. */
const SLIVER = 0.1;
const WIDE = 5;
/** Mean lives for which the bottom of the arena and its ceiling, which never die, count as neighbours. */
const ENDLESS = 3;

/** A buffer to be placed: from now until a step. */
export interface Wanted {
  /** bytes */
  readonly size: number;
  readonly alignment: number;
  readonly now: number;
  readonly until: number;
}

/** Bytes that are not to be had, though no block is there; in order of where they begin. */
export interface Barred {
  readonly from: number;
  readonly to: number;
}

export interface ArenaShape {
  /** bytes; above it there is room only where there is no other */
  readonly ceiling: number;
  /** bytes and steps */
  readonly meanSize: number;
  readonly meanLife: number;
}

/** Blocks as columns: neighbours in space are linked, and so are free ones of a class. */
export class FreeLists {
  readonly #shape: ArenaShape;
  readonly #sliver: number;
  readonly #offset: Float64Array;
  readonly #size: Float64Array;
  /** step: of blocks in use */
  readonly #death: Float64Array;
  readonly #below: Int32Array;
  readonly #above: Int32Array;
  readonly #previous: Int32Array;
  readonly #next: Int32Array;
  readonly #isFree: Uint8Array;
  readonly #heads = new Int32Array(CLASSES).fill(NONE);
  /** a bit for each class that has a block */
  readonly #listed = new Int32Array(Math.ceil(CLASSES / BITS));
  /** indices of blocks that were joined to others */
  readonly #unused: number[] = [];
  readonly #last: number;
  #count = 0;
  /** the best place so far for the buffer whose turn it is: bytes × steps, block, bytes */
  #loss = 0;
  #block = NONE;
  #place = 0;

  /** For at most so many buffers at a time. */
  constructor(live: number, shape: ArenaShape) {
    this.#shape = shape;
    this.#sliver = Math.max(1, SLIVER * shape.meanSize);
    // Between two blocks in use there is at most one free one.
    const capacity = 2 * live + 2;
    this.#offset = new Float64Array(capacity);
    this.#size = new Float64Array(capacity);
    this.#death = new Float64Array(capacity);
    this.#below = new Int32Array(capacity);
    this.#above = new Int32Array(capacity);
    this.#previous = new Int32Array(capacity);
    this.#next = new Int32Array(capacity);
    this.#isFree = new Uint8Array(capacity);
    this.#last = this.#make(0, Number.POSITIVE_INFINITY, NONE, NONE);
  }

  /** Where a block in use begins, in bytes. */
  offsetOf(block: number): number {
    return this.#offset[block] as number;
  }

  /** A block in use for a buffer, outside of what is barred: where it loses least, above the ceiling if nowhere else. */
  take(wanted: Wanted, barred: readonly Barred[]): number {
    this.#loss = Number.POSITIVE_INFINITY;
    const bottom = this.#offset[this.#last] as number;
    const { ceiling } = this.#shape;
    if (bottom + wanted.size <= ceiling) this.#look(this.#last, bottom, ceiling, wanted, barred);
    this.#lookAmongListed(wanted, barred);
    if (this.#loss === Number.POSITIVE_INFINITY) {
      this.#look(this.#last, bottom, Number.POSITIVE_INFINITY, wanted, barred);
    }
    return this.#cut(this.#block, this.#place, wanted);
  }

  free(block: number): void {
    const below = this.#below[block] as number;
    const above = this.#above[block] as number;
    let joined = block;
    if (below !== NONE && this.#isFree[below] === 1) {
      this.#unlist(below);
      this.#join(below, block);
      joined = below;
    }
    if (above === this.#last) {
      this.#offset[above] = this.#offset[joined] as number;
      this.#link(this.#below[joined] as number, above);
      this.#unused.push(joined);
      return;
    }
    if (this.#isFree[above] === 1) {
      this.#unlist(above);
      this.#join(joined, above);
    }
    this.#list(joined);
  }

  #lookAmongListed(wanted: Wanted, barred: readonly Barred[]): void {
    let left = CANDIDATES;
    for (
      let c = this.#listedFrom(classOf(wanted.size));
      c < CLASSES && left > 0;
      c = this.#listedFrom(c + 1)
    ) {
      for (let block = this.#heads[c] as number; block !== NONE; block = this.#next[block] as number) {
        if ((this.#size[block] as number) < wanted.size) continue;
        const low = this.#offset[block] as number;
        this.#look(block, low, low + (this.#size[block] as number), wanted, barred);
        if (--left === 0) break;
      }
    }
  }

  /** The first class from one on that has a block; beyond all where there is none. */
  #listedFrom(from: number): number {
    const words = this.#listed;
    let word = from >>> 5;
    let bits = (words[word] ?? 0) & (-1 << (from & (BITS - 1)));
    while (bits === 0) {
      if (++word >= words.length) return CLASSES;
      bits = words[word] as number;
    }
    return word * BITS + BITS - 1 - Math.clz32(bits & -bits);
  }

  /** Looks at what is not barred between two offsets of a free block. */
  #look(block: number, low: number, high: number, wanted: Wanted, barred: readonly Barred[]): void {
    const below = this.#below[block] as number;
    const above = this.#above[block] as number;
    const belowDeath = below === NONE ? Number.POSITIVE_INFINITY : (this.#death[below] as number);
    const aboveDeath = above === NONE ? Number.POSITIVE_INFINITY : (this.#death[above] as number);
    let from = low;
    for (const { from: barredFrom, to } of barred) {
      if (to <= from) continue;
      if (barredFrom >= high) break;
      this.#consider(block, from, barredFrom, belowDeath, aboveDeath, wanted);
      from = to;
    }
    this.#consider(block, from, high, belowDeath, aboveDeath, wanted);
  }

  /** Both ends of a gap between neighbours that die at these steps. */
  #consider(
    block: number,
    low: number,
    high: number,
    belowDeath: number,
    aboveDeath: number,
    { size, alignment, now, until }: Wanted,
  ): void {
    const bottom = alignUp(low, alignment);
    const rest = high - bottom - size;
    if (rest < 0) return;
    const lost = rest < WIDE * this.#sliver ? rest * Math.exp(-rest / this.#sliver) : 0;
    const endless = now + ENDLESS * this.#shape.meanLife;
    const price = UNLIKE * size;
    // What is left lies on the other side, until the buffer or the neighbour there dies.
    const atBottom =
      lost * (Math.min(until, aboveDeath) - now) + price * Math.abs(Math.min(belowDeath, endless) - until);
    if (atBottom < this.#loss) {
      this.#loss = atBottom;
      this.#block = block;
      this.#place = bottom;
    }
    if (high === Number.POSITIVE_INFINITY) return;
    const atTop =
      lost * (Math.min(until, belowDeath) - now) + price * Math.abs(Math.min(aboveDeath, endless) - until);
    if (atTop < this.#loss) {
      this.#loss = atTop;
      this.#block = block;
      this.#place = Math.floor((high - size) / alignment) * alignment;
    }
  }

  /** Cuts what a buffer needs out of a free block, and lists what is left below and above. */
  #cut(block: number, offset: number, { size, until }: Wanted): number {
    const low = this.#offset[block] as number;
    const end = low + (this.#size[block] as number);
    if (block !== this.#last) this.#unlist(block);
    if (offset > low) {
      const rest = this.#make(low, offset - low, this.#below[block] as number, block);
      this.#list(rest);
    }
    this.#offset[block] = offset;
    let used = block;
    if (block === this.#last) {
      used = this.#make(offset, size, this.#below[block] as number, block);
      this.#offset[block] = offset + size;
    } else if (offset + size < end) {
      this.#list(this.#make(offset + size, end - offset - size, block, this.#above[block] as number));
    }
    this.#size[used] = size;
    this.#death[used] = until;
    return used;
  }

  /** Makes the neighbour above one block with it. */
  #join(block: number, above: number): void {
    this.#size[block] = (this.#size[block] as number) + (this.#size[above] as number);
    this.#link(block, this.#above[above] as number);
    this.#unused.push(above);
  }

  #make(offset: number, size: number, below: number, above: number): number {
    const block = this.#unused.pop() ?? this.#count++;
    this.#offset[block] = offset;
    this.#size[block] = size;
    this.#isFree[block] = 0;
    this.#link(below, block);
    this.#link(block, above);
    return block;
  }

  #link(below: number, above: number): void {
    if (above !== NONE) this.#below[above] = below;
    if (below !== NONE) this.#above[below] = above;
  }

  #list(block: number): void {
    const c = classOf(this.#size[block] as number);
    const head = this.#heads[c] as number;
    this.#isFree[block] = 1;
    this.#previous[block] = NONE;
    this.#next[block] = head;
    if (head !== NONE) this.#previous[head] = block;
    this.#heads[c] = block;
    this.#listed[c >>> 5] = (this.#listed[c >>> 5] as number) | (1 << (c & (BITS - 1)));
  }

  #unlist(block: number): void {
    const previous = this.#previous[block] as number;
    const next = this.#next[block] as number;
    this.#isFree[block] = 0;
    if (next !== NONE) this.#previous[next] = previous;
    if (previous !== NONE) {
      this.#next[previous] = next;
      return;
    }
    const c = classOf(this.#size[block] as number);
    this.#heads[c] = next;
    if (next === NONE) this.#listed[c >>> 5] = (this.#listed[c >>> 5] as number) & ~(1 << (c & (BITS - 1)));
  }
}

const SMALL = 2 ** 31;

/** Sizes of a class differ by at most an eighth. Whole numbers within 31 bits take no logarithm. */
function classOf(size: number): number {
  if (size < SMALL) {
    const doubling = 31 - Math.clz32(size);
    const part =
      (doubling < 3 ? size << (3 - doubling) : size >>> (doubling - 3)) & (CLASSES_PER_DOUBLING - 1);
    return doubling * CLASSES_PER_DOUBLING + part;
  }
  const doubling = Math.floor(Math.log2(size));
  const part = Math.floor((size / 2 ** doubling - 1) * CLASSES_PER_DOUBLING);
  return Math.min(CLASSES - 1, doubling * CLASSES_PER_DOUBLING + part);
}
