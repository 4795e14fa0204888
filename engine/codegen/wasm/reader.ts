// Reads WebAssembly's number encodings, the counterpart of ByteWriter. Running over the end is an error with a place.

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A cursor over bytes. */
export class ByteReader {
  position: number;
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  private take(count: number): number {
    const at = this.position;
    if (at + count > this.end)
      throw new Error(`byte ${at}: expected ${count} more bytes, found ${this.end - at}`);
    this.position += count;
    return at;
  }

  byte(): number {
    return this.view.getUint8(this.take(1));
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  f32(): number {
    return this.view.getFloat32(this.take(4), true);
  }

  f64(): number {
    return this.view.getFloat64(this.take(8), true);
  }

  unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error(`byte ${this.position}: expected an unsigned number of at most five bytes`);
  }

  signed64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(Number(shift) + 7, value);
    }
    throw new Error(`byte ${this.position}: expected a signed number of at most ten bytes`);
  }

  signed(): number {
    return Number(this.signed64());
  }

  name(): string {
    const length = this.unsigned();
    const at = this.take(length);
    return decoder.decode(this.bytes.subarray(at, at + length));
  }

  /** A reader of the next `length` bytes, which are skipped here. */
  slice(length: number): ByteReader {
    const at = this.take(length);
    return new ByteReader(this.bytes, at, at + length);
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: this.unsigned() }, item);
  }
}
