import { describe, expect, it } from 'vitest';
import { findValue } from '../../../engine/ir/graph.ts';
import { importOnnx } from '../../../engine/onnx/import.ts';
import {
  concat,
  field,
  floatTensor,
  floatValue,
  type GraphFields,
  ids,
  modelBytes,
  nodesAsText,
  onnx,
  open,
  utf8,
  varint,
} from './model-bytes.ts';

const types = onnx.AttributeProto.AttributeType;

describe('no model at all', () => {
  it.each([
    ['an empty file', new Uint8Array(0), 'an empty file'],
    ['text', utf8('# Read me\n'), 'text ("# Read me'],
    ['long text', utf8('this is no model, but text in a file'), 'text ("this is no model, but text in a…")'],
    ['a Git LFS pointer', utf8('version https://git-lfs.github.com/spec/v1\noid sha256:…'), 'Git LFS'],
    ['a ZIP archive', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0), 'ZIP'],
    [
      'a TFLite model',
      concat(Uint8Array.of(28, 0, 0, 0), utf8('TFL3'), new Uint8Array(20)),
      'TensorFlow Lite',
    ],
    ['zeros', new Uint8Array(1000), 'no graph'],
    ['a TensorProto', onnx.TensorProto.encode(floatTensor('t', [1, 2])).finish(), 'no graph'],
    ['a model without a graph', onnx.ModelProto.encode({ irVersion: 8 }).finish(), 'no graph'],
  ])('%s', (_, bytes, found) => {
    const { model } = open(bytes);
    expect(model.graph.nodes).toEqual([]);
    expect(model.diagnostics[0]).toMatchObject({ severity: 'error', id: 'not-a-model' });
    expect(model.diagnostics[0]?.where).toBe('dir/model.onnx');
    expect(model.diagnostics[0]?.message).toContain(found);
  });

  it('a file that cannot be read', () => {
    const model = importOnnx({ path: 'gone.onnx', size: 100 }, () => {
      throw new Error('EIO');
    });
    expect(ids(model)).toContain('unreadable-file');
    expect(model.diagnostics.find(({ id }) => id === 'unreadable-file')?.message).toContain('EIO');
  });

  it('a file that is shorter than it was', () => {
    const bytes = modelBytes({ node: [{ opType: 'Relu', input: ['x'], output: ['y'] }] });
    const read = (_: string, offset: number, length: number): Uint8Array =>
      bytes.subarray(offset, Math.min(offset + length, bytes.length - 4));
    const model = importOnnx({ path: 'm.onnx', size: bytes.length }, read);
    expect(model.diagnostics.length).toBeGreaterThan(0);
  });
});

const chain: GraphFields = {
  input: [floatValue('x', [1])],
  output: [floatValue('c', [1])],
  node: [
    { opType: 'Abs', name: 'first', input: ['x'], output: ['a'] },
    { opType: 'Neg', name: 'second', input: ['a'], output: ['b'] },
    { opType: 'Exp', name: 'third', input: ['b'], output: ['c'] },
  ],
};

describe('damaged bytes', () => {
  it('cut anywhere: says that it is truncated, once, and shows what came before', () => {
    const bytes = modelBytes(chain);
    for (let size = 1; size < bytes.length; size++) {
      const { model } = open(bytes.slice(0, size));
      expect(model.diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
      expect(model.diagnostics.filter(({ id }) => id === 'truncated-file').length).toBeLessThanOrEqual(1);
    }
    const inThird = bytes.length - onnx.GraphProto.encode({ output: [floatValue('c', [1])] }).finish().length;
    const { model } = open(bytes.slice(0, inThird - 40));
    expect(ids(model)).toContain('truncated-file');
    expect(nodesAsText(model.graph)[0]).toBe('Abs(x) -> a');
  });

  it('what is missing because the file is cut off is said once, after the cause', () => {
    const bytes = modelBytes({
      ...chain,
      initializer: [floatTensor('w', [1])],
      node: [...(chain.node ?? []), { opType: 'Add', input: ['w', 'c'], output: ['d'] }],
    });
    // Nodes come before initialisers and inputs: cut behind the nodes, nothing they read is there.
    const nodes = onnx.GraphProto.encode({ node: chain.node ?? [] }).finish().length;
    const { model } = open(bytes.slice(0, bytes.indexOf(7 * 8 + 2) + nodes + 8));
    expect(ids(model)).toEqual(['truncated-file', 'incomplete-graph']);
    expect(model.diagnostics[0]?.message).toMatch(
      /^the file is cut off: .*expected \d+ bytes, found \d+ before/,
    );
    expect(model.diagnostics[1]?.message).toContain('node "first" (Abs)');
  });

  it('a wrong wire type costs one field', () => {
    // NodeProto.op_type = 4 as a varint, then as it should be.
    const node = concat(varint(4 * 8), varint(5), onnx.NodeProto.encode({ opType: 'Relu' }).finish());
    const { model } = open(concat(modelBytes({}), field(7, field(1, node))));
    expect(model.graph.nodes.map(({ op }) => op)).toEqual(['Relu']);
    expect(model.diagnostics).toMatchObject([
      { id: 'wrong-wire-type', message: 'field 4 of NodeProto: expected string, found wire type 0' },
    ]);
    expect(model.diagnostics[0]?.where).toMatch(/^dir\/model\.onnx, byte \d+$/);
  });

  it('an absurd length inside a message costs that message', () => {
    const bad = field(1, concat(varint(3 * 8 + 2), varint(2 ** 50), utf8('name')));
    const good = field(1, onnx.NodeProto.encode({ opType: 'Relu' }).finish());
    const { model } = open(concat(modelBytes({}), field(7, concat(bad, good))));
    expect(model.graph.nodes.map(({ op }) => op)).toEqual(['Relu']);
    expect(ids(model)).toContain('length-too-large');
  });

  it('nesting without end stops', () => {
    let graph: Uint8Array = onnx.GraphProto.encode({ name: 'innermost' }).finish();
    const attribute = onnx.AttributeProto.encode({ name: 'body', type: types.GRAPH }).finish();
    const node = onnx.NodeProto.encode({ opType: 'Loop' }).finish();
    for (let depth = 0; depth < 5000; depth++) {
      graph = field(1, concat(node, field(5, concat(attribute, field(6, graph)))));
    }
    // In both graphs something lies too deep: it is said once.
    const { model } = open(concat(modelBytes({}), field(7, concat(graph, graph))));
    expect(ids(model).filter(id => id === 'nesting-too-deep')).toHaveLength(1);
    expect(model.graph.nodes.length).toBe(2);
  });

  it('names that are no UTF-8 are a warning', () => {
    const node = concat(
      onnx.NodeProto.encode({ opType: 'Relu' }).finish(),
      field(3, Uint8Array.of(0x61, 0xff, 0x62)),
    );
    const { model } = open(concat(modelBytes({}), field(7, field(1, node))));
    expect(model.diagnostics).toMatchObject([{ severity: 'warning', id: 'invalid-utf8' }]);
    expect(model.graph.nodes[0]?.name).toBe('a\ufffdb');
  });

  it('endless problems give a bounded list', () => {
    const node = Array.from({ length: 2000 }, (_, i) => ({ opType: 'Relu', input: [`missing${i}`] }));
    const { model } = open(modelBytes({ node }));
    expect(model.diagnostics.length).toBe(501);
    expect(model.diagnostics.at(-1)?.message).toContain('found 1500 more');
  });
});

describe('graphs that do not connect', () => {
  it('an input nobody defines: node and value are named, the rest is there', () => {
    const { model } = open(
      modelBytes({ node: [{ opType: 'Relu', name: 'r', input: ['nowhere'], output: ['y'] }] }),
    );
    const [node] = model.graph.nodes;
    const value = findValue(model.graph, 'nowhere');
    expect(model.diagnostics).toMatchObject([{ id: 'undefined-value', node: node?.id, value: value?.id }]);
    expect(model.diagnostics[0]?.where).toMatch(/node "r" \(Relu\)$/);
  });

  it('a node without a name is told by its operator, its number and its result', () => {
    const node = [
      { opType: 'Relu', input: ['x'], output: ['a'] },
      { opType: 'Add', input: ['a', 'nowhere'], output: ['', 'b'] },
    ];
    const { model } = open(modelBytes({ input: [floatValue('x', [1])], node }));
    expect(model.diagnostics[0]?.where).toMatch(/, node Add #1 → b$/);
  });

  it('an output nobody defines', () => {
    const { model } = open(modelBytes({ output: [floatValue('y', [1])] }));
    expect(ids(model)).toEqual(['undefined-value']);
    expect(model.graph.outputs).toEqual([]);
  });

  it('a cycle', () => {
    const { model } = open(
      modelBytes({
        input: [floatValue('x', [1])],
        node: [
          { opType: 'Add', name: 'p', input: ['x', 'b'], output: ['a'] },
          { opType: 'Neg', name: 'q', input: ['a'], output: ['b'] },
        ],
      }),
    );
    expect(ids(model)).toEqual(['cycle']);
    expect(nodesAsText(model.graph).sort()).toEqual(['Add(x, b) -> a', 'Neg(a) -> b']);
  });

  it('the same name for two values', () => {
    const { model } = open(
      modelBytes({
        input: [floatValue('x', [1]), floatValue('x', [2])],
        initializer: [floatTensor('w', [1]), floatTensor('w', [2])],
        node: [
          { opType: 'Neg', name: 'n', input: ['x'], output: ['y'] },
          { opType: 'Abs', name: 'n', input: ['x'], output: ['y'] },
          { opType: 'Exp', input: ['y'], output: ['w'] },
        ],
      }),
    );
    expect(ids(model)).toEqual(['duplicate-value', 'duplicate-value', 'duplicate-value', 'duplicate-value']);
    expect(nodesAsText(model.graph)).toEqual(['Neg(x) -> y', 'Abs(x) -> y_1', 'Exp(y) -> w_1']);
    expect(model.graph.nodes.map(({ name }) => name).slice(0, 2)).toEqual(['n', 'n_1']);
  });

  it('missing names: nodes are called after their operators', () => {
    const { model } = open(
      modelBytes({ input: [floatValue('x', [1])], node: [{ opType: 'Relu', input: ['x'], output: [''] }] }),
    );
    expect(model.diagnostics).toEqual([]);
    expect(model.graph.nodes[0]).toMatchObject({ name: 'Relu_0', outputs: [undefined] });
  });

  it('a node without an operator is left out', () => {
    const { model } = open(modelBytes({ node: [{ name: 'lost', input: [], output: ['y'] }] }));
    expect(ids(model)).toEqual(['operator-missing']);
    expect(model.diagnostics[0]?.where).toContain('"lost"');
  });

  it('no opset of the default domain', () => {
    const node = [{ opType: 'Relu', input: [], output: ['y'] }];
    expect(ids(open(modelBytes({ node }, { opsetImport: [] })).model)).toEqual(['opset-missing']);
    expect(ids(open(modelBytes({ node }, { opsetImport: [], irVersion: 2 })).model)).toEqual([]);
  });
});

describe('tensors that do not fit', () => {
  const initializer = (fields: object) => open(modelBytes({ initializer: [fields] })).model;

  it.each([
    [{ name: 'w', dims: [2], dataType: 1, rawData: new Uint8Array(7) }, 'tensor-size-mismatch'],
    [{ name: 'w', dims: [-2], dataType: 1 }, 'bad-dimensions'],
    [{ name: 'w', dims: [2 ** 31, 2 ** 31], dataType: 1 }, 'bad-dimensions'],
    [{ name: 'w', dims: [2 ** 40], dataType: 1 }, 'tensor-data-missing'],
    [{ name: 'w', dims: [1], dataType: 77, rawData: new Uint8Array(4) }, 'unknown-element-type'],
  ])('%j: %s', (fields, id) => {
    const model = initializer(fields);
    expect(ids(model)).toEqual([id]);
    expect(model.diagnostics[0]?.where).toMatch(/byte \d+, tensor "w"$/);
    expect(findValue(model.graph, 'w')?.constant).toBeUndefined();
  });

  it.each([
    ['an index outside', [2, 2], [0, 4]],
    ['too few indices', [2, 2], [0]],
    ['a dense size without bounds', [2 ** 25, 2 ** 25], [0, 1]],
  ])('sparse, %s', (_, dims, int64Data) => {
    const sparse = {
      values: floatTensor('s', [1, 2]),
      indices: { dims: [int64Data.length], dataType: 7, int64Data },
      dims,
    };
    expect(ids(open(modelBytes({ sparseInitializer: [sparse] })).model)).toEqual(['bad-sparse-tensor']);
  });
});
