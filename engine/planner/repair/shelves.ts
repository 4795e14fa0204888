// Placed buffers: what lies where, and what a place would cost. Who lives when a buffer does is collected and put in
// order each time where few do; else all are kept in order of where they begin, and of where they end. While they are
// squeezed, a buffer takes no more than what it takes wherever it is pushed: it begins where it does when it lies
// highest, and ends where it does when it lies lowest, which may be further down.
// Invariant: both orders hold what is placed, or nothing where it is collected, and no two that live together overlap.

import { alignUp } from '../align.ts';
import type { Nearby } from '../problem/nearby.ts';
import type { BufferIndex, Problem } from '../types.ts';
import type { Squeeze } from './squeeze.ts';

/** The price of what is never driven out. */
export const NEVER = -1;

export class Shelves {
  readonly #size: Float64Array;
  readonly #begin: Float64Array;
  readonly #end: Float64Array;
  readonly #byBegin: Int32Array;
  readonly #byEnd: Int32Array;
  #count = 0;
  readonly #isPlaced: Uint8Array;
  readonly #nearby: Nearby;
  /** whether those that live when a buffer does are collected */
  readonly #isCollected: boolean;
  readonly #squeeze: Squeeze;
  #isSqueezed = false;
  /** bytes that no placed buffer reaches beyond */
  #limit = 0;
  /** of those that live when a buffer does: begins, ends, and prices in either order */
  readonly #begins: Float64Array;
  readonly #ends: Float64Array;
  readonly #beginPrices: Float64Array;
  readonly #endPrices: Float64Array;

  /** Buffers that take room and are `within`, where the offsets, in bytes, say. */
  constructor(
    { buffers }: Problem,
    offsets: readonly number[],
    within: (b: BufferIndex) => boolean,
    nearby: Nearby,
    squeeze: Squeeze,
  ) {
    this.#nearby = nearby;
    this.#isCollected = nearby.cost < buffers.length;
    this.#squeeze = squeeze;
    const count = buffers.length;
    this.#size = Float64Array.from(buffers, ({ size }) => size);
    this.#begin = Float64Array.from(buffers, (_, b) => offsets[b] ?? 0);
    this.#end = Float64Array.from(buffers, ({ size }, b) => (offsets[b] ?? 0) + size);
    this.#byBegin = new Int32Array(count);
    this.#byEnd = new Int32Array(count);
    this.#begins = new Float64Array(count);
    this.#ends = new Float64Array(count);
    this.#beginPrices = new Float64Array(count);
    this.#endPrices = new Float64Array(count);
    this.#isPlaced = new Uint8Array(count);
    for (const b of buffers.keys()) {
      if ((this.#size[b] as number) === 0 || !within(b)) continue;
      this.#isPlaced[b] = 1;
      this.#byBegin[this.#count] = b;
      this.#byEnd[this.#count++] = b;
      this.#limit = Math.max(this.#limit, this.#end[b] as number);
    }
    this.#arrange();
  }

  get offsets(): readonly number[] {
    return [...this.#begin];
  }

  /**
   * From now on, until the next buffer is put somewhere, others are in the way only as far as they cannot be pushed
   * aside within `target`, in bytes.
   */
  squeeze(target: number): void {
    const order = this.#inOrder();
    this.#squeeze.run(order, target, this.#end, this.#begin);
    for (const b of order) this.#end[b] = (this.#end[b] as number) + (this.#size[b] as number);
    this.#isSqueezed = true;
    this.#arrange();
  }

  /** Pushes down what can be below an offset, and up all else. */
  settle(offset: number): void {
    for (const b of this.#isPlaced.keys()) {
      if (this.#isPlaced[b] === 0) continue;
      const size = this.#size[b] as number;
      if ((this.#end[b] as number) <= offset) this.#begin[b] = (this.#end[b] as number) - size;
      else this.#end[b] = (this.#begin[b] as number) + size;
    }
    this.#isSqueezed = false;
    this.#arrange();
  }

  get height(): number {
    return this.#end.reduce((most, end, b) => (this.#isPlaced[b] === 1 ? Math.max(most, end) : most), 0);
  }

  /**
   * The offset up to `target` where those in the way have the lowest prices in all; of several any one. Candidates are
   * places right above or right below another buffer, and at either end. Undefined where each is in the way of buffers
   * whose price says that they are never driven out (`NEVER`).
   */
  cheapest(
    buffer: BufferIndex,
    size: number,
    alignment: number,
    target: number,
    prices: Float64Array,
    random: () => number,
  ): number | undefined {
    const met = this.#meet(buffer, size, prices);
    let least = Number.POSITIVE_INFINITY;
    let best: number | undefined;
    let ties = 0;
    const consider = (offset: number, price: number): void => {
      if (price > least) return;
      if (price < least) ties = 0;
      if (random() * ++ties >= 1) return;
      least = price;
      best = offset;
    };
    for (const above of [true, false]) {
      let [begun, ended, price, never] = [0, 0, 0, 0];
      for (let i = 0; i <= met; i++) {
        const after = i === 0 ? 0 : (this.#ends[i - 1] as number);
        const before = i === met ? target : Math.min(target, this.#begins[i] as number);
        const offset = above
          ? alignUp(after, alignment)
          : Math.floor((before - size) / alignment) * alignment;
        if (offset < 0) continue;
        if (offset + size > target) break;
        while (begun < met && (this.#begins[begun] as number) < offset + size) {
          const more = this.#beginPrices[begun++] as number;
          if (more === NEVER) never++;
          else price += more;
        }
        while (ended < met && (this.#ends[ended] as number) <= offset) {
          const less = this.#endPrices[ended++] as number;
          if (less === NEVER) never--;
          else price -= less;
        }
        if (never > 0) continue;
        // Sums of prices are not exact; that nothing is in the way is.
        consider(offset, begun === ended ? 0 : price);
      }
    }
    return best;
  }

  /** Takes off what is in the way of a buffer at an offset. */
  driveOut(buffer: BufferIndex, offset: number): BufferIndex[] {
    const end = offset + (this.#size[buffer] as number);
    const out: BufferIndex[] = [];
    if (this.#isCollected) {
      const met = this.#nearby.collect(buffer, this.#isPlaced);
      for (let i = 0; i < met; i++) {
        const other = this.#nearby.found[i] as number;
        if ((this.#begin[other] as number) < end && (this.#end[other] as number) > offset) out.push(other);
      }
      for (const other of out) this.#isPlaced[other] = 0;
      this.#count -= out.length;
      return out;
    }
    for (let i = 0; i < this.#count; i++) {
      const other = this.#byBegin[i] as number;
      if ((this.#begin[other] as number) >= end) break;
      if ((this.#end[other] as number) > offset && this.#nearby.lives.meet(buffer, other)) out.push(other);
    }
    for (const other of out) this.#take(other);
    return out;
  }

  put(buffer: BufferIndex, offset: number): void {
    if (this.#isSqueezed) this.settle(offset);
    this.#begin[buffer] = offset;
    this.#end[buffer] = offset + (this.#size[buffer] as number);
    this.#limit = Math.max(this.#limit, this.#end[buffer] as number);
    this.#isPlaced[buffer] = 1;
    const count = this.#count++;
    if (this.#isCollected) return;
    for (const [order, key] of [
      [this.#byBegin, this.#begin],
      [this.#byEnd, this.#end],
    ] as const) {
      const at = firstFrom(order, count, key, key[buffer] as number);
      order.copyWithin(at + 1, at, count);
      order[at] = buffer;
    }
  }

  /** Puts those placed in order of where they begin, and of where they end, unless they are collected. */
  #arrange(): void {
    if (this.#isCollected) return;
    sort(this.#byBegin, this.#count, this.#begin);
    sort(this.#byEnd, this.#count, this.#end);
  }

  /** Those placed in order of where they begin. */
  #inOrder(): Int32Array {
    if (!this.#isCollected) return this.#byBegin.subarray(0, this.#count);
    const count = this.#nearby.all(this.#isPlaced);
    return this.#nearby.ordered(count, this.#begin, this.#limit + 1);
  }

  #take(buffer: BufferIndex): void {
    this.#isPlaced[buffer] = 0;
    for (const [order, key] of [
      [this.#byBegin, this.#begin],
      [this.#byEnd, this.#end],
    ] as const) {
      const at = order.indexOf(buffer, firstFrom(order, this.#count, key, key[buffer] as number));
      order.copyWithin(at, at + 1, this.#count);
    }
    this.#count--;
  }

  /** Notes those that live when the buffer does and leave it no room on both sides, and tells how many. */
  #meet(buffer: BufferIndex, size: number, prices: Float64Array): number {
    const begin = this.#begin;
    const end = this.#end;
    const nearby = this.#nearby;
    const collected = this.#isCollected ? nearby.collect(buffer, this.#isPlaced) : 0;
    let met = 0;
    for (const [key, places, placePrices] of [
      [begin, this.#begins, this.#beginPrices],
      [end, this.#ends, this.#endPrices],
    ] as const) {
      const walked = key === begin ? this.#byBegin : this.#byEnd;
      const order = this.#isCollected ? nearby.ordered(collected, key, this.#limit + 1) : walked;
      const count = this.#isCollected ? collected : this.#count;
      met = 0;
      for (let i = 0; i < count; i++) {
        const other = order[i] as number;
        if ((begin[other] as number) - (end[other] as number) >= size) continue;
        if (!this.#isCollected && !this.#nearby.lives.meet(buffer, other)) continue;
        places[met] = key[other] as number;
        placePrices[met++] = prices[other] as number;
      }
    }
    return met;
  }
}

/** Position of the first of `count` in order of a key whose key is no less than a value. */
function firstFrom(order: Int32Array, count: number, key: Float64Array, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((key[order[middle] as number] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Distances over which Shell's sort exchanges (Ciura 2001); what is sorted is nearly in order. */
const SORT_GAPS = [132, 23, 4, 1] as const;

/** Puts the first `count` in ascending order of a key. */
function sort(order: Int32Array, count: number, key: Float64Array): void {
  for (const gap of SORT_GAPS) {
    for (let i = gap; i < count; i++) {
      const b = order[i] as number;
      const value = key[b] as number;
      let at = i;
      for (; at >= gap && (key[order[at - gap] as number] as number) > value; at -= gap) {
        order[at] = order[at - gap] as number;
      }
      order[at] = b;
    }
  }
}
