import { expect, it } from 'vitest';
import { subgraphsOf } from '../../../engine/ir/graph.ts';
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
} from './model-bytes.ts';

const types = onnx.AttributeProto.AttributeType;
const opsets = [{ domain: '', version: 17 }];

/** A function in domain 'my'. */
const fn = (name: string, fields: object) => ({ name, domain: 'my', opsetImport: opsets, ...fields });

const call = (opType: string, input: string[], output: string[], more: object = {}) => ({
  opType,
  domain: 'my',
  input,
  output,
  ...more,
});

function openWith(functions: object[], graph: GraphFields) {
  const imports = [...opsets, { domain: 'my', version: 1 }];
  return open(modelBytes(graph, { functions, opsetImport: imports })).model;
}

const square = fn('Square', {
  input: ['a'],
  output: ['r'],
  node: [{ opType: 'Mul', name: 'm', input: ['a', 'a'], output: ['r'] }],
});

it('expands nested calls, with names that say where a node is from', () => {
  const fourth = fn('Fourth', {
    input: ['a'],
    output: ['r'],
    node: [call('Square', ['a'], ['t'], { name: 'in' }), call('Square', ['t'], ['r'], { name: 'out' })],
  });
  const model = openWith([square, fourth], {
    input: [floatValue('x', [1])],
    output: [floatValue('y', [1]), floatValue('z', [1])],
    node: [call('Fourth', ['x'], ['y'], { name: 'f' }), call('Fourth', ['y'], ['z'], { name: 'g' })],
  });
  expect(model.diagnostics).toEqual([]);
  expect(nodesAsText(model.graph)).toEqual([
    'Mul(x, x) -> f/t',
    'Mul(f/t, f/t) -> y',
    'Mul(y, y) -> g/t',
    'Mul(g/t, g/t) -> z',
  ]);
  expect(model.graph.nodes.map(node => node.name)).toEqual(['f/in/m', 'f/out/m', 'g/in/m', 'g/out/m']);
  expect(model.graph.nodes[0]).toMatchObject({ version: 17, metadata: { function: 'Square', call: 'f/in' } });
});

it('attributes come from the call, else from the default, else are left out', () => {
  const defaulted = onnx.AttributeProto.encode({ name: 'beta', type: types.FLOAT, f: 2 }).finish();
  const body = onnx.FunctionProto.encode(
    fn('Scaled', {
      input: ['a'],
      output: ['r'],
      attribute: ['alpha', 'gamma'],
      node: [
        {
          opType: 'HardSigmoid',
          input: ['a'],
          output: ['r'],
          attribute: ['alpha', 'beta', 'gamma'].map(name => ({
            name,
            refAttrName: name,
            type: types.FLOAT,
          })),
        },
      ],
    }),
  ).finish();
  // FunctionProto.attribute_proto = 11, ModelProto.functions = 25: newer than onnx-proto.
  const functionField = field(25, concat(body, field(11, defaulted)));
  const model = modelBytes(
    {
      input: [floatValue('x', [1])],
      node: [
        call('Scaled', ['x'], ['y'], { attribute: [{ name: 'alpha', type: types.FLOAT, f: 0.5 }] }),
        call('Scaled', ['x'], ['z'], { attribute: [{ name: 'beta', type: types.FLOAT, f: 3 }] }),
      ],
    },
    { opsetImport: [...opsets, { domain: 'my', version: 1 }] },
  );
  const { graph, diagnostics } = open(concat(model, functionField)).model;
  expect(diagnostics).toEqual([]);
  expect(graph.nodes.map(node => node.attributes)).toEqual([
    { alpha: { type: 'float', value: 0.5 }, beta: { type: 'float', value: 2 } },
    { beta: { type: 'float', value: 3 } },
  ]);
});

it('overloads are told apart, and node metadata is read', () => {
  const overloaded = (overload: string, opType: string) =>
    field(
      25,
      concat(
        onnx.FunctionProto.encode(
          fn('F', { input: ['a'], output: ['r'], node: [{ opType, input: ['a'], output: ['r'] }] }),
        ).finish(),
        field(13, utf8(overload)),
      ),
    );
  const node = (fields: object, ...newer: Uint8Array[]) =>
    field(1, concat(onnx.NodeProto.encode(fields).finish(), ...newer));
  const graph = concat(
    onnx.GraphProto.encode({ input: [floatValue('x', [1])], output: [floatValue('z', [1])] }).finish(),
    node(call('F', ['x'], ['y']), field(8, utf8('two'))),
    node(
      { opType: 'Relu', input: ['y'], output: ['z'] },
      field(9, concat(field(1, utf8('namespace')), field(2, utf8('encoder')))),
    ),
  );
  const header = onnx.ModelProto.encode({
    irVersion: 10,
    opsetImport: [...opsets, { domain: 'my', version: 1 }],
  }).finish();
  const { model } = open(concat(header, overloaded('one', 'Abs'), overloaded('two', 'Neg'), field(7, graph)));
  expect(model.diagnostics).toEqual([]);
  expect(nodesAsText(model.graph)).toEqual(['Neg(x) -> y', 'Relu(y) -> z']);
  expect(model.graph.nodes[1]?.metadata).toEqual({ namespace: 'encoder' });
});

it('omitted inputs, inputs passed through and results given twice keep their names', () => {
  const odd = fn('Odd', {
    input: ['a', 'b'],
    output: ['a', 'r', 'r'],
    node: [{ opType: 'Clip', input: ['a', 'b'], output: ['r'] }],
  });
  const model = openWith([odd], {
    input: [floatValue('x', [1])],
    output: [floatValue('p', [1]), floatValue('q', [1]), floatValue('s', [1])],
    node: [call('Odd', ['x'], ['p', 'q', 's'])],
  });
  expect(model.diagnostics).toEqual([]);
  expect(nodesAsText(model.graph)).toEqual(['Clip(x, -) -> q', 'Identity(x) -> p', 'Identity(q) -> s']);
});

it('subgraphs in a body capture the values of the body', () => {
  const branch = { output: [{ name: 'o' }], node: [{ opType: 'Neg', input: ['t'], output: ['o'] }] };
  const body = fn('Choose', {
    input: ['a', 'c'],
    output: ['r'],
    node: [
      { opType: 'Abs', input: ['a'], output: ['t'] },
      {
        opType: 'If',
        input: ['c'],
        output: ['r'],
        attribute: [{ name: 'then_branch', type: types.GRAPH, g: branch }],
      },
    ],
  });
  const model = openWith([body], {
    input: [floatValue('x', [1]), floatValue('c', [])],
    output: [floatValue('y', [1])],
    node: [call('Choose', ['x', 'c'], ['y'], { name: 'n' })],
  });
  expect(model.diagnostics).toEqual([]);
  const [branchGraph] = model.graph.nodes.flatMap(subgraphsOf);
  expect([...(branchGraph?.captures?.values() ?? [])]).toEqual(['n/t']);
});

it('recursion and exponential calls end with a diagnostic', () => {
  const loop = fn('Loop', { input: ['a'], output: ['r'], node: [call('Loop', ['a'], ['r'])] });
  const recursive = openWith([loop], {
    input: [floatValue('x', [1])],
    node: [call('Loop', ['x'], ['y'])],
  });
  expect(ids(recursive)).toEqual(['recursive-function']);
  const levels = Array.from({ length: 60 }, (_, level) =>
    fn(`F${level}`, {
      input: ['a'],
      output: ['r'],
      node:
        level === 0
          ? [{ opType: 'Neg', input: ['a'], output: ['r'] }]
          : [call(`F${level - 1}`, ['a'], ['t']), call(`F${level - 1}`, ['t'], ['r'])],
    }),
  );
  const exponential = openWith(levels, {
    input: [floatValue('x', [1])],
    initializer: [floatTensor('w', [1])],
    node: [call('F59', ['x'], ['y'])],
  });
  expect(ids(exponential)).toContain('graph-too-large');
});

it('counts what expanding would make before it expands: calls of a bomb stay calls', () => {
  const last = fn('F0', {
    input: ['a'],
    output: ['r'],
    node: [{ opType: 'Neg', input: ['a'], output: ['r'] }],
  });
  const doubling = Array.from({ length: 40 }, (_, i) =>
    fn(`F${i + 1}`, {
      input: ['a'],
      output: ['r'],
      node: [call(`F${i}`, ['a'], ['t']), call(`F${i}`, ['t'], ['r'])],
    }),
  );
  const model = openWith([last, ...doubling], {
    input: [floatValue('x', [1])],
    output: [floatValue('y', [1])],
    node: [call('F40', ['x'], ['y'])],
  });
  expect(model.diagnostics).toMatchObject([{ severity: 'error', id: 'graph-too-large' }]);
  expect(Number(/found (\d+)/.exec(model.diagnostics[0]?.message ?? '')?.[1])).toBeGreaterThan(2 ** 40);
  expect(nodesAsText(model.graph)).toEqual(['my.F40(x) -> y']);
});
