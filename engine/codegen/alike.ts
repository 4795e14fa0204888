// Kernels that do the same in different places: repeated layers. Their code is written once and told addresses, so
// there is less to emit, to compile and to warm up. Invariant: kernels of one form have the same code, byte for byte.

import type { BufferRef } from '../select/spec.ts';
import type { Kernel } from './kernel.ts';

/** All that the code of a kernel depends on but for where its buffers lie, and these buffers in order. */
export interface KernelForm {
  /** equal for kernels that are alike */
  readonly text: string;
  readonly buffers: readonly BufferRef[];
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

/** JSON that keeps all numbers apart and has a buffer's place of first use instead of the buffer. */
class FormWriter implements KernelForm {
  text = '';
  readonly buffers: BufferRef[] = [];
  readonly #places = new Map<string, number>();

  write(value: unknown): void {
    if (typeof value !== 'object' || value === null) this.text += Object.is(value, -0) ? '-0' : `${value}`;
    else if (Array.isArray(value)) this.#writeList(value);
    else if (isBuffer(value)) this.text += `@${this.#placeOf(value)}`;
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

  #placeOf(buffer: BufferRef): number {
    const name = bufferName(buffer);
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    this.#places.set(name, this.buffers.length);
    return this.buffers.push(buffer) - 1;
  }
}

const isBuffer = (value: object): value is BufferRef => 'space' in value && 'id' in value;
