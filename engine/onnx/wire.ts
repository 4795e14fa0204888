// Protobuf's wire format, read in chunks from a file of any size: field headers only, contents stay where they are.
// Never looks past the limit it is given, and never allocates by a length the file claims.
// https://protobuf.dev/programming-guides/encoding/

import type { ReadBytes } from '../ir/constants/reading.ts';

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

const CHUNK_BYTES = 1 << 16;
/** Read where the file is jumped about in: between headers lie payloads that nobody wants yet. */
const FIRST_CHUNK_BYTES = 1 << 10;

/** A field of a protobuf message on the wire. */
export interface Field {
  readonly number: number;
  /** VARINT, FIXED64, BYTES or FIXED32 */
  readonly wire: number;
  /** byte of the header */
  readonly at: number;
  /** bytes of the content: [begin, end); of BYTES without the length */
  readonly begin: number;
  /** may lie beyond the limit: the length is what the file claims */
  readonly end: number;
}

/** Why there is no field: where, what was expected and what was found. */
export interface WireProblem {
  readonly problem: string;
  readonly at: number;
}

/** Reads fields of the wire format one after the other, from chunks of a file. */
export class WireReader {
  readonly file: string;
  readonly size: number;
  readonly #read: ReadBytes;
  #chunk = new Uint8Array(0);
  #chunkBegin = 0;
  #position = 0;

  constructor(read: ReadBytes, file: string, size: number) {
    this.#read = read;
    this.file = file;
    this.size = size;
  }

  /** The bytes [begin, end), fewer when the file turns out to end before. */
  bytes(begin: number, end: number): Uint8Array {
    if (begin >= this.#chunkBegin && end <= this.#chunkBegin + this.#chunk.length) {
      return this.#chunk.subarray(begin - this.#chunkBegin, end - this.#chunkBegin);
    }
    if (end - begin > CHUNK_BYTES) return this.#read(this.file, begin, end - begin);
    this.#load(begin, end - begin);
    return this.#chunk.subarray(0, end - begin);
  }

  /** The field whose header starts at byte `at`. */
  field(at: number, limit: number): Field | WireProblem {
    this.#position = at;
    const tag = this.#varint(limit);
    if (tag === undefined) return { at, problem: 'expected a field, found no complete varint' };
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (number < 1 || number > 0x1fffffff) {
      return { at, problem: `expected a field number from 1 to 536870911, found ${number}` };
    }
    const begin = this.#position;
    if (wire === FIXED32) return { number, wire, at, begin, end: begin + 4 };
    if (wire === FIXED64) return { number, wire, at, begin, end: begin + 8 };
    if (wire !== VARINT && wire !== BYTES) {
      return { at, problem: `expected wire type 0, 1, 2 or 5 of field ${number}, found ${wire}` };
    }
    const value = this.#varint(limit);
    if (value === undefined) {
      return { at, problem: `expected a varint in field ${number}, found none that is complete` };
    }
    const end = this.#position;
    return {
      number,
      wire,
      at,
      begin: wire === VARINT ? begin : end,
      end: wire === VARINT ? end : end + value,
    };
  }

  /** How many varints lie in [begin, end): the bytes without a continuation bit; undefined if the last is cut. */
  countVarints(begin: number, end: number): number | undefined {
    let count = 0;
    let last = 0;
    for (let at = begin; at < end; at += CHUNK_BYTES) {
      const bytes = this.bytes(at, Math.min(end, at + CHUNK_BYTES));
      for (const byte of bytes) if (byte < 0x80) count++;
      last = bytes.at(-1) ?? 0x80;
    }
    return last < 0x80 ? count : undefined;
  }

  /** The varint at the position; undefined when it doesn't end before `limit` or within 10 bytes. */
  #varint(limit: number): number | undefined {
    let value = 0;
    let scale = 1;
    const end = Math.min(limit, this.#position + 10);
    for (let at = this.#position; at < end; at++) {
      const byte = this.#byte(at);
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) {
        this.#position = at + 1;
        return value;
      }
    }
    return undefined;
  }

  #byte(at: number): number | undefined {
    const offset = at - this.#chunkBegin;
    if (offset >= 0 && offset < this.#chunk.length) return this.#chunk[offset];
    this.#load(at);
    return this.#chunk[0];
  }

  /** Reads on in larger and larger chunks, and a small one after a jump; no less than `least` bytes. */
  #load(begin: number, least = 0): void {
    const goesOn = begin >= this.#chunkBegin && begin <= this.#chunkBegin + this.#chunk.length;
    const wanted = goesOn ? Math.min(CHUNK_BYTES, 2 * this.#chunk.length) : 0;
    const length = Math.min(Math.max(wanted, FIRST_CHUNK_BYTES, least), Math.max(0, this.size - begin));
    this.#chunk = new Uint8Array(this.#read(this.file, begin, length));
    this.#chunkBegin = begin;
  }
}
