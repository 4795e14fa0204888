// A single TensorProto as bytes (.pb test data): read with the importer's own code, and written.

import { loadConstant, readFromMemory } from '../ir/constants/constant.ts';
import { dtypeInfo } from '../ir/dtypes.ts';
import { isTypedArray, storedBytes } from '../ir/tensor.ts';
import type { Tensor } from '../ir/types.ts';
import { type Chunks, field, joined } from './chunks.ts';
import { DiagnosticList } from './diagnostics.ts';
import { onnx } from './proto.ts';
import { newScan, scanMessage } from './scan.ts';
import { FIELD } from './schema.ts';
import { decodeTensorProto } from './tensor.ts';
import { WireReader } from './wire.ts';

/**
 * Reads the bytes of a TensorProto, any element type, raw or typed fields. `file` names them in errors.
 * Throws an Error that says where, what was expected and what was found.
 */
export function readTensorProto(bytes: Uint8Array, file = 'tensor'): { name: string; tensor: Tensor } {
  const diagnostics = new DiagnosticList();
  const read = readFromMemory({ [file]: bytes });
  const scan = newScan(new WireReader(read, file, bytes.length), diagnostics);
  const message = scanMessage(scan, 'TensorProto', 0, bytes.length);
  const { name, constant } = decodeTensorProto({ scan, read }, message);
  const problem = diagnostics.list().find(diagnostic => diagnostic.severity === 'error');
  if (problem) throw new Error(`${problem.where}: ${problem.message}`);
  if (!constant) throw new Error(`${file}: expected a TensorProto, found no tensor in it`);
  return { name, tensor: loadConstant(constant, read) };
}

/** Writes a TensorProto: elements as raw_data, strings as string_data. */
export const writeTensorProto = (name: string, tensor: Tensor): Uint8Array =>
  joined(tensorProtoChunks(name, tensor));

/** The bytes of `writeTensorProto` in pieces; the elements may be the tensor's own memory. */
export function tensorProtoChunks(name: string, tensor: Tensor): Chunks {
  const { dtype, shape, data } = tensor;
  const header = { name, dims: [...shape], dataType: dtypeInfo(dtype).code };
  if (!isTypedArray(data)) {
    const stringData = data.map(text => new TextEncoder().encode(text));
    return [onnx.TensorProto.encode({ ...header, stringData }).finish()];
  }
  return [onnx.TensorProto.encode(header).finish(), ...field(FIELD.tensor.raw, [storedBytes(tensor)])];
}
