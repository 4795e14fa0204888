// Test data and user's inputs as files hold them: a tensor, a sequence of tensors, maps or an optional.

import type { Tensor, Value } from '../ir/types.ts';
import { readContainerProto } from '../onnx/container-proto.ts';
import { readTensorProto } from '../onnx/tensor-proto.ts';
import { type Datum, isMaps, isSequence, isTensor, mapsOf, NOTHING, sequenceOf } from '../reference/datum.ts';

/** Decodes a file's bytes as what the model says they hold. `path` names them in errors. Throws when they do not. */
export function decodeData(bytes: Uint8Array, path: string, container: Value['container']): Datum {
  if (container === undefined) return readTensorProto(bytes, path).tensor;
  const { tensors, sequences, maps } = readContainerProto(bytes, path);
  if (maps !== undefined) return mapsOf(maps.keys, maps.values);
  // An optional that has a sequence is that sequence.
  if (sequences[0] !== undefined) return sequenceOf(sequences[0]);
  return container === 'sequence' ? sequenceOf(tensors) : (tensors[0] ?? NOTHING);
}

/** How a file has to be read to be compared with what came out. */
export function containerOf(datum: Datum | undefined): Value['container'] {
  if (datum === undefined || isTensor(datum)) return undefined;
  return isSequence(datum) || isMaps(datum) ? 'sequence' : 'optional';
}

/** A tensor, as a file of test data names it. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

/**
 * The tensors in a value, under names of their own: 'x', or 'x[0]', 'x[1]', … for a sequence, 'x.keys' and 'x.values'
 * for maps; none for nothing.
 */
export function tensorsIn(name: string, datum: Datum): NamedTensor[] {
  if (isTensor(datum)) return [{ name, tensor: datum }];
  if (isMaps(datum)) {
    return [
      { name: `${name}.keys`, tensor: datum.keys },
      { name: `${name}.values`, tensor: datum.values },
    ];
  }
  return isSequence(datum) ? datum.items.map((tensor, i) => ({ name: `${name}[${i}]`, tensor })) : [];
}
