// Models of any size on disk, made in no time: a chain of matrix products whose weights are holes in the file, but for
// one number at the start of each, so that y = x·2^layers in the first column says that they were read.

import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { concat, floatValue, onnx, varint } from '../engine/onnx/model-bytes.ts';

export interface LargeModel {
  readonly layers: number;
  /** each layer's weight is [width, width] of float32 */
  readonly width: number;
  /** where the weights are: beside the model, or in it as raw_data or float_data */
  readonly weights: 'external' | 'raw' | 'float';
}

const RAW_DATA = 9;
const FLOAT_DATA = 4;
const INITIALIZER = 5;
const TWO = new Uint8Array(Float32Array.of(2).buffer);

/** Bytes of the weights. */
export const weightBytes = ({ layers, width }: LargeModel): number => layers * width * width * 4;

/** Writes model.onnx into a folder, and weights.bin beside it; the path of the model. */
export function writeLargeModel(folder: string, model: LargeModel): string {
  const file = path.join(folder, 'model.onnx');
  const { layers, width, weights } = model;
  const bytes = width * width * 4;
  const numbers = Array.from({ length: layers }, (_, index) => index);
  const graph = onnx.GraphProto.encode({
    name: 'large',
    input: [floatValue('x0', [1, width])],
    output: [floatValue(`x${layers}`, [1, width])],
    node: numbers.map(index => ({
      opType: 'MatMul',
      input: [`x${index}`, `w${index}`],
      output: [`x${index + 1}`],
    })),
  }).finish();
  const headers = numbers.map(index => tensorHeader(model, index));
  // An initialiser is its header, then the field of its payload, whose bytes stay a hole.
  const payload = weights === 'external' ? 0 : bytes;
  const begins = headers.map(header => {
    const content = concat(header, payloadHeader(weights, bytes));
    return concat(varint(INITIALIZER * 8 + 2), varint(content.length + payload), content);
  });
  const graphBytes = graph.length + begins.reduce((sum, begin) => sum + begin.length + payload, 0);
  const start = concat(
    onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }] }).finish(),
    varint(7 * 8 + 2),
    varint(graphBytes),
    graph,
  );
  const descriptor = openSync(file, 'w');
  let at = writeSync(descriptor, start, 0, start.length, 0);
  for (const begin of begins) {
    at += writeSync(descriptor, begin, 0, begin.length, at);
    if (payload > 0) writeSync(descriptor, TWO, 0, TWO.length, at);
    at += payload;
  }
  ftruncateSync(descriptor, at);
  closeSync(descriptor);
  if (weights === 'external') writeWeights(path.join(folder, 'weights.bin'), model);
  return file;
}

function tensorHeader({ width, weights }: LargeModel, index: number): Uint8Array {
  const tensor = { name: `w${index}`, dims: [width, width], dataType: 1 };
  if (weights !== 'external') return onnx.TensorProto.encode(tensor).finish();
  const bytes = width * width * 4;
  const entries = { location: 'weights.bin', offset: String(index * bytes), length: String(bytes) };
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  const dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
  return onnx.TensorProto.encode({ ...tensor, dataLocation, externalData }).finish();
}

function payloadHeader(weights: LargeModel['weights'], bytes: number): Uint8Array {
  if (weights === 'external') return new Uint8Array(0);
  return concat(varint((weights === 'raw' ? RAW_DATA : FLOAT_DATA) * 8 + 2), varint(bytes));
}

function writeWeights(file: string, model: LargeModel): void {
  const descriptor = openSync(file, 'w');
  for (let index = 0; index < model.layers; index++) {
    writeSync(descriptor, TWO, 0, TWO.length, index * model.width ** 2 * 4);
  }
  ftruncateSync(descriptor, weightBytes(model));
  closeSync(descriptor);
}
