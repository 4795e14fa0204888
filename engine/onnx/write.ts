// Model → ONNX bytes. The counterpart of the importer: nested messages are made as chunks of bytes of their own and
// put together once, small ones are encoded by onnx-proto. Importing the result gives the same graph again.

import { loadConstant } from '../ir/constants/constant.ts';
import type { ReadBytes } from '../ir/constants/reading.ts';
import { dtypeInfo } from '../ir/dtypes.ts';
import { producerOf, valueOf } from '../ir/graph.ts';
import type { Attribute, Graph, Model, Node, Value, ValueId } from '../ir/types.ts';
import { type Chunks, field, joined } from './chunks.ts';
import { onnx } from './proto.ts';
import { FIELD } from './schema.ts';
import { tensorProtoChunks } from './tensor-proto.ts';
import { parseType } from './type-text.ts';

const noFiles: ReadBytes = file => {
  throw new Error(`${file}: a model with weights on disk is written with a way to read them`);
};

/** The model as an ONNX file of its own, weights included; `read` gives those that are still on disk. */
export const writeOnnx = (model: Model, read: ReadBytes = noFiles): Uint8Array =>
  joined(onnxChunks(model, read));

/** The bytes of `writeOnnx` in pieces, weights not copied: to be hashed or streamed, not changed. */
export function onnxChunks(model: Model, read: ReadBytes = noFiles): Chunks {
  const header = onnx.ModelProto.encode({
    irVersion: model.irVersion,
    producerName: model.producer,
    opsetImport: Object.entries(model.opsets).map(([domain, version]) => ({ domain, version })),
    metadataProps: pairs(model.metadata),
  }).finish();
  return [header, ...field(FIELD.model.graph, writeGraph(model.graph, read))];
}

function writeGraph(graph: Graph, read: ReadBytes): Chunks {
  const header = onnx.GraphProto.encode({
    name: graph.name,
    input: graph.inputs.map(id => valueInfo(valueOf(graph, id))),
    output: graph.outputs.map(id => valueInfo(valueOf(graph, id))),
  }).finish();
  const parts = [header];
  for (const node of graph.nodes) parts.push(...field(FIELD.graph.node, writeNode(graph, node, read)));
  for (const value of graph.values) {
    if (!value?.constant || graph.captures?.has(value.id) || producerOf(graph, value.id)) continue;
    const tensor = tensorProtoChunks(value.name, loadConstant(value.constant, read));
    parts.push(...field(FIELD.graph.initializer, tensor));
  }
  return parts;
}

function writeNode(graph: Graph, node: Node, read: ReadBytes): Chunks {
  const nameOf = (id: ValueId | undefined): string => {
    if (id === undefined) return '';
    return graph.captures?.get(id) ?? valueOf(graph, id).name;
  };
  const dot = node.op.lastIndexOf('.');
  const header = onnx.NodeProto.encode({
    name: node.name,
    opType: node.op.slice(dot + 1),
    domain: node.op.slice(0, Math.max(0, dot)),
    input: node.inputs.map(nameOf),
    output: node.outputs.map(nameOf),
    ...(node.doc && { docString: node.doc }),
  }).finish();
  const parts = [header];
  for (const [name, attribute] of Object.entries(node.attributes)) {
    parts.push(...field(FIELD.node.attribute, writeAttribute(name, attribute, read)));
  }
  for (const entry of pairs(node.metadata ?? {})) {
    parts.push(...field(FIELD.node.metadata, [onnx.StringStringEntryProto.encode(entry).finish()]));
  }
  return parts;
}

function writeAttribute(name: string, attribute: Attribute, read: ReadBytes): Chunks {
  const { AttributeType: types } = onnx.AttributeProto;
  const encode = (properties: Parameters<typeof onnx.AttributeProto.encode>[0]): Uint8Array[] => [
    onnx.AttributeProto.encode({ name, ...properties }).finish(),
  ];
  const tensor = (value: Extract<Attribute, { type: 'tensor' }>['value']): Chunks =>
    tensorProtoChunks('', loadConstant(value, read));
  switch (attribute.type) {
    case 'int':
      return encode({ type: types.INT, i: attribute.value });
    case 'float':
      return encode({ type: types.FLOAT, f: attribute.value });
    case 'string':
      return encode({ type: types.STRING, s: utf8(attribute.value) });
    case 'ints':
      return encode({ type: types.INTS, ints: [...attribute.value] });
    case 'floats':
      return encode({ type: types.FLOATS, floats: [...attribute.value] });
    case 'strings':
      return encode({ type: types.STRINGS, strings: attribute.value.map(utf8) });
    case 'tensor':
      return [...encode({ type: types.TENSOR }), ...field(FIELD.attribute.t, tensor(attribute.value))];
    case 'tensors':
      return [
        ...encode({ type: types.TENSORS }),
        ...attribute.value.flatMap(value => field(FIELD.attribute.tensors, tensor(value))),
      ];
    case 'graph':
      return [
        ...encode({ type: types.GRAPH }),
        ...field(FIELD.attribute.g, writeGraph(attribute.value, read)),
      ];
    case 'other': {
      // A type is kept as its text; of anything else no operator here knows what to do with, the name stays.
      const tp = parseType(attribute.value);
      return tp ? encode({ type: types.TYPE_PROTO, tp }) : encode({ type: types.UNDEFINED });
    }
  }
}

/** As declared where it was; else with the extents that are known. */
function valueInfo(value: Value) {
  const { name, dtype, container } = value;
  const dims = value.declared ?? value.shape;
  const dim = dims?.map(extent => {
    if (extent === undefined) return {};
    return typeof extent === 'number' ? { dimValue: extent } : { dimParam: extent };
  });
  const tensor = dtype && {
    tensorType: { elemType: dtypeInfo(dtype).code, ...(dim && { shape: { dim } }) },
  };
  if (!tensor || container === 'map') return { name };
  if (container === 'sequence') return { name, type: { sequenceType: { elemType: tensor } } };
  return { name, type: container === 'optional' ? { optionalType: { elemType: tensor } } : tensor };
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const pairs = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).map(([key, value]) => ({ key, value }));
