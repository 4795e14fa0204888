// The messages of onnx.proto as far as the scan must know them: which field numbers hold nested messages and tensor
// payloads, and which wire type to expect of the others. Covers IR 13; fields not listed are skipped.
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

/** Messages of onnx.proto that are walked through. */
export type MessageType =
  | 'ModelProto'
  | 'GraphProto'
  | 'NodeProto'
  | 'AttributeProto'
  | 'TensorProto'
  | 'SparseTensorProto'
  | 'FunctionProto'
  | 'ValueInfoProto'
  | 'StringStringEntryProto';

/** A field whose bytes go to onnx-proto; the plural ones may be packed. */
export type ScalarKind = 'string' | 'bytes' | 'int' | 'ints' | 'float' | 'floats';
/** Elements of a tensor: stay in the file. */
export type PayloadKind = 'raw' | 'packed-varint' | 'packed-fixed32' | 'packed-fixed64';

/** How a field is read: a plain value, data that stays in the file until it is wanted, or a nested message. */
export type FieldSchema =
  | { readonly is: 'scalar'; readonly kind: ScalarKind }
  | { readonly is: 'payload'; readonly kind: PayloadKind }
  | { readonly is: 'message'; readonly type: MessageType }
  /** a string that onnx-proto (IR 8) doesn't know */
  | { readonly is: 'newer-string' };

const string: FieldSchema = { is: 'scalar', kind: 'string' };
const bytes: FieldSchema = { is: 'scalar', kind: 'bytes' };
const int: FieldSchema = { is: 'scalar', kind: 'int' };
const ints: FieldSchema = { is: 'scalar', kind: 'ints' };
const float: FieldSchema = { is: 'scalar', kind: 'float' };
const floats: FieldSchema = { is: 'scalar', kind: 'floats' };
const newerString: FieldSchema = { is: 'newer-string' };
const payload = (kind: PayloadKind): FieldSchema => ({ is: 'payload', kind });
const message = (type: MessageType): FieldSchema => ({ is: 'message', type });

/** Field numbers that the importer asks for by name. */
export const FIELD = {
  model: { graph: 7, functions: 25 },
  graph: { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 },
  node: { attribute: 5, overload: 8, metadata: 9 },
  attribute: { t: 5, g: 6, tensors: 10, sparseTensor: 22 },
  tensor: { float: 4, int32: 5, int64: 7, raw: 9, double: 10, uint64: 11 },
  sparse: { values: 1, indices: 2 },
  function: { node: 7, attributeProto: 11, overload: 13 },
} as const;

export const SCHEMA: Readonly<Record<MessageType, Readonly<Record<number, FieldSchema>>>> = {
  ModelProto: {
    1: int, // ir_version
    2: string, // producer_name
    3: string, // producer_version
    4: string, // domain
    5: int, // model_version
    6: string, // doc_string
    7: message('GraphProto'),
    8: bytes, // opset_import
    14: bytes, // metadata_props
    25: message('FunctionProto'),
  },
  GraphProto: {
    1: message('NodeProto'),
    2: string, // name
    5: message('TensorProto'), // initializer
    10: string, // doc_string
    11: message('ValueInfoProto'), // input
    12: message('ValueInfoProto'), // output
    15: message('SparseTensorProto'), // sparse_initializer
  },
  NodeProto: {
    1: string, // input
    2: string, // output
    3: string, // name
    4: string, // op_type
    5: message('AttributeProto'),
    6: string, // doc_string
    7: string, // domain
    8: newerString, // overload
    9: message('StringStringEntryProto'), // metadata_props
  },
  AttributeProto: {
    1: string, // name
    2: float, // f
    3: int, // i
    4: bytes, // s
    5: message('TensorProto'), // t
    6: message('GraphProto'), // g
    7: floats, // floats
    8: ints, // ints
    9: bytes, // strings
    10: message('TensorProto'), // tensors
    13: string, // doc_string
    14: bytes, // tp
    20: int, // type
    21: string, // ref_attr_name
    22: message('SparseTensorProto'), // sparse_tensor
  },
  TensorProto: {
    1: ints, // dims
    2: int, // data_type
    4: payload('packed-fixed32'), // float_data
    5: payload('packed-varint'), // int32_data
    6: bytes, // string_data
    7: payload('packed-varint'), // int64_data
    8: string, // name
    9: payload('raw'), // raw_data
    10: payload('packed-fixed64'), // double_data
    11: payload('packed-varint'), // uint64_data
    12: string, // doc_string
    13: bytes, // external_data
    14: int, // data_location
  },
  SparseTensorProto: {
    1: message('TensorProto'), // values
    2: message('TensorProto'), // indices
    3: ints, // dims
  },
  FunctionProto: {
    1: string, // name
    4: string, // input
    5: string, // output
    6: string, // attribute
    7: message('NodeProto'),
    8: string, // doc_string
    9: bytes, // opset_import
    10: string, // domain
    11: message('AttributeProto'), // attribute_proto
    13: newerString, // overload
  },
  ValueInfoProto: {
    1: string, // name
    2: bytes, // type
    3: string, // doc_string
  },
  StringStringEntryProto: {
    1: string, // key
    2: string, // value
  },
};
