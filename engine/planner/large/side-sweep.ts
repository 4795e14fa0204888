// One side of a placement outwards from a step: what is born after it, or, with time reversed, what died before it, is
// placed in order of birth beside what is already there. Where a buffer does not fit below the limit, the sweep goes
// back some way and places that one first, then all after it with another taste: what went well before is not done
// again. Invariant: a sweep that ends leaves no two buffers over each other, all of them below the limit.

import { ascending } from '../problem/ascending.ts';
import type { BufferIndex, Problem } from '../types.ts';
import { LiveGaps, type SweptBuffers } from './live-gaps.ts';
import type { Taste } from './taste.ts';

export interface SideRun {
  readonly step: number;
  /** live in the step, with the offsets they have */
  readonly stack: readonly BufferIndex[];
  readonly offsets: Float64Array;
  readonly taste: Taste;
  /** bytes; a sweep that reaches it goes back, or is given up */
  readonly limit: number;
  /** asked often; true gives the sweep up */
  readonly stop: () => boolean;
  /** how it goes back; a sweep without is given up at once */
  readonly rewinds?: Rewinds;
}

export interface Rewinds {
  /** how often without getting further than before */
  readonly patience: number;
  readonly taste: () => Taste;
  readonly random: () => number;
}

export interface SideFound {
  readonly height: number;
  readonly placed: readonly (readonly [BufferIndex, number])[];
}

/** Buffers placed between two looks at `stop`. */
const STOP_INTERVAL = 64;
/** Of the mean life: how much a buffer complains when it does not fit. */
const BUMP = 0.1;
/** A sweep goes back where it got this share as far as any before it. */
const PROMISING = 0.9;
/** It goes back by up to this many times as many buffers as live at a time; by few as likely as by ten times as many. */
const FARTHEST = 2;

export class SideSweep {
  readonly #buffers: SweptBuffers;
  readonly #isLater: boolean;
  readonly #bump: Float64Array;
  readonly #largest: number;
  readonly #gaps: LiveGaps;
  readonly #places: Float64Array;
  /** those that take room, the largest first */
  readonly #ranked: Int32Array;
  /** of the order that is being made: buffers and keys */
  readonly #side: Int32Array;
  readonly #keys: Float64Array;
  #looks = 0;
  /** buffers placed below this limit, by the sweep that got furthest */
  #record = { limit: 0, count: 0 };

  constructor({ buffers }: Problem, direction: 'later' | 'earlier') {
    const isLater = direction === 'later';
    this.#isLater = isLater;
    this.#bump = new Float64Array(buffers.length);
    this.#places = new Float64Array(buffers.length);
    this.#largest = buffers.reduce((most, { size }) => Math.max(most, size), 1);
    this.#buffers = {
      begin: Float64Array.from(buffers, ({ lower, upper }) => (isLater ? lower : -upper)),
      end: Float64Array.from(buffers, ({ lower, upper }) => (isLater ? upper : -lower)),
      size: Float64Array.from(buffers, ({ size }) => size),
      alignment: Float64Array.from(buffers, ({ alignment = 1 }) => alignment),
      meanSize: buffers.reduce((sum, { size }) => sum + size, 0) / buffers.length,
      meanLife: buffers.reduce((sum, { lower, upper }) => sum + upper - lower, 0) / buffers.length,
    };
    this.#gaps = new LiveGaps(this.#buffers);
    const { size } = this.#buffers;
    this.#ranked = ascending(size.map(bytes => this.#largest - bytes)).filter(b => (size[b] as number) > 0);
    this.#side = new Int32Array(buffers.length);
    this.#keys = new Float64Array(buffers.length);
  }

  /** Buffers looked at, over all runs. */
  get work(): number {
    return this.#looks + this.#gaps.work;
  }

  /** Nobody complains any more. */
  forget(): void {
    this.#bump.fill(0);
    this.#record = { limit: 0, count: 0 };
  }

  /** Places all buffers of the side below the limit. Deterministic but for `stop`. */
  run(sweep: SideRun): SideFound | undefined {
    const { step, stack, offsets, limit, stop, rewinds } = sweep;
    const size = this.#buffers.size;
    const places = this.#places;
    const order = this.#order(this.#isLater ? step + 1 : -step, sweep.taste);
    const births = this.#earliestBirths(order);
    for (const b of stack) places[b] = offsets[b] ?? 0;
    this.#gaps.reset([...stack], places);
    let { taste } = sweep;
    let furthest = 0;
    let failures = 0;
    for (let i = 0, looks = 0; i < order.length; looks++) {
      if (looks % STOP_INTERVAL === 0 && stop()) return undefined;
      const b = order[i] as number;
      const offset = this.#gaps.offsetFor(b, births[i] as number, taste);
      if (offset + (size[b] as number) < limit) {
        this.#gaps.insert(b, offset);
        places[b] = offset;
        i++;
        continue;
      }
      this.#bump[b] = (this.#bump[b] as number) + BUMP * this.#buffers.meanLife;
      if (rewinds === undefined || (i > furthest && !this.#isPromising(i, limit))) return undefined;
      failures = i > furthest ? 1 : failures + 1;
      furthest = Math.max(furthest, i);
      if (failures > rewinds.patience) return undefined;
      const back = Math.min(i, Math.ceil((FARTHEST * this.#gaps.count) ** rewinds.random()));
      order.copyWithin(i - back + 1, i - back, i);
      i -= back;
      order[i] = b;
      this.#noteBirths(order, births, i, i + back);
      this.#restore(stack, order, i, births[i] as number);
      taste = rewinds.taste();
    }
    return this.#found(order);
  }

  /** Whether a sweep that placed so many below the limit got nearly as far as any. */
  #isPromising(count: number, limit: number): boolean {
    if (this.#record.limit !== limit) this.#record = { limit, count: 0 };
    if (count < PROMISING * this.#record.count) return false;
    this.#record.count = Math.max(this.#record.count, count);
    return true;
  }

  /** Goes back to when only the stack and the first `count` of the order were placed. */
  #restore(stack: readonly BufferIndex[], order: Int32Array, count: number, dead: number): void {
    const { end } = this.#buffers;
    const live = stack.filter(b => (end[b] as number) > dead);
    this.#looks += count;
    for (let i = 0; i < count; i++) {
      const b = order[i] as number;
      if ((end[b] as number) > dead) live.push(b);
    }
    this.#gaps.reset(live, this.#places);
  }

  #found(order: Int32Array): SideFound {
    const placed: (readonly [BufferIndex, number])[] = [];
    let height = 0;
    for (const b of order) {
      const offset = this.#places[b] as number;
      height = Math.max(height, offset + (this.#buffers.size[b] as number));
      placed.push([b, offset]);
    }
    return { height, placed };
  }

  /** Those that begin from a time on, by birth, the larger the earlier; of equals the larger first. */
  #order(from: number, { ahead, aheadPower, heed }: Taste): Int32Array {
    const { begin, size, meanLife } = this.#buffers;
    const ranked = this.#ranked;
    const steps = ahead * meanLife;
    this.#looks += begin.length;
    const bump = this.#bump;
    const side = this.#side;
    const keys = this.#keys;
    let count = 0;
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let rank = 0; rank < ranked.length; rank++) {
      const b = ranked[rank] as number;
      const time = begin[b] as number;
      if (time < from) continue;
      const early = steps > 0 ? steps * ((size[b] as number) / this.#largest) ** aheadPower : 0;
      const key = time - early - heed * (bump[b] as number);
      if (key < least) least = key;
      if (key > most) most = key;
      side[count] = b;
      keys[count++] = key;
    }
    // Numbers are sorted several times as fast as what a function has to compare: the key in steps so fine that the
    // place among equals goes into what is left of it.
    const scale = 2 ** Math.ceil(Math.log2(count + 1));
    const steep = (Number.MAX_SAFE_INTEGER / scale - 1) / Math.max(most - least, 1);
    const packed = keys.subarray(0, count);
    for (let i = 0; i < count; i++)
      packed[i] = Math.floor(((packed[i] as number) - least) * steep) * scale + i;
    packed.sort();
    const order = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      const key = packed[i] as number;
      order[i] = side[key - Math.floor(key / scale) * scale] as number;
    }
    return order;
  }

  /** The first birth from each position of the order on. */
  #earliestBirths(order: Int32Array): Float64Array {
    const births = new Float64Array(order.length);
    this.#noteBirths(order, births, 0, order.length - 1);
    return births;
  }

  /** The same from one position to another, where later ones are known. */
  #noteBirths(order: Int32Array, births: Float64Array, from: number, to: number): void {
    let first = births[to + 1] ?? Number.POSITIVE_INFINITY;
    for (let i = to; i >= from; i--) {
      first = Math.min(first, this.#buffers.begin[order[i] as number] as number);
      births[i] = first;
    }
  }
}
