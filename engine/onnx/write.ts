// Model → ONNX bytes. The counterpart of the importer: nested messages are made as bytes of their own and put
// together here, small ones are encoded by onnx-proto. Importing the result gives the same graph again.

import protobuf from 'protobufjs/minimal.js';
import { loadConstant, type ReadBytes } from '../ir/constant.ts';
import { dtypeInfo } from '../ir/dtypes.ts';
import { producerOf, valueOf } from '../ir/graph.ts';
import type { Attribute, Graph, Model, Node, Value, ValueId } from '../ir/types.ts';
import { onnx } from './proto.ts';
import { FIELD } from './schema.ts';
import { writeTensorProto } from './tensor-proto.ts';
import { parseType } from './type-text.ts';

const noFiles: ReadBytes = file => {
  throw new Error(`${file}: a model with weights on disk is written with a way to read them`);
};

/** The model as an ONNX file of its own, weights included; `read` gives those that are still on disk. */
export function writeOnnx(model: Model, read: ReadBytes = noFiles): Uint8Array {
  const header = onnx.ModelProto.encode({
    irVersion: model.irVersion,
    producerName: model.producer,
    opsetImport: Object.entries(model.opsets).map(([domain, version]) => ({ domain, version })),
    metadataProps: pairs(model.metadata),
  }).finish();
  return joined([header, ...field(FIELD.model.graph, writeGraph(model.graph, read))]);
}

function writeGraph(graph: Graph, read: ReadBytes): Uint8Array {
  const header = onnx.GraphProto.encode({
    name: graph.name,
    input: graph.inputs.map(id => valueInfo(valueOf(graph, id))),
    output: graph.outputs.map(id => valueInfo(valueOf(graph, id))),
  }).finish();
  const parts = [header];
  for (const node of graph.nodes) parts.push(...field(FIELD.graph.node, writeNode(graph, node, read)));
  for (const value of graph.values) {
    if (!value?.constant || graph.captures?.has(value.id) || producerOf(graph, value.id)) continue;
    const tensor = writeTensorProto(value.name, loadConstant(value.constant, read));
    parts.push(...field(FIELD.graph.initializer, tensor));
  }
  return joined(parts);
}

function writeNode(graph: Graph, node: Node, read: ReadBytes): Uint8Array {
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
    parts.push(...field(FIELD.node.metadata, onnx.StringStringEntryProto.encode(entry).finish()));
  }
  return joined(parts);
}

function writeAttribute(name: string, attribute: Attribute, read: ReadBytes): Uint8Array {
  const { AttributeType: types } = onnx.AttributeProto;
  const encode = (properties: Parameters<typeof onnx.AttributeProto.encode>[0]): Uint8Array =>
    onnx.AttributeProto.encode({ name, ...properties }).finish();
  const tensor = (value: Extract<Attribute, { type: 'tensor' }>['value']): Uint8Array =>
    writeTensorProto('', loadConstant(value, read));
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
      return joined([encode({ type: types.TENSOR }), ...field(FIELD.attribute.t, tensor(attribute.value))]);
    case 'tensors':
      return joined([
        encode({ type: types.TENSORS }),
        ...attribute.value.flatMap(value => field(FIELD.attribute.tensors, tensor(value))),
      ]);
    case 'graph':
      return joined([
        encode({ type: types.GRAPH }),
        ...field(FIELD.attribute.g, writeGraph(attribute.value, read)),
      ]);
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

const LENGTH_DELIMITED = 2;

/** A nested message: its header and itself, still apart so that large ones aren't copied at every level. */
function field(number: number, message: Uint8Array): [Uint8Array, Uint8Array] {
  const header = protobuf.Writer.create()
    .uint32(number * 8 + LENGTH_DELIMITED)
    .uint32(message.length);
  return [header.finish(), message];
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
