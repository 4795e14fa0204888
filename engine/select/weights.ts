// The weights space while a program is put together: one segment per constant and packing, each stored once.

import type { WeightSegment } from '../runtime/program.ts';
import type { BufferRef } from './spec.ts';

/** bytes; a cache line, and enough for any vector */
const ALIGNMENT = 64;

export class Weights {
  readonly segments: WeightSegment[] = [];
  readonly #refs = new Map<string, BufferRef>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** bytes from the start of the space */
  offsetOf(id: number): number {
    const segment = this.segments[id];
    if (!segment) throw new Error(`no segment ${id} of the weights`);
    return segment.offset;
  }

  /** The place of a segment; the same key is stored once, whoever asks for it. */
  add(key: string, name: string, bytes: number, load: (target: Uint8Array) => void): BufferRef {
    const known = this.#refs.get(key);
    if (known) return known;
    const ref: BufferRef = { space: 'weights', id: this.segments.length };
    this.segments.push({ name, offset: this.#bytes, bytes, load });
    this.#bytes += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    this.#refs.set(key, ref);
    return ref;
  }
}
