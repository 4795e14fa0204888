// Placed buffers: what lies where, and what a place would cost. Who lives when a buffer does is collected and put in
// order each time where few do; else all are kept in order of where they begin, and of where they end.
// Invariant: both orders hold what is placed, or nothing where it is collected, and no two that live together overlap.

import { alignUp } from './align.ts';
import type { Nearby } from './nearby.ts';
import type { BufferIndex, Problem } from './types.ts';

export class Shelves {
  readonly #lower: Float64Array;
  readonly #upper: Float64Array;
  readonly #size: Float64Array;
  readonly #begin: Float64Array;
  readonly #end: Float64Array;
  readonly #byBegin: Int32Array;
  readonly #byEnd: Int32Array;
  #count = 0;
  readonly #isPlaced: Uint8Array;
  readonly #nearby: Nearby | undefined;
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
    nearby: Nearby | undefined,
  ) {
    this.#nearby = nearby;
    const count = buffers.length;
    this.#lower = Float64Array.from(buffers, ({ lower }) => lower);
    this.#upper = Float64Array.from(buffers, ({ upper }) => upper);
    this.#size = Float64Array.from(buffers, ({ size }) => size);
    this.#begin = Float64Array.from(buffers, (_, b) => offsets[b] ?? 0);
    this.#end = Float64Array.from(buffers, ({ size }, b) => (offsets[b] ?? 0) + size);
    this.#byBegin = new Int32Array(count);
    this.#byEnd = new Int32Array(count);
    this.#begins = new Float64Array(count);
    this.#ends = new Float64Array(count);
    this.#beginPrices = new Float64Array(count);
    this.#endPrices = new Float64Array(count);
    const placed = Int32Array.from(buffers.keys()).filter(b => (this.#size[b] as number) > 0 && within(b));
    this.#isPlaced = new Uint8Array(count);
    for (const b of placed) {
      this.#isPlaced[b] = 1;
      this.#limit = Math.max(this.#limit, this.#end[b] as number);
    }
    if (nearby !== undefined) return;
    this.#count = placed.length;
    this.#byBegin.set(
      placed.sort((a, b) => (this.#begin[a] as number) - (this.#begin[b] as number) || a - b),
    );
    this.#byEnd.set(placed.sort((a, b) => (this.#end[a] as number) - (this.#end[b] as number) || a - b));
  }

  get offsets(): readonly number[] {
    return [...this.#begin];
  }

  get height(): number {
    return this.#end.reduce((most, end, b) => (this.#isPlaced[b] === 1 ? Math.max(most, end) : most), 0);
  }

  /**
   * The offset up to `target` where those in the way have the lowest prices in all; of several any one. Candidates are
   * places right above or right below another buffer, and at either end.
   */
  cheapest(
    buffer: BufferIndex,
    size: number,
    alignment: number,
    target: number,
    prices: Float64Array,
    random: () => number,
  ): number {
    const met = this.#meet(buffer, prices);
    let least = Number.POSITIVE_INFINITY;
    let best = 0;
    let ties = 0;
    const consider = (offset: number, price: number): void => {
      if (price > least) return;
      if (price < least) ties = 0;
      if (random() * ++ties >= 1) return;
      least = price;
      best = offset;
    };
    for (const above of [true, false]) {
      let [begun, ended, price] = [0, 0, 0];
      for (let i = 0; i <= met; i++) {
        const after = i === 0 ? 0 : (this.#ends[i - 1] as number);
        const before = i === met ? target : Math.min(target, this.#begins[i] as number);
        const offset = above
          ? alignUp(after, alignment)
          : Math.floor((before - size) / alignment) * alignment;
        if (offset < 0) continue;
        if (offset + size > target) break;
        while (begun < met && (this.#begins[begun] as number) < offset + size)
          price += this.#beginPrices[begun++] as number;
        while (ended < met && (this.#ends[ended] as number) <= offset)
          price -= this.#endPrices[ended++] as number;
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
    if (this.#nearby !== undefined) {
      const met = this.#nearby.collect(buffer, this.#isPlaced);
      for (let i = 0; i < met; i++) {
        const other = this.#nearby.found[i] as number;
        if ((this.#begin[other] as number) < end && (this.#end[other] as number) > offset) out.push(other);
      }
      for (const other of out) this.#isPlaced[other] = 0;
      return out;
    }
    for (let i = 0; i < this.#count; i++) {
      const other = this.#byBegin[i] as number;
      if ((this.#begin[other] as number) >= end) break;
      if ((this.#end[other] as number) > offset && this.#livesWith(buffer, other)) out.push(other);
    }
    for (const other of out) this.#take(other);
    return out;
  }

  put(buffer: BufferIndex, offset: number): void {
    this.#begin[buffer] = offset;
    this.#end[buffer] = offset + (this.#size[buffer] as number);
    this.#limit = Math.max(this.#limit, this.#end[buffer] as number);
    this.#isPlaced[buffer] = 1;
    if (this.#nearby !== undefined) return;
    for (const [order, key] of [
      [this.#byBegin, this.#begin],
      [this.#byEnd, this.#end],
    ] as const) {
      const at = this.#firstFrom(order, key, key[buffer] as number);
      order.copyWithin(at + 1, at, this.#count);
      order[at] = buffer;
    }
    this.#count++;
  }

  #take(buffer: BufferIndex): void {
    this.#isPlaced[buffer] = 0;
    for (const [order, key] of [
      [this.#byBegin, this.#begin],
      [this.#byEnd, this.#end],
    ] as const) {
      const at = order.indexOf(buffer, this.#firstFrom(order, key, key[buffer] as number));
      order.copyWithin(at, at + 1, this.#count);
    }
    this.#count--;
  }

  #firstFrom(order: Int32Array, key: Float64Array, value: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((key[order[middle] as number] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Notes those that live when the buffer does, and tells how many. */
  #meet(buffer: BufferIndex, prices: Float64Array): number {
    if (this.#nearby !== undefined) return this.#collect(this.#nearby, buffer, prices);
    let met = 0;
    for (let i = 0; i < this.#count; i++) {
      const other = this.#byBegin[i] as number;
      if (!this.#livesWith(buffer, other)) continue;
      this.#begins[met] = this.#begin[other] as number;
      this.#beginPrices[met++] = prices[other] as number;
    }
    met = 0;
    for (let i = 0; i < this.#count; i++) {
      const other = this.#byEnd[i] as number;
      if (!this.#livesWith(buffer, other)) continue;
      this.#ends[met] = this.#end[other] as number;
      this.#endPrices[met++] = prices[other] as number;
    }
    return met;
  }

  #collect(nearby: Nearby, buffer: BufferIndex, prices: Float64Array): number {
    const met = nearby.collect(buffer, this.#isPlaced);
    for (const [key, places, placePrices] of [
      [this.#begin, this.#begins, this.#beginPrices],
      [this.#end, this.#ends, this.#endPrices],
    ] as const) {
      nearby.ordered(met, key, this.#limit + 1).forEach((other, i) => {
        places[i] = key[other] as number;
        placePrices[i] = prices[other] as number;
      });
    }
    return met;
  }

  #livesWith(a: BufferIndex, b: BufferIndex): boolean {
    return (
      (this.#lower[b] as number) < (this.#upper[a] as number) &&
      (this.#upper[b] as number) > (this.#lower[a] as number)
    );
  }
}
