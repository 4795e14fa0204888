import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConstant } from '../../../engine/ir/constants/constant.ts';
import { findValue, subgraphsOf } from '../../../engine/ir/graph.ts';
import type { Graph } from '../../../engine/ir/types.ts';
import { hasShared, shared } from '../../support/shared.ts';
import {
  floatTensor,
  floatValue,
  ids,
  modelBytes,
  nodesAsText,
  onnx,
  open,
  openFile,
  utf8,
} from './model-bytes.ts';

const types = onnx.AttributeProto.AttributeType;

const countNodes = (graph: Graph): number =>
  graph.nodes.reduce((sum, node) => sum + 1 + subgraphsOf(node).reduce((n, g) => n + countNodes(g), 0), 0);

/** Every id a graph mentions exists, and what a node reads was there before. */
function expectSound(graph: Graph, outer: ReadonlySet<string> = new Set()): void {
  const ready = new Set<number>(graph.inputs);
  for (const value of graph.values) if (value?.constant) ready.add(value.id);
  for (const [id, name] of graph.captures ?? []) {
    expect(outer).toContain(name);
    ready.add(id);
  }
  const names = new Set(graph.values.map(value => value?.name ?? ''));
  expect(names.size).toBe(graph.values.length);
  expect(new Set(graph.nodes.map(node => node.name)).size).toBe(graph.nodes.length);
  for (const node of graph.nodes) {
    for (const id of node.inputs) if (id !== undefined) expect(ready).toContain(id);
    for (const id of node.outputs) if (id !== undefined) ready.add(id);
    for (const subgraph of subgraphsOf(node)) expectSound(subgraph, names);
  }
  for (const id of graph.outputs) expect(ready).toContain(id);
}

describe.skipIf(!hasShared)('real files', () => {
  const rows = hasShared
    ? readFileSync(shared('models', 'INDEX.md'), 'utf8').matchAll(/^\| (\S+) \| (\d+) \((\d+)\) \|/gm)
    : [];
  const models = [...rows].map(row => [row[1] ?? '', Number(row[2]), Number(row[3])] as const);

  it('lists all of them', () => expect(models.length).toBe(33));

  it.each(models)('%s has %d nodes, %d with subgraphs', (name, nodes, all) => {
    const { model } = openFile(shared('models', name, 'model.onnx'));
    expect(model.diagnostics).toEqual([]);
    expect(model.graph.nodes.length).toBe(nodes);
    expect(countNodes(model.graph)).toBe(all);
    expectSound(model.graph);
  });

  const light = hasShared ? readdirSync(shared('onnx', 'light')).filter(name => name.endsWith('.onnx')) : [];
  it.each(light)('%s', name => {
    const { model } = openFile(shared('onnx', 'light', name));
    expect(model.diagnostics).toEqual([]);
    expect(model.graph.nodes.length).toBeGreaterThan(20);
    expect(model.graph.inputs.length).toBe(1);
    expectSound(model.graph);
  });

  it('every third of the backend tests', () => {
    const cases = readdirSync(shared('onnx', 'node')).filter((_, index) => index % 3 === 0);
    expect(cases.length).toBeGreaterThan(500);
    for (const name of cases) {
      const { model } = openFile(shared('onnx', 'node', name, 'model.onnx'));
      expect([name, model.diagnostics]).toEqual([name, []]);
      expect(model.graph.nodes.length).toBeGreaterThan(0);
      expectSound(model.graph);
    }
  });
});

describe('what a file says', () => {
  it('initialisers that are also listed as inputs are no inputs', () => {
    const { model } = open(
      modelBytes({
        input: [floatValue('x', ['n', 2]), floatValue('w', [2])],
        output: [floatValue('y', ['n', 2])],
        initializer: [floatTensor('w', [1, 2])],
        node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
      }),
    );
    expect(model.diagnostics).toEqual([]);
    const { graph } = model;
    expect(graph.inputs.map(id => graph.values[id]?.name)).toEqual(['x']);
    expect(findValue(graph, 'x')).toMatchObject({ dtype: 'float32', declared: ['n', 2] });
    expect(findValue(graph, 'x')?.shape).toBeUndefined();
    expect(findValue(graph, 'w')?.constant).toMatchObject({ kind: 'inline' });
  });

  it('large payloads stay in the file, small ones are read', () => {
    const bytes = modelBytes({
      initializer: [floatTensor('small', [1, 2]), floatTensor('large', new Array(1000).fill(7))],
    });
    const { model, read } = open(bytes);
    expect(findValue(model.graph, 'small')?.constant?.kind).toBe('inline');
    const large = findValue(model.graph, 'large')?.constant;
    expect(large).toMatchObject({ kind: 'file', file: 'dir/model.onnx', length: 4000, encoding: 'raw' });
    expect(large && loadConstant(large, read).data).toEqual(new Float32Array(1000).fill(7));
  });

  it('Constant nodes stay nodes, and their outputs know the data', () => {
    const constant = (output: string, attribute: object) => ({
      opType: 'Constant',
      output: [output],
      attribute: [attribute],
    });
    const { model, read } = open(
      modelBytes({
        node: [
          constant('a', { name: 'value', type: types.TENSOR, t: floatTensor('', [5]) }),
          constant('b', { name: 'value_float', type: types.FLOAT, f: 0.5 }),
          constant('c', { name: 'value_floats', type: types.FLOATS, floats: [1, 2] }),
          constant('d', { name: 'value_int', type: types.INT, i: -3 }),
          constant('e', { name: 'value_ints', type: types.INTS, ints: [4, 5, 6] }),
          constant('f', { name: 'value_string', type: types.STRING, s: utf8('né') }),
          constant('g', { name: 'value_strings', type: types.STRINGS, strings: [utf8('x'), utf8('')] }),
          constant('h', {
            name: 'sparse_value',
            type: types.SPARSE_TENSOR,
            sparseTensor: {
              values: floatTensor('', [8, 9]),
              indices: { dims: [2, 2], dataType: 7, int64Data: [0, 1, 1, 0] },
              dims: [2, 2],
            },
          }),
        ],
      }),
    );
    expect(model.diagnostics).toEqual([]);
    expect(model.graph.nodes.length).toBe(8);
    const tensors = 'abcdefgh'.split('').map(name => {
      const found = findValue(model.graph, name)?.constant;
      return found && loadConstant(found, read);
    });
    expect(tensors).toEqual([
      { dtype: 'float32', shape: [1], data: Float32Array.of(5) },
      { dtype: 'float32', shape: [], data: Float32Array.of(0.5) },
      { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) },
      { dtype: 'int64', shape: [], data: BigInt64Array.of(-3n) },
      { dtype: 'int64', shape: [3], data: BigInt64Array.of(4n, 5n, 6n) },
      { dtype: 'string', shape: [], data: ['né'] },
      { dtype: 'string', shape: [2], data: ['x', ''] },
      { dtype: 'float32', shape: [2, 2], data: Float32Array.of(0, 8, 9, 0) },
    ]);
  });

  it('nodes that are not in execution order are sorted, the others keep theirs', () => {
    const { model } = open(
      modelBytes({
        input: [floatValue('x', [1])],
        output: [floatValue('y', [1])],
        node: [
          { opType: 'Neg', input: ['b'], output: ['y'] },
          { opType: 'Abs', input: ['x'], output: ['unrelated'] },
          { opType: 'Exp', input: ['a'], output: ['b'] },
          { opType: 'Log', input: ['x'], output: ['a'] },
        ],
      }),
    );
    expect(ids(model)).toEqual(['nodes-not-sorted']);
    expect(model.graph.nodes.map(node => node.op)).toEqual(['Log', 'Exp', 'Neg', 'Abs']);
    expectSound(model.graph);
  });

  it('operators of other domains carry their domain and its version', () => {
    const { model } = open(
      modelBytes(
        {
          input: [floatValue('x', [1])],
          node: [
            { opType: 'Gelu', domain: 'com.microsoft', input: ['x'], output: ['y'] },
            { opType: 'Relu', domain: 'ai.onnx', input: ['x', ''], output: ['z', ''] },
            { opType: 'Foo', domain: 'constructor', input: ['x'], output: ['w'] },
          ],
        },
        {
          opsetImport: [
            { domain: 'ai.onnx', version: 17 },
            { domain: 'com.microsoft', version: 3 },
            { domain: 'never.used', version: 9 },
          ],
        },
      ),
    );
    expect(model.graph.nodes.map(node => [node.op, node.version])).toEqual([
      ['com.microsoft.Gelu', 3],
      ['Relu', 17],
      ['constructor.Foo', 1],
    ]);
    expect(nodesAsText(model.graph)[1]).toBe('Relu(x, -) -> z, -');
    expect(ids(model)).toEqual(['opset-missing']);
  });

  it('subgraphs capture what they take from outside, through every level', () => {
    const inner = {
      name: 'inner',
      output: [{ name: 'i' }],
      node: [{ opType: 'Add', input: ['x', 'local'], output: ['i'] }],
    };
    const branch = {
      name: 'branch',
      output: [{ name: 'o' }],
      node: [
        { opType: 'Neg', input: ['late'], output: ['local'] },
        {
          opType: 'If',
          input: ['c'],
          output: ['o'],
          attribute: [
            { name: 'then_branch', type: types.GRAPH, g: inner },
            { name: 'else_branch', type: types.GRAPH, g: { name: 'direct', output: [{ name: 'x' }] } },
          ],
        },
      ],
    };
    const { model } = open(
      modelBytes({
        input: [floatValue('x', [1]), { name: 'c', type: { tensorType: { elemType: 9, shape: {} } } }],
        output: [{ name: 'y' }],
        node: [
          {
            opType: 'If',
            input: ['c'],
            output: ['y'],
            attribute: [{ name: 'then_branch', type: types.GRAPH, g: branch }],
          },
          { opType: 'Abs', input: ['x'], output: ['late'] },
        ],
      }),
    );
    // `late` is only read inside the subgraph, and still has to come first.
    expect(model.graph.nodes.map(node => node.op)).toEqual(['Abs', 'If']);
    expectSound(model.graph);
    const outerBranch = model.graph.nodes[1]?.attributes.then_branch;
    const graph = outerBranch?.type === 'graph' ? outerBranch.value : undefined;
    expect([...(graph?.captures?.values() ?? [])].sort()).toEqual(['c', 'late', 'x']);
  });

  it('sequences and optionals are containers', () => {
    const tensor = { tensorType: { elemType: 1 } };
    const { model } = open(
      modelBytes({
        input: [
          { name: 's', type: { sequenceType: { elemType: tensor } } },
          { name: 'o', type: { optionalType: { elemType: { sequenceType: { elemType: tensor } } } } },
        ],
      }),
    );
    expect(findValue(model.graph, 's')).toMatchObject({ container: 'sequence', dtype: 'float32' });
    expect(findValue(model.graph, 'o')).toMatchObject({ container: 'optional', dtype: 'float32' });
  });
});

it('an opset newer than those known is told', () => {
  const graph = { node: [{ opType: 'Relu', input: ['x'], output: ['y'] }], input: [floatValue('x', [1])] };
  const opened = (version: number) =>
    open(modelBytes(graph, { opsetImport: [{ domain: '', version }] })).model;
  expect(opened(28).diagnostics).toEqual([]);
  expect(opened(99).diagnostics).toMatchObject([{ severity: 'warning', id: 'opset-newer' }]);
  expect(opened(99).diagnostics[0]?.message).toMatch(/opset 28 of ai\.onnx or older, found 99/);
});
