// What files of newer IR versions hold that onnx-proto does not know, and what old ones leave out.

import { expect, it } from 'vitest';
import { findValue } from '../../../engine/ir/graph.ts';
import {
  concat,
  field,
  floatTensor,
  floatValue,
  ids,
  modelBytes,
  onnx,
  open,
  utf8,
  varint,
} from './model-bytes.ts';

const graph = { input: [floatValue('x', [2])], output: [floatValue('y', [2])] };

it.each([3, 4, 7, 8, 9, 10, 11, 12, 13, 99])('IR version %d opens', irVersion => {
  const node = [{ opType: 'Relu', input: ['x'], output: ['y'] }];
  const { model } = open(modelBytes({ ...graph, node }, { irVersion }));
  expect(model.irVersion).toBe(irVersion);
  expect(ids(model)).toEqual([]);
  expect(model.graph.nodes).toHaveLength(1);
});

it('multi-device configurations, and fields nobody knows yet, are passed over', () => {
  // NodeProto.device_configurations = 10, ModelProto.configuration = 26; 500 is not taken.
  const configuration = field(26, concat(field(1, utf8('mesh')), varint(2 * 8), varint(2)));
  const unknown = field(500, utf8('later'));
  const node = concat(
    onnx.NodeProto.encode({ opType: 'Relu', input: ['x'], output: ['y'] }).finish(),
    field(10, concat(field(1, utf8('mesh')), varint(3 * 8), varint(1))),
    unknown,
  );
  const body = concat(onnx.GraphProto.encode(graph).finish(), field(1, node), unknown);
  const header = onnx.ModelProto.encode({
    irVersion: 11,
    opsetImport: [{ domain: '', version: 23 }],
  }).finish();
  const { model } = open(concat(header, configuration, field(7, body), unknown));
  expect(ids(model)).toEqual([]);
  expect(model.graph.nodes).toMatchObject([{ op: 'Relu', version: 23 }]);
});

it.each([
  [21, 'uint4', 1],
  [22, 'int4', 1],
  [23, 'float4e2m1', 1],
  [24, 'float8e8m0', 2],
  [25, 'uint2', 1],
  [26, 'int2', 1],
])('element type %d is %s', (dataType, dtype, bytes) => {
  const w = { name: 'w', dims: [2], dataType, rawData: new Uint8Array(bytes) };
  const { model } = open(modelBytes({ initializer: [w] }));
  expect(ids(model)).toEqual([]);
  expect(findValue(model.graph, 'w')).toMatchObject({ dtype, shape: [2] });
});

it('domains that are imported and not used, and large constants in nodes', () => {
  const { AttributeType: types } = onnx.AttributeProto;
  const t = floatTensor('', new Array(100_000).fill(1));
  const node = [{ opType: 'Constant', output: ['y'], attribute: [{ name: 'value', type: types.TENSOR, t }] }];
  const opsetImport = [
    { domain: '', version: 17 },
    { domain: 'nobody.uses.this', version: 5 },
  ];
  const { model } = open(modelBytes({ ...graph, node }, { opsetImport }));
  expect(ids(model)).toEqual([]);
  expect(findValue(model.graph, 'y')?.constant).toMatchObject({ kind: 'file', length: 400_000 });
});
