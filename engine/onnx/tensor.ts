// Scanned TensorProto and SparseTensorProto → Constant. Small tensors are decoded at once, large ones stay on disk.
// A Constant made here is sound: its range exists and holds exactly the elements of its shape.

import { loadConstant } from '../ir/constants/constant.ts';
import type { ReadBytes } from '../ir/constants/reading.ts';
import { dtypeInfo, dtypeOfCode } from '../ir/dtypes.ts';
import { decodeTensor, elementCount, isSoundShape, SOUND_SHAPE, tensorBytes } from '../ir/tensor.ts';
import type { Constant, Dtype, Shape, Tensor } from '../ir/types.ts';
import { dimensions, quoted } from './diagnostics.ts';
import { locateExternal } from './external-data.ts';
import type { FileTensor } from './file-model.ts';
import { decodeRest, onnx, pairsOf, readRanges, textOf, toNumber } from './proto.ts';
import { byteWhere, type Message, type Payload, type Scan } from './scan.ts';
import { FIELD } from './schema.ts';
import { densify } from './sparse.ts';

/** Payloads up to this many bytes are read when the file is opened. */
const INLINE_BYTES = 1024;

export interface TensorContext {
  readonly scan: Scan;
  readonly read: ReadBytes;
}

type TensorProto = InstanceType<typeof onnx.TensorProto>;

/** Reads a TensorProto. What it can't read it leaves out, with a diagnostic. */
export function decodeTensorProto(context: TensorContext, message: Message): FileTensor {
  const at = message.begin;
  const proto = decodeRest(context.scan, message, onnx.TensorProto);
  if (!proto) return { at, name: '' };
  const name = proto.name;
  const where = `${byteWhere(context.scan, at)}, tensor ${quoted(name)}`;
  const dtype = dtypeOfCode(proto.dataType ?? 0);
  if (!dtype) {
    const problem = `expected a tensor element type that is known, found code ${proto.dataType}`;
    context.scan.diagnostics.error('unknown-element-type', where, problem);
    return { at, name };
  }
  const shape = proto.dims.map(toNumber);
  if (!isSoundShape(shape)) {
    const problem = `expected ${SOUND_SHAPE}, found ${dimensions(shape)}`;
    context.scan.diagnostics.error('bad-dimensions', where, problem);
    return { at, name, dtype };
  }
  const constant = constantOf({ ...context, message, proto, dtype, shape, where });
  return { at, name, dtype, shape, ...(constant && { constant }) };
}

/** Reads a SparseTensorProto as the dense tensor it stands for; its name is that of its values. */
export function decodeSparseTensor(context: TensorContext, message: Message): FileTensor {
  const at = message.begin;
  const proto = decodeRest(context.scan, message, onnx.SparseTensorProto);
  const parts = [FIELD.sparse.values, FIELD.sparse.indices].map(field => {
    const part = message.children.get(field)?.at(-1);
    return part && decodeTensorProto(context, part);
  });
  const [values, indices] = parts;
  const name = values?.name ?? '';
  const where = `${byteWhere(context.scan, at)}, sparse tensor ${quoted(name)}`;
  if (!proto || !values?.constant || !indices?.constant) {
    const problem = 'expected values and indices, found one of them missing or unreadable';
    context.scan.diagnostics.error('bad-sparse-tensor', where, problem);
    return { at, name };
  }
  const load = (constant: Constant): Tensor | undefined => tryLoad(context, constant, where);
  const shape = proto.dims.map(toNumber);
  const loaded = { values: load(values.constant), indices: load(indices.constant) };
  if (!loaded.values || !loaded.indices) return { at, name };
  const dense = isSoundShape(shape)
    ? densify(loaded.values, loaded.indices, shape, context.scan.denseBudgetBytes)
    : `expected ${SOUND_SHAPE}`;
  if (typeof dense === 'string') {
    context.scan.diagnostics.error('bad-sparse-tensor', where, `${dimensions(shape)}: ${dense}`);
    return { at, name };
  }
  context.scan.denseBudgetBytes -= tensorBytes(dense.dtype, shape);
  return { at, name, dtype: dense.dtype, shape, constant: { kind: 'inline', tensor: dense } };
}

interface Found extends TensorContext {
  readonly message: Message;
  readonly proto: TensorProto;
  readonly dtype: Dtype;
  readonly shape: Shape;
  readonly where: string;
}

function constantOf(found: Found): Constant | undefined {
  const { proto, dtype, shape, message, where } = found;
  const { diagnostics } = found.scan;
  if (dtype === 'string') return strings(found);
  if (proto.dataLocation === onnx.TensorProto.DataLocation.EXTERNAL) return external(found);
  const raw = message.payloads.get(FIELD.tensor.raw);
  const typedField = typedFieldOf(dtype);
  const typed = message.payloads.get(typedField);
  // An empty raw_data beside typed elements is how some writers say that there is none.
  const useRaw = raw && (sizeOf(raw) > 0 || !typed);
  const payload = useRaw ? raw : typed;
  if (!payload) return withoutPayload(found);
  const expected = useRaw || payload.kind !== 'packed-varint' ? tensorBytes(dtype, shape) : undefined;
  const problem = expected === undefined ? checkVarints(found, payload) : checkBytes(payload, expected);
  if (problem !== undefined) {
    diagnostics.error('tensor-size-mismatch', where, `${dtype}${dimensions(shape)}: ${problem}`);
    return undefined;
  }
  return payloadConstant(found, payload);
}

const sizeOf = (payload: Payload): number =>
  payload.ranges.reduce((sum, range) => sum + range.end - range.begin, 0);

const checkBytes = (payload: Payload, expected: number): string | undefined =>
  sizeOf(payload) === expected
    ? undefined
    : `expected ${expected} bytes of elements, found ${sizeOf(payload)}`;

/** int32_data and its like have one entry per element, or per byte of packed 4-bit elements. */
function checkVarints({ scan, dtype, shape }: Found, payload: Payload): string | undefined {
  const expected = Math.ceil(elementCount(shape) / Math.max(1, 8 / dtypeInfo(dtype).bits));
  let count = 0;
  for (const { begin, end } of payload.ranges) {
    const part = begin === end ? 0 : scan.reader.countVarints(begin, end);
    if (part === undefined) return 'expected whole varints, found the last one cut';
    count += part;
  }
  return count === expected ? undefined : `expected ${expected} elements, found ${count}`;
}

const ENCODINGS = {
  raw: 'raw',
  'packed-varint': 'varint',
  'packed-fixed32': 'fixed',
  'packed-fixed64': 'fixed',
} as const;

function payloadConstant({ scan, dtype, shape }: Found, payload: Payload): Constant {
  const encoding = ENCODINGS[payload.kind];
  const only = payload.ranges[0];
  if (only && payload.ranges.length === 1 && sizeOf(payload) > INLINE_BYTES) {
    const { begin: offset, end } = only;
    return { kind: 'file', dtype, shape, file: scan.reader.file, offset, length: end - offset, encoding };
  }
  // Concatenated, the contents of unpacked entries are the packed form.
  const bytes = readRanges(scan, payload.ranges);
  const inMemory: Constant = {
    kind: 'file',
    dtype,
    shape,
    file: '',
    offset: 0,
    length: bytes.length,
    encoding,
  };
  return { kind: 'inline', tensor: loadConstant(inMemory, () => bytes) };
}

function withoutPayload({ scan, dtype, shape, where }: Found): Constant | undefined {
  if (elementCount(shape) === 0) {
    return { kind: 'inline', tensor: decodeTensor(dtype, shape, new Uint8Array(0)) };
  }
  const problem = `${dtype}${dimensions(shape)}: expected ${elementCount(shape)} elements, found no data`;
  scan.diagnostics.error('tensor-data-missing', where, problem);
  return undefined;
}

function external({ scan, read, proto, dtype, shape, where }: Found): Constant | undefined {
  const context = { read, diagnostics: scan.diagnostics, model: scan.reader.file, where };
  const range = locateExternal(context, pairsOf(proto.externalData), tensorBytes(dtype, shape));
  if (!range) return undefined;
  const constant: Constant = { kind: 'file', dtype, shape, ...range, encoding: 'raw' };
  if (range.length > INLINE_BYTES) return constant;
  const tensor = tryLoad({ scan, read }, constant, where);
  return tensor && { kind: 'inline', tensor };
}

/** The data of a constant in a file; undefined, with a diagnostic, when the file can't be read any more. */
function tryLoad({ scan, read }: TensorContext, constant: Constant, where: string): Tensor | undefined {
  try {
    return loadConstant(constant, read);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    scan.diagnostics.error('unreadable-file', where, `expected to read its data, found: ${reason}`);
    return undefined;
  }
}

function strings({ scan, proto, shape, where }: Found): Constant | undefined {
  const expected = elementCount(shape);
  if (proto.stringData.length !== expected) {
    const problem = `string${dimensions(shape)}: expected ${expected} strings, found ${proto.stringData.length}`;
    scan.diagnostics.error('tensor-size-mismatch', where, problem);
    return undefined;
  }
  const data = proto.stringData.map(textOf);
  if (data.some(text => text === undefined)) {
    scan.diagnostics.error('invalid-utf8', where, 'expected strings in UTF-8, found other bytes');
    return undefined;
  }
  return { kind: 'inline', tensor: { dtype: 'string', shape, data: data.map(text => text ?? '') } };
}

/** In which field the elements of a type stand when they aren't raw. */
function typedFieldOf(dtype: Dtype): number {
  switch (dtype) {
    case 'float32':
    case 'complex64':
      return FIELD.tensor.float;
    case 'float64':
    case 'complex128':
      return FIELD.tensor.double;
    case 'int64':
      return FIELD.tensor.int64;
    case 'uint32':
    case 'uint64':
      return FIELD.tensor.uint64;
    default:
      return FIELD.tensor.int32;
  }
}
