// How the bytes and elements of constants are asked for.

/**
 * Reads `length` bytes of a file from byte `offset`, synchronously. Returns fewer bytes when the file ends before;
 * throws when the file cannot be opened. The result may share memory with the file's buffer: don't write to it.
 */
export interface ReadBytes {
  (file: string, offset: number, length: number): Uint8Array;
  /** every result has memory of its own, which may be given back */
  readonly fresh?: boolean;
  /** writes the bytes to `target` instead, and returns how many there were */
  readonly into?: (file: string, offset: number, target: Uint8Array) => number;
}

/** Elements [from, to). Good until the next part is asked for; not to be written to. */
export type FloatParts = (from: number, to: number) => Float32Array;
