// Very many buffers: one sweep over time that allocates at birth and frees at death, in constant time each. Free
// blocks are kept in lists by size, each size class an eighth of a power of two wide (Masmano et al., "TLSF", 2004);
// neighbours are joined when freed. Invariant: blocks cover the arena from the bottom up without a break, and no
// two free ones are neighbours.

import { alignUp, leastCommonMultiple } from '../align.ts';
import { ascending } from '../problem/ascending.ts';
import { isPlain } from '../problem/distances.ts';
import type { Placement, Problem } from '../types.ts';
import type { Layout } from './place.ts';

const CLASSES_PER_DOUBLING = 8;
const CLASSES = 53 * CLASSES_PER_DOUBLING;
const NONE = -1;

/** Whether the sweep can place these: no fixed offsets, gaps or overlaps. */
export function canSweep(problem: Problem): boolean {
  return isPlain(problem) && problem.buffers.every(buffer => buffer.offset === undefined);
}

/** Linear in the buffers. Offsets are multiples of the largest alignment. */
export function sweep(problem: Problem): Layout {
  const { buffers } = problem;
  const grain = buffers.reduce((most, { alignment = 1 }) => leastCommonMultiple(most, alignment), 1);
  // Read in another order than they lie in memory, columns are fetched several times as fast as the buffers.
  const lower = new Float64Array(buffers.length);
  const upper = new Float64Array(buffers.length);
  const size = new Float64Array(buffers.length);
  buffers.forEach((buffer, b) => {
    lower[b] = buffer.lower;
    upper[b] = buffer.upper;
    size[b] = buffer.size;
  });
  const deaths = ascending(upper);
  const heap = new FreeLists(buffers.length);
  const blocks = new Int32Array(buffers.length).fill(NONE);
  const offsets: number[] = new Array(buffers.length).fill(0);
  const placements: Placement[] = [];
  let height = 0;
  let dying = 0;
  for (const b of ascending(lower)) {
    for (; dying < deaths.length; dying++) {
      const other = deaths[dying] as number;
      if ((upper[other] as number) > (lower[b] as number)) break;
      if ((blocks[other] as number) !== NONE) heap.free(blocks[other] as number);
    }
    let offset = 0;
    const bytes = size[b] as number;
    if (bytes > 0) {
      const block = heap.take(alignUp(bytes, grain));
      blocks[b] = block;
      offset = heap.offset[block] as number;
      height = Math.max(height, offset + bytes);
    }
    offsets[b] = offset;
    placements.push({ buffer: b, offset });
  }
  return { offsets, height, placements };
}

/** Blocks as columns: neighbours in space are linked, and so are free ones of a class. */
class FreeLists {
  readonly offset: Float64Array;
  readonly #size: Float64Array;
  readonly #below: Int32Array;
  readonly #above: Int32Array;
  readonly #previous: Int32Array;
  readonly #next: Int32Array;
  readonly #isFree: Uint8Array;
  readonly #heads = new Int32Array(CLASSES).fill(NONE);
  /** indices of blocks that were joined to others */
  readonly #unused: number[] = [];
  #count = 0;
  #top = NONE;
  #height = 0;

  constructor(buffers: number) {
    // Between two blocks in use there is at most one free one.
    const capacity = 2 * buffers + 2;
    this.offset = new Float64Array(capacity);
    this.#size = new Float64Array(capacity);
    this.#below = new Int32Array(capacity);
    this.#above = new Int32Array(capacity);
    this.#previous = new Int32Array(capacity);
    this.#next = new Int32Array(capacity);
    this.#isFree = new Uint8Array(capacity);
  }

  /** A block in use of that size, in bytes: from the smallest class that surely has one, else above all others. */
  take(size: number): number {
    for (let c = classOf(size); c < CLASSES; c++) {
      for (let block = this.#heads[c] as number; block !== NONE; block = this.#next[block] as number) {
        if ((this.#size[block] as number) < size) continue;
        this.#unlist(block);
        this.#split(block, size);
        return block;
      }
    }
    return this.#grow(size);
  }

  free(block: number): void {
    const below = this.#below[block] as number;
    const above = this.#above[block] as number;
    let joined = block;
    if (above !== NONE && this.#isFree[above] === 1) {
      this.#unlist(above);
      this.#join(block, above);
    }
    if (below !== NONE && this.#isFree[below] === 1) {
      this.#unlist(below);
      this.#join(below, block);
      joined = below;
    }
    this.#list(joined);
  }

  #grow(size: number): number {
    const top = this.#top;
    if (top !== NONE && this.#isFree[top] === 1) {
      this.#unlist(top);
      this.#height += size - (this.#size[top] as number);
      this.#size[top] = size;
      return top;
    }
    const block = this.#make(this.#height, size, top, NONE);
    if (top !== NONE) this.#above[top] = block;
    this.#top = block;
    this.#height += size;
    return block;
  }

  /** Cuts what is beyond `size` off a block and lists it as free. */
  #split(block: number, size: number): void {
    const left = (this.#size[block] as number) - size;
    if (left === 0) return;
    const above = this.#above[block] as number;
    const rest = this.#make((this.offset[block] as number) + size, left, block, above);
    this.#size[block] = size;
    this.#above[block] = rest;
    if (above === NONE) this.#top = rest;
    else this.#below[above] = rest;
    this.#list(rest);
  }

  #join(block: number, above: number): void {
    const next = this.#above[above] as number;
    this.#size[block] = (this.#size[block] as number) + (this.#size[above] as number);
    this.#above[block] = next;
    if (next === NONE) this.#top = block;
    else this.#below[next] = block;
    this.#unused.push(above);
  }

  #make(offset: number, size: number, below: number, above: number): number {
    const block = this.#unused.pop() ?? this.#count++;
    this.offset[block] = offset;
    this.#size[block] = size;
    this.#below[block] = below;
    this.#above[block] = above;
    this.#isFree[block] = 0;
    return block;
  }

  #list(block: number): void {
    const c = classOf(this.#size[block] as number);
    const head = this.#heads[c] as number;
    this.#isFree[block] = 1;
    this.#previous[block] = NONE;
    this.#next[block] = head;
    if (head !== NONE) this.#previous[head] = block;
    this.#heads[c] = block;
  }

  #unlist(block: number): void {
    const previous = this.#previous[block] as number;
    const next = this.#next[block] as number;
    this.#isFree[block] = 0;
    if (previous === NONE) this.#heads[classOf(this.#size[block] as number)] = next;
    else this.#next[previous] = next;
    if (next !== NONE) this.#previous[next] = previous;
  }
}

/** Sizes of a class differ by at most an eighth. */
function classOf(size: number): number {
  const doubling = Math.floor(Math.log2(size));
  const part = Math.floor((size / 2 ** doubling - 1) * CLASSES_PER_DOUBLING);
  return Math.min(CLASSES - 1, Math.max(0, doubling * CLASSES_PER_DOUBLING + part));
}
