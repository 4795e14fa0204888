import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dtypeInfo, dtypeOfCode } from '../../../engine/ir/dtypes.ts';
import { tensorBytes } from '../../../engine/ir/tensor.ts';
import type { Tensor } from '../../../engine/ir/types.ts';
import { readTensorProto, writeTensorProto } from '../../../engine/onnx/tensor-proto.ts';
import { hasShared, shared } from '../../support/shared.ts';
import { concat, field, onnx, utf8, varint } from './model-bytes.ts';

const code = (dtype: Tensor['dtype']): number => dtypeInfo(dtype).code;

describe('typed fields', () => {
  it.each([
    ['float32', { floatData: [1.5, -2] }, Float32Array.of(1.5, -2)],
    ['float64', { doubleData: [1.5, -2] }, Float64Array.of(1.5, -2)],
    ['int64', { int64Data: [-1, 2 ** 40] }, BigInt64Array.of(-1n, 2n ** 40n)],
    ['uint64', { uint64Data: [1, 2 ** 40] }, BigUint64Array.of(1n, 2n ** 40n)],
    ['uint32', { uint64Data: [1, 2 ** 32 - 1] }, Uint32Array.of(1, 2 ** 32 - 1)],
    ['int32', { int32Data: [-7, 2 ** 31 - 1] }, Int32Array.of(-7, 2 ** 31 - 1)],
    ['int16', { int32Data: [-7, 300] }, Int16Array.of(-7, 300)],
    ['uint16', { int32Data: [7, 65535] }, Uint16Array.of(7, 65535)],
    ['int8', { int32Data: [-128, 127] }, Int8Array.of(-128, 127)],
    ['uint8', { int32Data: [0, 255] }, Uint8Array.of(0, 255)],
    ['bool', { int32Data: [1, 0] }, Uint8Array.of(1, 0)],
    ['float16', { int32Data: [0x3c00, 0xc000] }, Float16Array.of(1, -2)],
    ['bfloat16', { int32Data: [0x3f80, 0xc000] }, Float32Array.of(1, -2)],
    ['float8e4m3fn', { int32Data: [0x38, 0xc0] }, Float32Array.of(1, -2)],
    ['int4', { int32Data: [0xf1] }, Int8Array.of(1, -1)],
    ['uint4', { int32Data: [0xf1] }, Uint8Array.of(1, 15)],
    ['float4e2m1', { int32Data: [0xc2] }, Float32Array.of(1, -2)],
    ['string', { stringData: [utf8('é'), utf8('')] }, ['é', '']],
  ] as const)('%s', (dtype, fields, data) => {
    const proto = { name: 't', dims: [2], dataType: code(dtype), ...fields } as object;
    const bytes = onnx.TensorProto.encode(proto).finish();
    expect(readTensorProto(bytes)).toEqual({ name: 't', tensor: { dtype, shape: [2], data } });
  });

  it('complex64 interleaves', () => {
    const proto = { dims: [1], dataType: code('complex64'), floatData: [1, 2] };
    const { tensor } = readTensorProto(onnx.TensorProto.encode(proto).finish());
    expect(tensor.data).toEqual(Float32Array.of(1, 2));
  });

  it('unpacked elements, and a packed field given in two parts', () => {
    const header = onnx.TensorProto.encode({ dims: [3], dataType: code('int32') }).finish();
    // int32_data = 5: wire type 0 one by one, then wire type 2.
    const one = concat(varint(5 * 8), varint(300));
    const rest = field(5, concat(varint(1), varint(2)));
    expect(readTensorProto(concat(header, one, rest)).tensor.data).toEqual(Int32Array.of(300, 1, 2));
  });

  it('large ones, through the same code as weights that stay on disk', () => {
    const int64Data = Array.from({ length: 3000 }, (_, i) => (i % 2 ? -i : i * 2 ** 20));
    const proto = { dims: [3000], dataType: code('int64'), int64Data };
    const { tensor } = readTensorProto(onnx.TensorProto.encode(proto).finish());
    expect(tensor.data).toEqual(BigInt64Array.from(int64Data, BigInt));
  });
});

it.each([
  [{ dims: [3], dataType: 1, floatData: [1, 2] }, /expected 12 bytes of elements, found 8/],
  [{ dims: [3], dataType: 7, int64Data: [1, 2] }, /expected 3 elements, found 2/],
  [{ dims: [3], dataType: 1, rawData: new Uint8Array(11) }, /expected 12 bytes of elements, found 11/],
  [{ dims: [-1], dataType: 1 }, /expected at most 64 dimensions from 0/],
  [{ dims: [2 ** 40, 2 ** 40, 0], dataType: 1 }, /product is at most 2\^44/],
  [{ dims: [2], dataType: 1 }, /expected 2 elements, found no data/],
  [{ dims: [2], dataType: 8, stringData: [utf8('a')] }, /expected 2 strings, found 1/],
  [{ dims: [1], dataType: 8, stringData: [Uint8Array.of(255)] }, /UTF-8/],
  [{ dims: [1], dataType: 99 }, /found code 99/],
])('%j says what is wrong with it', (proto, message) => {
  expect(() => readTensorProto(onnx.TensorProto.encode(proto).finish(), 'input_0.pb')).toThrow(message);
  expect(() => readTensorProto(onnx.TensorProto.encode(proto).finish(), 'input_0.pb')).toThrow(
    /^input_0\.pb, byte 0/,
  );
});

it('every element type is the same after writing and reading', () => {
  for (let type = 1; type <= 26; type++) {
    const dtype = dtypeOfCode(type);
    if (!dtype) throw new Error(`no dtype of code ${type}`);
    const shape = [3, 5];
    if (dtype === 'string') {
      const tensor: Tensor = { dtype, shape: [2], data: ['a', 'ß'] };
      expect(readTensorProto(writeTensorProto('s', tensor))).toEqual({ name: 's', tensor });
      continue;
    }
    // Zero exponents are finite in every format.
    const rawData = new Uint8Array(tensorBytes(dtype, shape)).map((_, i) => i % 2);
    const proto = onnx.TensorProto.encode({ name: 'x', dims: shape, dataType: type, rawData }).finish();
    const first = readTensorProto(proto);
    expect(first.tensor).toMatchObject({ dtype, shape });
    expect(readTensorProto(writeTensorProto('x', first.tensor))).toEqual(first);
  }
});

it.skipIf(!hasShared)('test data of the backend tests', () => {
  const cases = readdirSync(shared('onnx', 'node')).filter(name =>
    /^test_(add|cast|string|quant)/.test(name),
  );
  let count = 0;
  for (const name of cases) {
    const folder = ['onnx', 'node', name, 'test_data_set_0'];
    for (const file of readdirSync(shared(...folder))) {
      const { tensor } = readTensorProto(readFileSync(shared(...folder, file)), file);
      expect(tensor.shape.every(extent => extent >= 0)).toBe(true);
      count++;
    }
  }
  expect(count).toBeGreaterThan(200);
});
