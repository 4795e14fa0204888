// Damage: bytes changed, cut out and put in anywhere, and the same done to a file's structure, so that the result
// still parses and what is wrong lies deeper: other wire types, lengths, tags, values, order, repetition and depth.

import { type MessageType, SCHEMA } from '../../engine/onnx/schema.ts';
import { BYTES, FIXED32, FIXED64, VARINT } from '../../engine/onnx/wire.ts';
import { concat, varint } from '../engine/onnx/model-bytes.ts';
import type { Random } from '../support/random.ts';

/** Changes 1 to 8 places, half of them near the start, where the structure is and not the weights. */
export function mutateBytes(original: Uint8Array, random: Random): Uint8Array {
  let bytes: Uint8Array = new Uint8Array(original);
  for (let changes = 1 + random.below(8); changes > 0; changes--) {
    const size = Math.max(1, bytes.length);
    const at = random.chance(0.5)
      ? random.below(size)
      : Math.abs(random.below(4000) - random.below(4000)) % size;
    const kind = random.below(5);
    if (kind === 0) bytes[at] = random.below(256);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    else if (kind === 2) bytes = concat(bytes.slice(0, at), bytes.slice(at + 1 + random.below(40)));
    else if (kind === 3) {
      const from = random.below(size);
      const inserted = bytes.slice(from, from + 1 + random.below(60));
      bytes = concat(bytes.slice(0, at), inserted, bytes.slice(at));
    } else if (random.chance(0.2)) bytes = bytes.slice(0, at);
  }
  return bytes;
}

/** A field of a message: its content is a number (as bytes), bytes, or fields. */
interface Field {
  number: number;
  wire: number;
  content: Uint8Array | Field[];
  /** what its length claims to be, when not the truth */
  claims?: number;
}

const LARGE = 1 << 16;

/** The fields of a message as the schema nests them; undefined when it isn't one. */
function parse(bytes: Uint8Array, type: MessageType): Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at);
    if (!tag) return undefined;
    const number = Math.floor(tag.value / 8);
    const wire = tag.value % 8;
    at = tag.end;
    const length = wire === BYTES || wire === VARINT ? readVarint(bytes, at) : undefined;
    if (wire === BYTES && length) at = length.end;
    const size =
      wire === FIXED32
        ? 4
        : wire === FIXED64
          ? 8
          : wire === BYTES
            ? length?.value
            : length && length.end - at;
    if (size === undefined || at + size > bytes.length) return undefined;
    const content = bytes.subarray(at, at + size);
    const known = SCHEMA[type][number];
    const inner = known?.is === 'message' && wire === BYTES ? parse(content, known.type) : undefined;
    fields.push({ number, wire, content: inner ?? content });
    at += size;
  }
  return fields;
}

function readVarint(bytes: Uint8Array, begin: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let at = begin; at < Math.min(bytes.length, begin + 10); at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 128 ** (at - begin);
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}

function print(fields: readonly Field[]): Uint8Array {
  return concat(
    ...fields.flatMap(({ number, wire, content, claims }) => {
      const body = content instanceof Uint8Array ? content : print(content);
      const header = varint(number * 8 + wire);
      return wire === BYTES ? [header, varint(claims ?? body.length), body] : [header, body];
    }),
  );
}

/** Every list of fields in a message, its own first; large payloads count for nothing. */
function listsIn(fields: Field[]): Field[][] {
  return [
    fields,
    ...fields.flatMap(({ content }) => (content instanceof Uint8Array ? [] : listsIn(content))),
  ];
}

/** Numbers at the edges of what fields hold: sizes, extents, types, offsets. */
const EDGES = [0, 1, 2, 7, 127, 128, 255, 2 ** 16, 2 ** 28, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 53];
const MINUS_ONE = Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1);
const SMALLEST = Uint8Array.of(128, 128, 128, 128, 128, 128, 128, 128, 128, 1);

/** Changes the structure of a model in 1 to 6 places. Bytes that are no model are damaged as bytes. */
export function mutateModel(original: Uint8Array, random: Random): Uint8Array {
  const fields = parse(original, 'ModelProto');
  if (!fields) return mutateBytes(original, random);
  for (let changes = 1 + random.below(6); changes > 0; changes--) changeOne(fields, random);
  return print(fields);
}

function changeOne(model: Field[], random: Random): void {
  const lists = listsIn(model);
  const list = random.pick(lists);
  const at = random.below(Math.max(1, list.length));
  const field = list[at];
  if (!field) return;
  const other = random.pick(lists);
  switch (random.below(9)) {
    case 0:
      list.splice(at, 1);
      return;
    case 1:
      list.splice(random.below(list.length + 1), 0, structuredClone(field));
      return;
    case 2:
      field.number = random.chance(0.7) ? 1 + random.below(26) : random.pick([0, 100, 2 ** 28, 2 ** 29 - 1]);
      return;
    case 3:
      field.wire = random.below(8);
      return;
    case 4:
      field.claims = random.pick(EDGES);
      return;
    case 5:
      // A message inside another of its kind, or anywhere: what is nested must not be trusted to end.
      if (!other.includes(field) && size(field) < LARGE) other.push(structuredClone(field));
      return;
    case 6:
      list.reverse();
      return;
    default:
      changeContent(field, list, random);
  }
}

function changeContent(field: Field, siblings: readonly Field[], random: Random): void {
  if (field.wire === VARINT) {
    field.content = random.pick([...EDGES.map(varint), MINUS_ONE, SMALLEST]);
  } else if (field.content instanceof Uint8Array) {
    // Names are swapped more often than damaged: another value, type or operator that exists.
    const names = siblings.filter(({ wire, content }) => wire === BYTES && content instanceof Uint8Array);
    const swap = names.length > 0 && random.chance(0.5) ? random.pick(names).content : undefined;
    field.content =
      swap ?? (field.content.length < LARGE ? mutateBytes(field.content, random) : field.content);
  } else {
    const repeats = random.chance(0.1) ? 40 : 2;
    if (size(field) * repeats < LARGE) {
      field.content = random.list(2, repeats, () => structuredClone(field.content as Field[])).flat();
    }
  }
}

const size = ({ content }: Field): number =>
  content instanceof Uint8Array ? content.length : content.reduce((sum, field) => sum + size(field), 0);
