// SequenceProto and OptionalProto as bytes (.pb test data). Both carry tensors in field 3 and sequences in field 5,
// so one reader serves both; which of the two a file holds follows from the model. A sequence of maps has them in
// field 6: each with integer or string keys and a sequence of scalars.

import { readFromMemory } from '../ir/constants/constant.ts';
import { makeTensor, tensorOf } from '../ir/tensor.ts';
import type { Tensor } from '../ir/types.ts';
import { readTensorProto } from './tensor-proto.ts';
import { BYTES, type Field, VARINT, WireReader } from './wire.ts';

/** Maps with the same keys: keys (count), values (maps, count). */
export interface KeyedValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

export interface ContainerContent {
  readonly tensors: readonly Tensor[];
  /** tensors of each nested sequence */
  readonly sequences: readonly (readonly Tensor[])[];
  readonly maps?: KeyedValues;
}

const TENSORS = 3;
const SEQUENCES = 5;
const MAPS = 6;
const MAP = { keys: 3, texts: 4, values: 5 } as const;

/** Reads tensors, nested sequences and maps. `file` names the bytes in errors. Throws an Error that says where. */
export function readContainerProto(bytes: Uint8Array, file = 'container'): ContainerContent {
  const tensors: Tensor[] = [];
  const sequences: (readonly Tensor[])[] = [];
  const maps: MapContent[] = [];
  for (const { number, wire, content } of fieldsOf(bytes, file)) {
    if (wire !== BYTES) continue;
    if (number === TENSORS) tensors.push(readTensorProto(content, file).tensor);
    if (number === SEQUENCES) sequences.push(readContainerProto(content, file).tensors);
    if (number === MAPS) maps.push(readMap(content, file));
  }
  return { tensors, sequences, ...(maps.length > 0 && { maps: joinedMaps(maps, file) }) };
}

interface Content extends Pick<Field, 'number' | 'wire'> {
  readonly content: Uint8Array;
}

function fieldsOf(bytes: Uint8Array, file: string): Content[] {
  const reader = new WireReader(readFromMemory({ [file]: bytes }), file, bytes.length);
  const fields: Content[] = [];
  for (let at = 0; at < bytes.length; ) {
    const field = reader.field(at, bytes.length);
    if ('problem' in field) throw new Error(`${file}, byte ${field.at}: ${field.problem}`);
    if (field.end > bytes.length) {
      throw new Error(`${file}, byte ${field.at}: expected ${field.end - field.begin} bytes, found the end`);
    }
    const content = bytes.subarray(field.begin, field.end);
    fields.push({ number: field.number, wire: field.wire, content });
    at = field.end;
  }
  return fields;
}

interface MapContent {
  readonly numbers: readonly bigint[];
  readonly texts: readonly string[];
  readonly values: readonly number[];
}

function readMap(bytes: Uint8Array, file: string): MapContent {
  const fields = fieldsOf(bytes, file);
  const contents = (number: number) => fields.filter(field => field.number === number);
  const values = contents(MAP.values).flatMap(({ content }) => readContainerProto(content, file).tensors);
  return {
    numbers: contents(MAP.keys).flatMap(({ wire, content }) =>
      wire === VARINT || wire === BYTES ? varints(content) : [],
    ),
    texts: contents(MAP.texts).map(({ content }) => new TextDecoder().decode(content)),
    values: values.flatMap(({ data }) => Array.from(data as ArrayLike<number | bigint | string>, Number)),
  };
}

/** Varints one behind the other, as 64-bit integers. */
function varints(bytes: Uint8Array): bigint[] {
  const found: bigint[] = [];
  let [value, shift] = [0n, 0n];
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    found.push(BigInt.asIntN(64, value));
    [value, shift] = [0n, 0n];
  }
  return found;
}

/** Throws where the maps do not have the same keys. */
function joinedMaps(maps: readonly MapContent[], file: string): KeyedValues {
  const [first] = maps;
  const keys = first?.texts.length ? first.texts : (first?.numbers ?? []);
  for (const { texts, numbers, values } of maps) {
    const same = String(texts.length ? texts : numbers) === String(keys) && values.length === keys.length;
    if (!same)
      throw new Error(`${file}: expected maps with the same ${keys.length} keys and a value for each`);
  }
  const rows = maps.flatMap(({ values }) => values);
  return {
    keys: first?.texts.length
      ? makeTensor('string', [keys.length], first.texts)
      : makeTensor('int64', [keys.length], BigInt64Array.from(first?.numbers ?? [])),
    values: tensorOf('float32', [maps.length, keys.length], rows),
  };
}
