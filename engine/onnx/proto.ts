// The only place that touches onnx-proto: scanned bytes → decoded messages, with numbers and strings as we use them.

import onnxProto from 'onnx-proto';
import { byteWhere, type Message, type Range, type Scan } from './scan.ts';

const { onnx } = onnxProto;

export { onnx };

/** Decoded, a byte can become a number of 50 bytes. */
const MAX_REST_BYTES = 1 << 24;

/** The bytes of several ranges, one after the other; fewer if the file ends before. */
export function readRanges(scan: Scan, ranges: readonly Range[]): Uint8Array {
  const first = ranges[0];
  if (first && ranges.length === 1) return scan.reader.bytes(first.begin, first.end);
  const parts = ranges.map(range => scan.reader.bytes(range.begin, range.end));
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Decodes the small rest of a message; undefined, with a diagnostic, where onnx-proto can't. */
export function decodeRest<T>(
  scan: Scan,
  message: Message,
  type: { decode(bytes: Uint8Array): T },
): T | undefined {
  const size = message.rest.reduce((sum, range) => sum + range.end - range.begin, 0);
  if (size > MAX_REST_BYTES) {
    const problem = `${message.type}: expected at most ${MAX_REST_BYTES} bytes beside tensor data, found ${size}`;
    scan.diagnostics.error('message-too-large', byteWhere(scan, message.begin), problem);
    return undefined;
  }
  try {
    return type.decode(readRanges(scan, message.rest));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const problem = `expected a readable ${message.type}, found bytes that don't decode (${reason})`;
    scan.diagnostics.error('unreadable-message', byteWhere(scan, message.begin), problem);
    return undefined;
  }
}

type Integer = number | { toNumber(): number } | null | undefined;

/** The largest number that is still an int64: 2^63 − 1 itself would round up, and come back negative. */
const LARGEST_INT64 = 2 ** 63 - 1024;

/** 64-bit integers beyond 2^53 are rounded: in attributes and shapes they mean "as far as it goes". */
export const toNumber = (value: Integer): number =>
  typeof value === 'number' ? value : Math.min(value?.toNumber() ?? 0, LARGEST_INT64);

const strict = new TextDecoder('utf-8', { fatal: true });

/** Text of a bytes field; undefined when it is no UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Key-value pairs (metadata_props, external_data) as a plain object. */
export function pairsOf(
  entries: readonly { readonly key?: string | null; readonly value?: string | null }[],
): Record<string, string> {
  return Object.fromEntries(entries.map(entry => [entry.key ?? '', entry.value ?? '']));
}
