// The weights space while a program is put together: one segment per constant and form it is stored in, each stored
// once. Constants that are known to be equal are one.

import type { Identities } from '../ir/constants/identities.ts';
import type { Constant } from '../ir/types.ts';
import type { WeightSegment } from '../runtime/program.ts';
import type { BufferRef } from './spec/access.ts';

/** bytes; a cache line, and enough for any vector */
const ALIGNMENT = 64;

/** A matrix, or one per tap, in panels of so many columns: [column / columns][row][columns]. */
export interface Panels {
  readonly buffer: BufferRef;
  readonly columns: number;
}

/** Segments so far, in the order of their places. */
export class Weights {
  readonly segments: WeightSegment[] = [];
  readonly #identities: Identities;
  readonly #refs = new Map<string, BufferRef>();
  readonly #panels = new Map<string, Panels>();
  #bytes = 0;

  constructor(identities: Identities) {
    this.#identities = identities;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** bytes from the start of the space */
  offsetOf(id: number): number {
    const segment = this.segments[id];
    if (!segment) throw new Error(`no segment ${id} of the weights`);
    return segment.offset;
  }

  /** The same for constants that are known to be equal. */
  keyOf(constant: Constant): string {
    return `${this.#identities.of(constant)}`;
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

  /** Says that a constant is stored in panels: whoever else reads it had better read these. */
  setPanels(constant: Constant, form: string, panels: Panels): void {
    const key = `${this.keyOf(constant)} ${form}`;
    if (!this.#panels.has(key)) this.#panels.set(key, panels);
  }

  /** The panels of this form that a constant is stored in already. */
  panelsOf(constant: Constant, form: string): Panels | undefined {
    return this.#panels.get(`${this.keyOf(constant)} ${form}`);
  }
}
