// Hand-made ONNX files for the importer's tests: written with onnx-proto, newer fields put in as bytes.

import { readFileSync } from 'node:fs';
import onnxProto from 'onnx-proto';
import { readFromMemory } from '../../../engine/ir/constants/constant.ts';
import type { ReadBytes } from '../../../engine/ir/constants/reading.ts';
import type { Graph, Model, Node } from '../../../engine/ir/types.ts';
import { importOnnx } from '../../../engine/onnx/import.ts';

export const { onnx } = onnxProto;
export type GraphFields = Parameters<typeof onnx.GraphProto.encode>[0];
export type ModelFields = Parameters<typeof onnx.ModelProto.encode>[0];

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.of(...bytes, rest);
}

/** A length-delimited field. */
export const field = (number: number, content: Uint8Array): Uint8Array =>
  concat(varint(number * 8 + 2), varint(content.length), content);

export const floatValue = (name: string, dims: readonly (number | string)[]) => ({
  name,
  type: {
    tensorType: {
      elemType: 1,
      shape: {
        dim: dims.map(extent => (typeof extent === 'number' ? { dimValue: extent } : { dimParam: extent })),
      },
    },
  },
});

export const floatTensor = (name: string, values: readonly number[]) => ({
  name,
  dims: [values.length],
  dataType: 1,
  rawData: new Uint8Array(Float32Array.from(values).buffer),
});

/** A model with one graph and opset 17; `fields` adds to it or replaces. */
export const modelBytes = (graph: GraphFields, fields: ModelFields = {}): Uint8Array =>
  onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: { name: 'g', ...graph },
    ...fields,
  }).finish();

/** Imports bytes as the file 'dir/model.onnx', beside the other files given (by path). */
export function open(bytes: Uint8Array, others: Readonly<Record<string, Uint8Array>> = {}) {
  const read: ReadBytes = readFromMemory({ 'dir/model.onnx': bytes, ...others });
  return { model: importOnnx({ path: 'dir/model.onnx', size: bytes.length }, read), read };
}

export function openFile(path: string): { model: Model; read: ReadBytes } {
  const bytes = readFileSync(path);
  const read = readFromMemory({ [path]: bytes });
  return { model: importOnnx({ path, size: bytes.length }, read), read };
}

export const ids = (model: Model): string[] => model.diagnostics.map(diagnostic => diagnostic.id);

/** Nodes as text: 'Add(a, b) -> c', omitted operands as '-'. */
export function nodesAsText(graph: Graph): string[] {
  const name = (id: number | undefined): string => (id === undefined ? '-' : (graph.values[id]?.name ?? '?'));
  const text = (node: Node): string =>
    `${node.op}(${node.inputs.map(name).join(', ')}) -> ${node.outputs.map(name).join(', ')}`;
  return graph.nodes.map(text);
}
