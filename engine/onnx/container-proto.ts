// SequenceProto and OptionalProto as bytes (.pb test data). Both carry tensors in field 3 and sequences in field 5,
// so one reader serves both; which of the two a file holds follows from the model.

import { readFromMemory } from '../ir/constant.ts';
import type { Tensor } from '../ir/types.ts';
import { readTensorProto } from './tensor-proto.ts';
import { BYTES, WireReader } from './wire.ts';

export interface ContainerContent {
  readonly tensors: readonly Tensor[];
  /** tensors of each nested sequence */
  readonly sequences: readonly (readonly Tensor[])[];
}

const TENSORS = 3;
const SEQUENCES = 5;

/** Reads tensors and nested sequences. `file` names the bytes in errors. Throws an Error that says where. */
export function readContainerProto(bytes: Uint8Array, file = 'container'): ContainerContent {
  const reader = new WireReader(readFromMemory({ [file]: bytes }), file, bytes.length);
  const tensors: Tensor[] = [];
  const sequences: (readonly Tensor[])[] = [];
  for (let at = 0; at < bytes.length; ) {
    const field = reader.field(at, bytes.length);
    if ('problem' in field) throw new Error(`${file}, byte ${field.at}: ${field.problem}`);
    if (field.end > bytes.length) {
      throw new Error(`${file}, byte ${field.at}: expected ${field.end - field.begin} bytes, found the end`);
    }
    const content = bytes.subarray(field.begin, field.end);
    if (field.number === TENSORS && field.wire === BYTES) tensors.push(readTensorProto(content, file).tensor);
    if (field.number === SEQUENCES && field.wire === BYTES) {
      sequences.push(readContainerProto(content, file).tensors);
    }
    at = field.end;
  }
  return { tensors, sequences };
}
