// The only place that takes WebAssembly memory. A pool is one memory, sized when it is made and never grown
// (growing would detach views that others hold); regions of it are handed out and returned under a tag and a limit.

import { ADDRESSABLE_BYTES } from '../ir/tensor.ts';

/** Bytes of one WebAssembly page. */
const PAGE_BYTES = 65_536;
/** Vector loads may touch a little beyond the last element: regions are that far apart. */
export const GUARD_BYTES = 64;
const ALIGNMENT_BYTES = 64;

/** A part of the pool. */
export interface Region {
  readonly tag: string;
  /** bytes from the start of the memory */
  readonly offset: number;
  readonly bytes: number;
}

/** Of a pool, at the moment and at most. */
export interface MemoryUsage {
  readonly capacityBytes: number;
  readonly usedBytes: number;
  readonly peakBytes: number;
  readonly byTag: Readonly<Record<string, number>>;
}

/** Whoever needs memory asks for it here, so that use can be limited, counted and checked for leaks. */
export interface Allocator {
  readonly memory: WebAssembly.Memory;
  take(tag: string, bytes: number): Region;
  release(region: Region): void;
  usage(): MemoryUsage;
}

/** More memory was asked for than there may be: the message has both sizes. */
export class MemoryLimitError extends Error {
  readonly neededBytes: number;
  readonly limitBytes: number;
  constructor(what: string, neededBytes: number, limitBytes: number) {
    super(`${what} needs ${neededBytes} bytes of memory, the limit is ${limitBytes}`);
    this.name = 'MemoryLimitError';
    this.neededBytes = neededBytes;
    this.limitBytes = limitBytes;
  }
}

const roundUp = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit;
const occupied = (bytes: number): number => roundUp(bytes + GUARD_BYTES, ALIGNMENT_BYTES);

/** Capacity that holds regions of these sizes, taken one after the other. */
export function capacityFor(regionBytes: readonly number[]): number {
  return regionBytes.reduce((sum, bytes) => sum + occupied(bytes), 0);
}

/** First-fit allocation in one memory. */
export class MemoryPool implements Allocator {
  readonly memory: WebAssembly.Memory;
  readonly #capacityBytes: number;
  /** ascending by offset */
  #regions: Region[] = [];
  #peakBytes = 0;

  /**
   * `shared`: between threads. Throws a MemoryLimitError when `capacityBytes` exceeds the limit or the machine
   * refuses.
   */
  constructor(
    capacityBytes: number,
    { limitBytes = ADDRESSABLE_BYTES, shared }: { readonly limitBytes?: number; readonly shared: boolean },
  ) {
    const limit = Math.min(limitBytes, ADDRESSABLE_BYTES);
    const pages = Math.max(1, Math.ceil(capacityBytes / PAGE_BYTES));
    if (pages * PAGE_BYTES > limit) throw new MemoryLimitError('the program', capacityBytes, limit);
    try {
      this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    } catch (error) {
      throw new Error(`no ${pages * PAGE_BYTES} bytes of memory to be had`, { cause: error });
    }
    this.#capacityBytes = pages * PAGE_BYTES;
  }

  take(tag: string, bytes: number): Region {
    let offset = 0;
    let at = 0;
    for (; at < this.#regions.length; at++) {
      const next = this.#regions[at];
      if (!next || offset + occupied(bytes) <= next.offset) break;
      offset = next.offset + occupied(next.bytes);
    }
    if (offset + occupied(bytes) > this.#capacityBytes) {
      throw new MemoryLimitError(tag, offset + occupied(bytes), this.#capacityBytes);
    }
    const region = { tag, offset, bytes };
    this.#regions.splice(at, 0, region);
    this.#peakBytes = Math.max(this.#peakBytes, this.#usedBytes());
    return region;
  }

  /** Throws when the region is not taken: that is our bug. */
  release(region: Region): void {
    if (!this.#regions.includes(region)) throw new Error(`region ${region.tag} is not taken`);
    this.#regions = this.#regions.filter(other => other !== region);
  }

  usage(): MemoryUsage {
    const byTag: Record<string, number> = {};
    for (const { tag, bytes } of this.#regions) byTag[tag] = (byTag[tag] ?? 0) + bytes;
    return {
      capacityBytes: this.#capacityBytes,
      usedBytes: this.#usedBytes(),
      peakBytes: this.#peakBytes,
      byTag,
    };
  }

  #usedBytes(): number {
    return this.#regions.reduce((sum, region) => sum + region.bytes, 0);
  }
}
