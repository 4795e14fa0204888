// The wire scan: walks a file's nested messages without loading it. What it finds stays where it is, as byte ranges:
// tensor payloads for Constant, the small rest for onnx-proto. Every range it hands out lies within the file,
// and its memory is bounded by MAX_ITEMS whatever the file claims.

import type { DiagnosticList } from './diagnostics.ts';
import { type FieldSchema, type MessageType, type PayloadKind, SCHEMA, type ScalarKind } from './schema.ts';
import { BYTES, FIXED32, FIXED64, type Field, VARINT, type WireReader } from './wire.ts';

/** Bytes [begin, end) of the file. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

export interface Payload {
  readonly kind: PayloadKind;
  /** more than one when the field is given several times or its elements aren't packed */
  readonly ranges: Range[];
}

export interface Message extends Range {
  readonly type: MessageType;
  /** what onnx-proto decodes: the fields without nested messages and payloads */
  readonly rest: Range[];
  readonly children: ReadonlyMap<number, readonly Message[]>;
  readonly payloads: ReadonlyMap<number, Payload>;
  readonly newerStrings: ReadonlyMap<number, string>;
}

/** What reading one file shares. */
export interface Scan {
  readonly reader: WireReader;
  readonly diagnostics: DiagnosticList;
  /** items still allowed */
  budget: number;
  /** bytes that sparse tensors may still take when they are made dense: the one thing larger than the file */
  denseBudgetBytes: number;
  /** end of a message that was cut short and reported: what ends there inside it is no news */
  cutAt?: number;
  /** what is nested too deep was reported: of many, the first says it */
  tooDeep?: true;
}

// Nesting as in protobuf's own parsers: 100 messages. Items: messages and separate ranges, of some 500 bytes each with
// what is decoded from them.
const MAX_DEPTH = 100;
const MAX_ITEMS = 1_000_000;
const MAX_DENSE_BYTES = 1 << 30;

/** A scan that has not begun: nothing of what one file may take is used up. */
export const newScan = (reader: WireReader, diagnostics: DiagnosticList): Scan => ({
  reader,
  diagnostics,
  budget: MAX_ITEMS,
  denseBudgetBytes: MAX_DENSE_BYTES,
});

/** A byte of the file as diagnostics name it. */
export const byteWhere = (scan: Scan, at: number): string => `${scan.reader.file}, byte ${at}`;

/** Most messages have neither children nor payloads: maps are made when there is something to put in. */
interface OpenMessage extends Message {
  children: Map<number, Message[]>;
  payloads: Map<number, Payload>;
  newerStrings: Map<number, string>;
}

const NONE = new Map<number, never>();

function put<T>(map: Map<number, T>, key: number, value: T): Map<number, T> {
  return map === NONE ? new Map([[key, value]]) : map.set(key, value);
}

/** Walks the message in [begin, end). Problems become diagnostics; what follows them in the message is left out. */
export function scanMessage(scan: Scan, type: MessageType, begin: number, end: number, depth = 0): Message {
  const message: OpenMessage = {
    type,
    begin,
    end,
    rest: [],
    children: NONE,
    payloads: NONE,
    newerStrings: NONE,
  };
  for (let at = begin; at < end; ) {
    const field = scan.reader.field(at, end);
    if ('problem' in field) {
      if (scan.cutAt !== end) {
        scan.diagnostics.error('unreadable-bytes', byteWhere(scan, field.at), `${type}: ${field.problem}`);
      }
      return message;
    }
    const known = SCHEMA[type][field.number];
    const fits = field.end <= end;
    if (!fits) reportOverrun(scan, message, field);
    if (!fits && known?.is !== 'message') return message;
    if (known && !takeField(scan, message, field, known, depth)) return message;
    at = field.end;
  }
  return message;
}

function reportOverrun(scan: Scan, message: OpenMessage, field: Field): void {
  const { reader, diagnostics } = scan;
  const atEndOfFile = message.end === reader.size;
  if (scan.cutAt !== message.end) {
    diagnostics.error(
      atEndOfFile ? 'truncated-file' : 'length-too-large',
      byteWhere(scan, field.at),
      `${atEndOfFile ? 'the file is cut off: ' : ''}field ${field.number} of ${message.type}: expected ${field.end - field.begin} bytes, found ` +
        `${Math.max(0, message.end - field.begin)} before the end of the ${atEndOfFile ? 'file' : 'message'}`,
    );
  }
  scan.cutAt = message.end;
}

/** Files one field under its message. False when the scan must stop here. */
function takeField(
  scan: Scan,
  message: OpenMessage,
  field: Field,
  known: FieldSchema,
  depth: number,
): boolean {
  if (!wireFits(known, field.wire)) {
    scan.diagnostics.error(
      'wrong-wire-type',
      byteWhere(scan, field.at),
      `field ${field.number} of ${message.type}: expected ${describe(known)}, found wire type ${field.wire}`,
    );
    return true;
  }
  if (known.is === 'message') return takeMessage(scan, message, field, known.type, depth);
  if (known.is === 'payload') return takePayload(scan, message, field, known.kind);
  if (known.is === 'newer-string') {
    const text = decodeText(scan, message, field);
    message.newerStrings = put(message.newerStrings, field.number, text);
    return true;
  }
  if (known.kind === 'string') decodeText(scan, message, field);
  const last = message.rest.at(-1);
  if (last?.end === field.at) {
    message.rest[message.rest.length - 1] = { begin: last.begin, end: field.end };
    return true;
  }
  message.rest.push({ begin: field.at, end: field.end });
  return spend(scan, field);
}

function takeMessage(
  scan: Scan,
  message: OpenMessage,
  field: Field,
  type: MessageType,
  depth: number,
): boolean {
  if (depth >= MAX_DEPTH) {
    const problem = `expected at most ${MAX_DEPTH} nested messages, found ${type} below them`;
    if (!scan.tooDeep) scan.diagnostics.error('nesting-too-deep', byteWhere(scan, field.at), problem);
    scan.tooDeep = true;
    return true;
  }
  if (!spend(scan, field)) return false;
  const end = Math.min(field.end, message.end);
  const child = scanMessage(scan, type, field.begin, end, depth + 1);
  const siblings = message.children.get(field.number);
  if (siblings) siblings.push(child);
  else message.children = put(message.children, field.number, [child]);
  return field.end <= message.end;
}

function takePayload(scan: Scan, message: OpenMessage, field: Field, kind: PayloadKind): boolean {
  const payload = message.payloads.get(field.number) ?? { kind, ranges: [] };
  // raw_data is a single value: the last one counts. Repeated fields add up.
  if (kind === 'raw') payload.ranges.length = 0;
  payload.ranges.push({ begin: field.begin, end: field.end });
  message.payloads = put(message.payloads, field.number, payload);
  return spend(scan, field);
}

function spend(scan: Scan, field: Field): boolean {
  if (scan.budget-- > 0) return true;
  if (scan.budget === -1) {
    const problem = `expected at most ${MAX_ITEMS} messages and fields, found more`;
    scan.diagnostics.error('too-many-messages', byteWhere(scan, field.at), problem);
  }
  return false;
}

const SCALAR_WIRES: Readonly<Record<ScalarKind, readonly number[]>> = {
  string: [BYTES],
  bytes: [BYTES],
  int: [VARINT],
  ints: [VARINT, BYTES],
  float: [FIXED32],
  floats: [FIXED32, BYTES],
};

const PAYLOAD_WIRES: Readonly<Record<PayloadKind, readonly number[]>> = {
  raw: [BYTES],
  'packed-varint': [VARINT, BYTES],
  'packed-fixed32': [FIXED32, BYTES],
  'packed-fixed64': [FIXED64, BYTES],
};

function wireFits(known: FieldSchema, wire: number): boolean {
  if (known.is === 'scalar') return SCALAR_WIRES[known.kind].includes(wire);
  if (known.is === 'payload') return PAYLOAD_WIRES[known.kind].includes(wire);
  return wire === BYTES;
}

function describe(known: FieldSchema): string {
  if (known.is === 'message') return known.type;
  return known.is === 'newer-string' ? 'string' : known.kind;
}

const strict = new TextDecoder('utf-8', { fatal: true });
const lenient = new TextDecoder('utf-8');

const MAX_TEXT_BYTES = 1 << 24;

/** The text of a string field; reports bytes that are no UTF-8 and replaces them, as onnx-proto does. */
function decodeText(scan: Scan, message: OpenMessage, field: Field): string {
  const bytes = scan.reader.bytes(field.begin, Math.min(field.end, field.begin + MAX_TEXT_BYTES));
  try {
    return strict.decode(bytes);
  } catch {
    const problem = `field ${field.number} of ${message.type}: expected UTF-8 text, found other bytes`;
    scan.diagnostics.warning('invalid-utf8', byteWhere(scan, field.begin), problem);
    return lenient.decode(bytes);
  }
}
