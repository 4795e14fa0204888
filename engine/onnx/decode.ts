// Scanned messages → FileModel: what the file says, in our words. One function per message.
// A part that can't be read is left out with a diagnostic; everything around it stays.

import type { Attribute, Constant } from '../ir/types.ts';
import {
  type FileAttribute,
  type FileFunction,
  type FileGraph,
  type FileModel,
  type FileNode,
  functionKey,
  nodeText,
  plainDomain,
} from './file-model.ts';
import { decodeRest, onnx, pairsOf, textOf, toNumber } from './proto.ts';
import { byteWhere, type Message } from './scan.ts';
import { FIELD } from './schema.ts';
import { decodeSparseTensor, decodeTensorProto, type TensorContext } from './tensor.ts';
import { typeText } from './type-text.ts';
import { decodeValueInfo } from './value-info.ts';

/** The messages of a file as plain data; what cannot be read is reported and left out. */
export function decodeModel(context: TensorContext, message: Message): FileModel {
  const proto = decodeRest(context.scan, message, onnx.ModelProto);
  const graph = message.children.get(FIELD.model.graph)?.at(-1);
  const functions = (message.children.get(FIELD.model.functions) ?? []).map(child =>
    decodeFunction(context, child),
  );
  return {
    irVersion: toNumber(proto?.irVersion),
    producer: [proto?.producerName, proto?.producerVersion].filter(Boolean).join(' '),
    opsets: opsetsOf(proto?.opsetImport ?? []),
    metadata: pairsOf(proto?.metadataProps ?? []),
    graph: graph && decodeGraph(context, graph),
    functions: new Map(functions),
  };
}

function opsetsOf(
  imports: readonly { domain?: string | null; version?: Parameters<typeof toNumber>[0] }[],
): Record<string, number> {
  const entries = imports.map(entry => [plainDomain(entry.domain ?? ''), toNumber(entry.version)] as const);
  return Object.fromEntries(entries);
}

function decodeGraph(context: TensorContext, message: Message): FileGraph {
  const proto = decodeRest(context.scan, message, onnx.GraphProto);
  const all = (field: number): readonly Message[] => message.children.get(field) ?? [];
  return {
    at: message.begin,
    name: proto?.name ?? '',
    inputs: all(FIELD.graph.input).map(child => decodeValueInfo(context.scan, child)),
    outputs: all(FIELD.graph.output).map(child => decodeValueInfo(context.scan, child)),
    initializers: [
      ...all(FIELD.graph.initializer).map(child => decodeTensorProto(context, child)),
      ...all(FIELD.graph.sparseInitializer).map(child => decodeSparseTensor(context, child)),
    ],
    nodes: decodeNodes(context, all(FIELD.graph.node)),
  };
}

const decodeNodes = (context: TensorContext, messages: readonly Message[]): FileNode[] =>
  messages.map((message, index) => decodeNode(context, message, index)).filter(node => node !== undefined);

function decodeNode(context: TensorContext, message: Message, index: number): FileNode | undefined {
  const { scan } = context;
  const proto = decodeRest(scan, message, onnx.NodeProto);
  if (!proto) return undefined;
  if (proto.opType === '') {
    const { name, output: outputs } = proto;
    const where = `${byteWhere(scan, message.begin)}, node ${nodeText({ name, type: '', index, outputs })}`;
    scan.diagnostics.error('operator-missing', where, 'expected a node with an operator, found none');
    return undefined;
  }
  const metadata = (message.children.get(FIELD.node.metadata) ?? [])
    .map(child => decodeRest(scan, child, onnx.StringStringEntryProto))
    .filter(entry => entry !== undefined);
  return {
    at: message.begin,
    index,
    name: proto.name,
    type: proto.opType,
    domain: plainDomain(proto.domain),
    overload: message.newerStrings.get(FIELD.node.overload) ?? '',
    inputs: proto.input,
    outputs: proto.output,
    attributes: decodeAttributes(context, message.children.get(FIELD.node.attribute) ?? []),
    doc: proto.docString,
    metadata: pairsOf(metadata),
  };
}

function decodeAttributes(context: TensorContext, messages: readonly Message[]): FileAttribute[] {
  const attributes: FileAttribute[] = [];
  for (const message of messages) {
    const proto = decodeRest(context.scan, message, onnx.AttributeProto);
    if (!proto) continue;
    const reference = proto.refAttrName;
    attributes.push({
      name: proto.name,
      reference,
      value: reference === '' ? valueOfAttribute(context, message, proto) : undefined,
    });
  }
  return attributes;
}

type AttributeProto = InstanceType<typeof onnx.AttributeProto>;

/** AttributeProto.AttributeType */
const TYPE = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparseTensor: 11,
  sparseTensors: 12,
  typeProto: 13,
} as const;

/** The first IR versions had no type field: what is there tells. */
function impliedType(message: Message, proto: AttributeProto): number {
  if (message.children.has(FIELD.attribute.t)) return TYPE.tensor;
  if (message.children.has(FIELD.attribute.g)) return TYPE.graph;
  if (message.children.has(FIELD.attribute.tensors)) return TYPE.tensors;
  if (proto.floats.length > 0) return TYPE.floats;
  if (proto.ints.length > 0) return TYPE.ints;
  if (proto.strings.length > 0) return TYPE.strings;
  if (Object.hasOwn(proto, 's')) return TYPE.string;
  if (Object.hasOwn(proto, 'f')) return TYPE.float;
  return Object.hasOwn(proto, 'i') ? TYPE.int : 0;
}

function valueOfAttribute(
  context: TensorContext,
  message: Message,
  proto: AttributeProto,
): FileAttribute['value'] {
  const type = proto.type || impliedType(message, proto);
  const child = (field: number): Message | undefined => message.children.get(field)?.at(-1);
  switch (type) {
    case TYPE.float:
      return { type: 'float', value: proto.f };
    case TYPE.int:
      return { type: 'int', value: toNumber(proto.i) };
    case TYPE.string:
      return textAttribute([proto.s], ([value = '']) => ({ type: 'string', value }));
    case TYPE.floats:
      return { type: 'floats', value: proto.floats };
    case TYPE.ints:
      return { type: 'ints', value: proto.ints.map(toNumber) };
    case TYPE.strings:
      return textAttribute(proto.strings, value => ({ type: 'strings', value }));
    case TYPE.typeProto:
      return { type: 'other', value: typeText(proto.tp ?? undefined) };
    case TYPE.graph: {
      const graph = child(FIELD.attribute.g);
      return graph && { type: 'file-graph', graph: decodeGraph(context, graph) };
    }
    case TYPE.tensor:
    case TYPE.sparseTensor: {
      const tensor = child(type === TYPE.tensor ? FIELD.attribute.t : FIELD.attribute.sparseTensor);
      const decode = type === TYPE.tensor ? decodeTensorProto : decodeSparseTensor;
      return tensorAttribute(tensor && decode(context, tensor).constant);
    }
    case TYPE.tensors:
      return tensorsAttribute(context, message.children.get(FIELD.attribute.tensors) ?? []);
    default:
      return { type: 'other', value: `attribute of type ${type}` };
  }
}

function textAttribute(bytes: readonly Uint8Array[], make: (texts: string[]) => Attribute): Attribute {
  const texts = bytes.map(textOf).filter(text => text !== undefined);
  if (texts.length === bytes.length) return make(texts);
  return { type: 'other', value: 'bytes that are no UTF-8 text' };
}

const tensorAttribute = (constant: Constant | undefined): Attribute | undefined =>
  constant && { type: 'tensor', value: constant };

function tensorsAttribute(context: TensorContext, messages: readonly Message[]): Attribute {
  const constants = messages.map(message => decodeTensorProto(context, message).constant);
  return { type: 'tensors', value: constants.filter(constant => constant !== undefined) };
}

function decodeFunction(context: TensorContext, message: Message): [string, FileFunction] {
  const proto = decodeRest(context.scan, message, onnx.FunctionProto);
  const name = proto?.name ?? '';
  const overload = message.newerStrings.get(FIELD.function.overload) ?? '';
  const nodes = message.children.get(FIELD.function.node) ?? [];
  const defaults = message.children.get(FIELD.function.attributeProto) ?? [];
  return [
    functionKey(proto?.domain ?? '', name, overload),
    {
      at: message.begin,
      name,
      inputs: proto?.input ?? [],
      outputs: proto?.output ?? [],
      defaults: decodeAttributes(context, defaults),
      nodes: decodeNodes(context, nodes),
      opsets: opsetsOf(proto?.opsetImport ?? []),
    },
  ];
}
