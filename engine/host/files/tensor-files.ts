// Tensors from the files a user names: .npy, or a TensorProto (.pb).

import { readFileSync } from 'node:fs';
import type { Tensor, Value } from '../../ir/types.ts';
import { readTensorProto } from '../../onnx/tensor-proto.ts';
import type { Datum } from '../../reference/datum.ts';
import { decodeData } from '../../report/data-file.ts';
import { badInput } from '../failure.ts';
import { readNpy } from './npy.ts';

export interface NamedTensor {
  /** '' when the file has none */
  readonly name: string;
  readonly tensor: Tensor;
}

/** Throws bad-input when the file is not there or holds no tensor. */
export function readTensorFile(file: string): NamedTensor {
  const bytes = readBytes(file);
  if (file.endsWith('.npy')) return { name: '', tensor: readNpy(bytes, file) };
  try {
    return readTensorProto(bytes, file);
  } catch (error) {
    throw badInput(`expected a TensorProto or a .npy file, found ${withoutPlace(error, file)}`, file);
  }
}

/** What a file holds for a value of this kind. Throws bad-input when it is not there or holds something else. */
export function readDataFile(file: string, container: Value['container']): Datum {
  if (container === undefined) return readTensorFile(file).tensor;
  const bytes = readBytes(file);
  try {
    return decodeData(bytes, file, container);
  } catch (error) {
    throw badInput(`expected a ${container}, found ${withoutPlace(error, file)}`, file);
  }
}

/** What went wrong, without the name of the file, which an error has by itself. */
const withoutPlace = (error: unknown, file: string): string =>
  (error instanceof Error ? error.message : String(error)).replace(`${file}, `, '').replace(`${file}: `, '');

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw badInput(`expected a tensor file (${error instanceof Error ? error.message : error})`, file);
  }
}
