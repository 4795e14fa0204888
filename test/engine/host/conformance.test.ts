import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runOne } from '../../../engine/host/commands/conformance.ts';
import { listCases } from '../../../engine/host/conformance.ts';
import { Engines } from '../../../engine/host/engines.ts';
import { GraphBuilder } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Model, Tensor } from '../../../engine/ir/types.ts';
import { writeTensorProto } from '../../../engine/onnx/tensor-proto.ts';
import { writeOnnx } from '../../../engine/onnx/write.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'arenascope-test-'));
const engines = new Engines();
engines.allow(root);
afterAll(() => engines.stop());

function unary(op: string): Uint8Array {
  const builder = new GraphBuilder('case', { version: 17 });
  const x = builder.input('x', 'float32', [3]);
  const y = builder.node(op, [x], { outputs: ['y'] });
  builder.update(y, { dtype: 'float32', shape: [3] });
  builder.output(y);
  const model: Model = {
    graph: builder.build(),
    format: 'onnx',
    irVersion: 8,
    opsets: { '': 17 },
    producer: '',
    metadata: {},
    diagnostics: [],
  };
  return writeOnnx(model);
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

describe('conformance', () => {
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
