// Kernels that do the same in different places: repeated layers. Their code is written once and told addresses, so
// there is less to emit, to compile and to warm up. Invariant: kernels of one form have the same code, byte for byte.

import type { Access, BufferRef } from '../select/spec/access.ts';
import type { Kernel } from './kernel.ts';
import { memoryType } from './vector/memory-types.ts';

/** A buffer from the byte on where a kernel first reads or writes it: as a part of a concatenation. */
export interface Place {
  readonly buffer: BufferRef;
  /** bytes from the buffer's first */
  readonly from: number;
}

/** All that the code of a kernel depends on but for where its buffers lie, and where these are in order. */
export interface KernelForm {
  /** equal for kernels that are alike */
  readonly text: string;
  readonly places: readonly Place[];
}

/** One name per buffer. */
export const bufferName = ({ space, id }: BufferRef): string => `${space} ${id}`;

/** The form of a kernel; undefined for a chain, whose functions have a state of their own. */
export function formOf({ name: _, ...parts }: Kernel): KernelForm | undefined {
  if (parts.spec.kind === 'chain') return undefined;
  const writer = new FormWriter();
  writer.write(parts);
  return writer;
}

/** JSON that keeps all numbers apart and has a buffer's turn of first use instead of the buffer. */
class FormWriter implements KernelForm {
  text = '';
  readonly places: Place[] = [];
  readonly #turns = new Map<string, number>();

  write(value: unknown): void {
    if (typeof value !== 'object' || value === null) this.text += Object.is(value, -0) ? '-0' : `${value}`;
    else if (Array.isArray(value)) this.#writeList(value);
    else if (isBuffer(value)) this.#writePlace(value, 0);
    else if (isAccess(value)) this.#writeAccess(value);
    else this.#writeFields(value);
  }

  #writeList(list: readonly unknown[]): void {
    this.text += '[';
    for (const item of list) {
      this.write(item);
      this.text += ',';
    }
    this.text += ']';
  }

  #writeFields(fields: object): void {
    this.text += '{';
    for (const [name, value] of Object.entries(fields)) {
      this.text += `${name}:`;
      this.write(value);
      this.text += ',';
    }
    this.text += '}';
  }

  #writeAccess({ buffer, offset, ...others }: Access): void {
    this.#writePlace(buffer, offset * memoryType(others.dtype).sizeBytes);
    this.#writeFields(others);
  }

  /** How many bytes it is from the place of the same buffer that came first. */
  #writePlace(buffer: BufferRef, from: number): void {
    const name = bufferName(buffer);
    const known = this.#turns.get(name);
    const turn = known ?? this.places.push({ buffer, from }) - 1;
    this.#turns.set(name, turn);
    this.text += `@${turn}+${from - (this.places[turn]?.from ?? 0)}`;
  }
}

const isBuffer = (value: object): value is BufferRef => 'space' in value && 'id' in value;

const isAccess = (value: object): value is Access =>
  'buffer' in value && 'dtype' in value && 'offset' in value && 'strides' in value;
