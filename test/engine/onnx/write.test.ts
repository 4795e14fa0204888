import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { loadConstant, readFromMemory } from '../../../engine/ir/constants/constant.ts';
import type { ReadBytes } from '../../../engine/ir/constants/reading.ts';
import type { Attribute, Constant, Graph, Model } from '../../../engine/ir/types.ts';
import { importOnnx } from '../../../engine/onnx/import.ts';
import { writeOnnx } from '../../../engine/onnx/write.ts';
import { modelOf } from '../../support/build-graph.ts';
import { hasShared, shared } from '../../support/shared.ts';
import { modelBytes, onnx } from './model-bytes.ts';

function open(bytes: Uint8Array): { model: Model; read: ReadBytes } {
  const read = readFromMemory({ 'model.onnx': bytes });
  return { model: importOnnx({ path: 'model.onnx', size: bytes.length }, read), read };
}

/** A graph without ids, offsets and what else may differ between two files that say the same. */
function meaning(graph: Graph, read: ReadBytes): unknown {
  const nameOf = (id: number | undefined): string | undefined =>
    id === undefined ? undefined : graph.values[id]?.name;
  const data = (constant: Constant): unknown => loadConstant(constant, read);
  const attribute = (value: Attribute): unknown => {
    if (value.type === 'graph') return meaning(value.value, read);
    if (value.type === 'tensor') return data(value.value);
    return value.type === 'tensors' ? value.value.map(data) : value;
  };
  const constants = graph.values.filter(value => value?.constant !== undefined);
  return {
    name: graph.name,
    inputs: graph.inputs.map(id => ({ ...graph.values[id], id: undefined })),
    outputs: graph.outputs.map(nameOf),
    captures: [...(graph.captures?.values() ?? [])].sort(),
    nodes: graph.nodes.map(node => ({
      ...node,
      id: undefined,
      origin: undefined,
      inputs: node.inputs.map(nameOf),
      outputs: node.outputs.map(nameOf),
      attributes: Object.entries(node.attributes).map(([name, value]) => [name, attribute(value)]),
    })),
    constants: Object.fromEntries(
      constants.map(value => [value?.name, value?.constant && data(value.constant)]),
    ),
  };
}

const models = hasShared ? readdirSync(shared('models')).filter(name => name !== 'INDEX.md') : [];

it.skipIf(!hasShared).each(models)('%s is the same after writing and importing again', name => {
  const first = open(readFileSync(shared('models', name, 'model.onnx')));
  const second = open(writeOnnx(first.model, first.read));
  expect(second.model.diagnostics).toEqual([]);
  expect(second.model.opsets).toEqual(first.model.opsets);
  expect(second.model.metadata).toEqual(first.model.metadata);
  expect(meaning(second.model.graph, second.read)).toEqual(meaning(first.model.graph, first.read));
});

it('says which file it needs when weights are on disk and nobody reads them', () => {
  const constant: Constant = {
    kind: 'file',
    dtype: 'float32',
    shape: [1],
    file: 'weights.bin',
    offset: 0,
    length: 4,
    encoding: 'raw',
  };
  const graph: Graph = {
    name: 'g',
    values: [{ id: 0 as never, name: 'w', constant }],
    nodes: [],
    inputs: [],
    outputs: [],
  };
  expect(() => writeOnnx(modelOf(graph))).toThrow(/weights\.bin/);
});

it('attributes that hold types keep them; those of no known form keep their names', () => {
  const { AttributeType: types } = onnx.AttributeProto;
  const float = { tensorType: { elemType: 1 } };
  const tp = { optionalType: { elemType: { sequenceType: { elemType: float } } } };
  const attribute = [
    { name: 'type', type: types.TYPE_PROTO, tp },
    { name: 'strange', type: types.STRING, s: Uint8Array.of(0xff, 0xfe) },
  ];
  const { model, read } = open(modelBytes({ node: [{ opType: 'Optional', output: ['y'], attribute }] }));
  expect(model.graph.nodes[0]?.attributes.type).toEqual({
    type: 'other',
    value: 'optional(seq(tensor(float32)))',
  });
  const again = open(writeOnnx(model, read)).model.graph.nodes[0]?.attributes;
  expect(again?.type).toEqual(model.graph.nodes[0]?.attributes.type);
  expect(again?.strange?.type).toBe('other');
});
