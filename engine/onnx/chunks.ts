// A protobuf message under construction: chunks of bytes in their order, put together once at the end, so that large
// tensors are not copied at every level of nesting. Chunks are only read: one may be a tensor's own memory.

import protobuf from 'protobufjs/minimal.js';

/** Bytes in pieces, so that none of a large file is copied. */
export type Chunks = readonly Uint8Array[];

const LENGTH_DELIMITED = 2;

/** Length of all chunks together. */
export function chunksBytes(chunks: Chunks): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

/** A nested message or a field of bytes, with its header. */
export function field(number: number, message: Chunks): Uint8Array[] {
  const header = protobuf.Writer.create()
    .uint32(number * 8 + LENGTH_DELIMITED)
    .uint32(chunksBytes(message));
  return [header.finish(), ...message];
}

/** All chunks as one array of bytes of its own. */
export function joined(chunks: Chunks): Uint8Array {
  const bytes = new Uint8Array(chunksBytes(chunks));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
