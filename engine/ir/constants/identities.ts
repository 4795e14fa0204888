// Which constants have the same elements, as numbers: equal numbers, equal elements. Those read from the same bytes,
// those made of such ones in the same way, and those whose bytes were found to be equal. Few bytes are looked at of
// what differs, and not without bound of what is equal; unequal numbers say nothing.

import type { Constant, TensorData } from '../types.ts';
import { constantDtype, constantShape } from './constant.ts';
import type { ReadBytes } from './reading.ts';

/** Bytes of files that are compared in full, at most: about as much as is read in a fifth of a second. */
const MOST_COMPARED_BYTES = 2 ** 29;
/** Bytes, or elements in memory, that tell most constants of one type and shape apart. */
const SAMPLE = 16;
/** Bytes of a comparison's first step, and of its largest. */
const FIRST_STEP = 4096;
const LARGEST_STEP = 2 ** 20;

type Stored = Extract<Constant, { kind: 'file' }>;
type Inline = Extract<Constant, { kind: 'inline' }>;

/** Constants of one type and shape whose bytes may be equal. */
interface Alike<C> {
  /** the only one, which was not looked at yet */
  first?: { readonly constant: C; readonly number: number };
  /** by sample */
  readonly known: Map<string, { readonly constant: C; readonly number: number }[]>;
}

/** Numbers for constants: equal ones have the same. */
export class Identities {
  readonly #read: ReadBytes;
  readonly #ofObject = new WeakMap<Constant, number>();
  readonly #ofText = new Map<string, number>();
  readonly #files = new Map<string, Alike<Stored>>();
  readonly #inline = new Map<string, Alike<Inline>>();
  #comparedBytes = 0;
  #next = 0;

  constructor(read: ReadBytes) {
    this.#read = read;
  }

  /** The constant's number. Throws when its file is gone. */
  of(constant: Constant): number {
    const known = this.#ofObject.get(constant);
    if (known !== undefined) return known;
    const number = this.#find(constant);
    this.#ofObject.set(constant, number);
    return number;
  }

  #find(constant: Constant): number {
    const type = `${constantDtype(constant)} ${constantShape(constant).join('x')}`;
    if (constant.kind === 'inline') {
      // What is known of one is not lost to the other.
      const kind = constant.dequantised ? `${type} dequantised` : type;
      const same = (a: Inline, b: Inline) => sameElements(a.tensor.data, b.tensor.data);
      return this.#among(this.#inline, kind, constant, sampleOf, same);
    }
    if (constant.kind === 'computed') {
      const { recipe } = constant;
      if (!recipe) return this.#next++;
      const order = recipe.order ? `[${recipe.order.join()}]` : '';
      return this.#named(`${recipe.how}${order} ${recipe.from.map(from => this.of(from)).join()} ${type}`);
    }
    const { file, offset, length, encoding } = constant;
    const place = `${type} ${encoding} ${file} ${offset} ${length}`;
    const same = (a: Stored, b: Stored) => this.#sameBytes(a, b);
    const sample = (stored: Stored) => this.#sampleOf(stored);
    const known = this.#ofText.get(place);
    if (known !== undefined) return known;
    const number = this.#among(this.#files, `${type} ${encoding} ${length}`, constant, sample, same);
    this.#ofText.set(place, number);
    return number;
  }

  #named(text: string): number {
    const known = this.#ofText.get(text);
    if (known !== undefined) return known;
    const number = this.#next++;
    this.#ofText.set(text, number);
    return number;
  }

  /** The number of an equal one, or a new one. A constant that has no other of its type is not looked at. */
  #among<C>(
    all: Map<string, Alike<C>>,
    type: string,
    constant: C,
    sample: (constant: C) => string,
    same: (a: C, b: C) => boolean,
  ): number {
    const alike = all.get(type);
    const own = { constant, number: this.#next };
    if (!alike) {
      all.set(type, { first: own, known: new Map() });
      return this.#next++;
    }
    if (alike.first) alike.known.set(sample(alike.first.constant), [alike.first]);
    delete alike.first;
    const key = sample(constant);
    const candidates = alike.known.get(key) ?? [];
    const equal = candidates.find(candidate => same(candidate.constant, constant));
    if (equal) return equal.number;
    alike.known.set(key, [...candidates, own]);
    return this.#next++;
  }

  /** From the middle, where weights have no headers of zeros. */
  #sampleOf({ file, offset, length }: Stored): string {
    const size = Math.min(SAMPLE, length);
    return this.#read(file, offset + Math.floor((length - size) / 2), size).join();
  }

  #sameBytes(a: Stored, b: Stored): boolean {
    const { length } = a;
    for (let done = 0, step = FIRST_STEP; done < length; done += step, step = LARGEST_STEP) {
      const size = Math.min(step, length - done);
      this.#comparedBytes += 2 * size;
      if (this.#comparedBytes > MOST_COMPARED_BYTES) return false;
      const [left, right] = [a, b].map(({ file, offset }) => this.#read(file, offset + done, size));
      if (!left || !right || left.length < size || !sameElements(words(left), words(right))) return false;
    }
    return true;
  }
}

const sampleOf = ({ tensor: { data } }: Inline): string => {
  const begin = Math.max(0, Math.floor((data.length - SAMPLE) / 2));
  return Array.from({ length: Math.min(SAMPLE, data.length) }, (_, i) => textOf(data[begin + i])).join();
};

/** Several bytes at once where that can be. */
const words = (bytes: Uint8Array): TensorData =>
  bytes.byteOffset % 4 === 0 && bytes.length % 4 === 0
    ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    : bytes;

/** −0 is not 0, and NaN is NaN. */
const textOf = (element: unknown): string => (Object.is(element, -0) ? '-0' : String(element));

function sameElements(a: TensorData, b: TensorData): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
