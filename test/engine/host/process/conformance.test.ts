import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runOne } from '../../../../engine/host/commands/conformance.ts';
import { Engines } from '../../../../engine/host/engines/engines.ts';
import { listCases } from '../../../../engine/host/process/conformance.ts';
import { GraphBuilder } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Tensor } from '../../../../engine/ir/types.ts';
import { writeTensorProto } from '../../../../engine/onnx/tensor-proto.ts';
import { writeOnnx } from '../../../../engine/onnx/write.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { modelOf } from '../../../support/build-graph.ts';
import { floatTensor, floatValue, modelBytes, onnx } from '../../onnx/model-bytes.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'arenascope-test-'));
const apart = mkdtempSync(path.join(os.tmpdir(), 'arenascope-test-'));
const engines = new Engines();
engines.allow(root);
engines.allow(apart);
afterAll(() => engines.stop());

function unary(op: string): Uint8Array {
  const builder = new GraphBuilder('case', { version: 17 });
  const x = builder.input('x', 'float32', [3]);
  const y = builder.node(op, [x], { outputs: ['y'] });
  builder.update(y, { dtype: 'float32', shape: [3] });
  builder.output(y);
  return writeOnnx(modelOf(builder.build(), { opsets: { '': 17 } }));
}

function writeSet(folder: string, prefix: string, input: Tensor, output: Tensor): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${prefix}input_0.pb`), writeTensorProto('x', input));
  writeFileSync(path.join(folder, `${prefix}output_0.pb`), writeTensorProto('y', output));
}

const input = tensorOf('float32', [3], [-1, 0, 2]);
const negated = tensorOf('float32', [3], [1, 0, -2]);

beforeAll(() => {
  for (const [name, op, output] of [
    ['right', 'Neg', negated],
    ['wrong', 'Neg', input],
    ['other-shape', 'Neg', tensorOf('float32', [1], [1])],
    ['unknown', 'NoSuchOperator', input],
  ] as const) {
    const folder = path.join(root, 'node', name);
    writeSet(path.join(folder, 'test_data_set_0'), '', input, output);
    writeFileSync(path.join(folder, 'model.onnx'), unary(op));
  }
  const broken = path.join(root, 'node', 'broken');
  writeSet(path.join(broken, 'test_data_set_0'), '', input, negated);
  writeFileSync(path.join(broken, 'model.onnx'), 'no model');
  writeFileSync(path.join(root, 'flat.onnx'), unary('Neg'));
  writeSet(root, 'flat_', input, negated);
});

const types = onnx.AttributeProto.AttributeType;
const far = { name: 'axis', type: types.INT, i: 7 };
const truth = (name: string) => ({ name, type: { tensorType: { elemType: 9, shape: {} } } });

/** A loop over constants that never ends: what folds it hears of no cancelling. */
function endless(): Uint8Array {
  const body = {
    name: 'body',
    input: [
      { name: 'i', type: { tensorType: { elemType: 7, shape: {} } } },
      truth('more'),
      floatValue('v', [3]),
    ],
    output: [truth('again'), floatValue('w', [3])],
    node: [
      { opType: 'Identity', input: ['more'], output: ['again'] },
      { opType: 'Identity', input: ['v'], output: ['w'] },
    ],
  };
  const attribute = [{ name: 'body', type: types.GRAPH, g: body }];
  return modelBytes({
    input: [floatValue('x', [3])],
    output: [floatValue('y', [3])],
    initializer: [{ name: 'go', dims: [], dataType: 9, int32Data: [1] }, floatTensor('start', [1, 2, 3])],
    node: [{ opType: 'Loop', input: ['', 'go', 'start'], output: ['y'], attribute }],
  });
}

/** y = x + weights that lie in another file. */
function withWeightsIn(location: string): Uint8Array {
  const dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
  const externalData = [{ key: 'location', value: location }];
  return modelBytes({
    input: [floatValue('x', [3])],
    output: [floatValue('y', [3])],
    initializer: [{ name: 'w', dims: [3], dataType: 1, dataLocation, externalData }],
    node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
  });
}

/** A case in a folder that the suite above does not list. */
function caseOf(name: string, model: Uint8Array, output: Tensor) {
  const folder = path.join(apart, name);
  writeSet(path.join(folder, 'test_data_set_0'), '', input, output);
  writeFileSync(path.join(folder, 'model.onnx'), model);
  const [one] = listCases(folder);
  if (!one) throw new Error(`no case ${name}`);
  return { folder, run: { one, options: DEFAULT_OPTIONS, timeoutMs: 60_000 } };
}

describe('conformance', () => {
  test('a case that runs out of time does not harm the next one', async () => {
    const { run } = caseOf('endless', endless(), input);
    const stuck = await runOne(engines, apart, { ...run, timeoutMs: 1500 }, {});
    expect(stuck).toMatchObject({ status: 'failed', reason: 'it took too long' });
    const next = caseOf('after', unary('Neg'), negated);
    expect(await runOne(engines, apart, next.run, {})).toMatchObject({ status: 'passed' });
  });

  test('what operators, types and attributes rule out is unsupported, for all the reasons there are', async () => {
    const huge = Float32Array.of(1e5, 1e5, 1e5);
    const model = modelBytes({
      input: [floatValue('x', [3])],
      output: [floatValue('y', [3]), floatValue('z', [])],
      initializer: [{ name: 'shape', dims: [3], dataType: 7, int64Data: [...huge] }],
      node: [
        { opType: 'MatMul', name: 'product', input: ['x', 'flat'], output: ['y'] },
        { opType: 'Softmax', name: 'soft', input: ['x'], output: ['flat'], attribute: [far] },
        { opType: 'ConstantOfShape', name: 'filled', input: ['shape'], output: ['z'] },
      ],
    });
    const { run } = caseOf('ruled-out', model, input);
    const result = await runOne(engines, apart, run, {});
    expect(result.status).toBe('unsupported');
    expect(result.reason).toMatch(/"soft".*axis 7.*; .*"filled".*\[100000, 100000, 100000\]/);
  });

  test('weights are read in the folder of the model only, links followed', async () => {
    writeFileSync(path.join(apart, 'outside.bin'), Float32Array.of(1, 1, 1));
    const sum = tensorOf('float32', [3], [0, 1, 3]);
    const inside = caseOf('inside', withWeightsIn('weights.bin'), sum);
    writeFileSync(path.join(inside.folder, 'weights.bin'), Float32Array.of(1, 1, 1));
    expect(await runOne(engines, apart, inside.run, {})).toMatchObject({ status: 'passed' });
    const linked = caseOf('linked', withWeightsIn('weights.bin'), sum);
    symlinkSync(path.join(apart, 'outside.bin'), path.join(linked.folder, 'weights.bin'));
    const folder = caseOf('linked-folder', withWeightsIn('up/outside.bin'), sum);
    symlinkSync(apart, path.join(folder.folder, 'up'));
    for (const { run } of [linked, folder]) {
      const result = await runOne(engines, apart, run, {});
      expect(result.status).toBe('failed');
      expect(result.reason).toMatch(/beside the model, found none/);
    }
  });

  test('finds folders and flat files, and sorts them', () => {
    expect(listCases(root).map(({ name }) => name)).toEqual([
      'flat.onnx',
      'node/broken',
      'node/other-shape',
      'node/right',
      'node/unknown',
      'node/wrong',
    ]);
    expect(() => listCases(path.join(root, 'none'))).toThrow('expected a folder of cases');
  });

  test.each([
    ['flat.onnx', 'passed', undefined],
    ['node/right', 'passed', undefined],
    ['node/wrong', 'failed', /y: 2 of 3 differ/],
    ['node/other-shape', 'failed', /expected shape \[1\], found \[3\]/],
    ['node/unknown', 'unsupported', /NoSuchOperator/],
    ['node/broken', 'failed', /expected/],
  ] as const)('%s is %s', async (name, status, reason) => {
    const found = listCases(root).find(one => one.name === name);
    if (!found) throw new Error(`no case ${name}`);
    const run = { one: found, options: DEFAULT_OPTIONS, timeoutMs: 60_000 };
    const result = await runOne(engines, root, run, {});
    expect(result.status).toBe(status);
    if (reason) expect(result.reason).toMatch(reason);
  });
});
