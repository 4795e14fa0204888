// What the fuzzer found, each as the smallest model that shows it: opened, described and refused, never a crash.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compileModel, runnableGraph } from '../../engine/host/process/compile-model.ts';
import { openModel } from '../../engine/host/process/open-model.ts';
import { DEFAULT_OPTIONS } from '../../engine/options.ts';
import { compile } from '../../engine/pipeline.ts';
import {
  floatTensor,
  floatValue,
  type GraphFields,
  modelBytes,
  onnx,
  utf8,
} from '../engine/onnx/model-bytes.ts';

const types = onnx.AttributeProto.AttributeType;
const folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-findings-'));
afterAll(() => rmSync(folder, { recursive: true }));

function open(graph: GraphFields, dims: Readonly<Record<string, number>> = {}) {
  const file = path.join(folder, 'model.onnx');
  writeFileSync(file, modelBytes(graph));
  const model = openModel({ kind: 'path', path: file }, dims);
  model.close();
  return model;
}

const int = (name: string, i: number) => ({ name, type: types.INT, i });
const ints = (name: string, values: readonly number[]) => ({ name, type: types.INTS, ints: [...values] });
const int64 = (name: string, values: readonly number[]) => ({
  name,
  dims: [values.length],
  dataType: 7,
  int64Data: [...values],
});

type NodeFields = NonNullable<GraphFields['node']>[number];

/** One node on x [2, 3] and, where it is named, w [3]. */
const one = (node: NodeFields, initializer: GraphFields['initializer'] = []): GraphFields => ({
  input: [floatValue('x', [2, 3])],
  output: [{ name: 'y' }],
  initializer: [floatTensor('w', [1, 2, 3]), ...(initializer ?? [])],
  node: [{ input: ['x'], output: ['y'], ...node }],
});

describe('found when the model opens', () => {
  test.each([
    ['an operand that is missing', one({ opType: 'Or' }), /expected input 1, which is not given/],
    [
      'elements picked along an axis that is none',
      one({ opType: 'GatherElements', input: ['x', 'i'], attribute: [int('axis', 1 << 28)] }, [
        int64('i', [0]),
      ]),
      /axis/,
    ],
    [
      'updates that are missing',
      one({ opType: 'ScatterND', input: ['x', 'i'] }, [int64('i', [0])]),
      /expected data, indices and updates/,
    ],
    [
      'updates of another type',
      one({ opType: 'ScatterND', input: ['x', 'i', 'i'] }, [int64('i', [0])]),
      /data are float32, updates int64/,
    ],
    [
      'more parts than outputs',
      one({ opType: 'Split', attribute: [int('num_outputs', 2 ** 31 - 1)] }),
      /num_outputs is 2147483647, there are 1 outputs/,
    ],
    [
      'a comparison with nothing',
      one({ opType: 'Less', input: ['x', ''] }),
      /expected input 1, which is not given/,
    ],
    [
      'a choice without its second half',
      one({ opType: 'Where', input: ['x', 'x'] }),
      /expected input 2, which is not given/,
    ],
    [
      'more than data and indices',
      one({ opType: 'GatherND', input: ['x', 'i', 'i'] }, [{ ...int64('i', [0]), dims: [1, 1] }]),
      /expected data and indices, found 3 inputs/,
    ],
    [
      'an axis twice',
      one({ opType: 'ReduceMean', attribute: [ints('axes', [0, 1, -2])] }),
      /expected each axis once, found \[0, 1, -2\]/,
    ],
    [
      'an order of axes that counts from the end',
      one({ opType: 'Transpose', attribute: [ints('perm', [0, -1])] }),
      /perm \[0, -1\] does not fit/,
    ],
    ['no slope', one({ opType: 'PRelu' }), /expected input 1, which is not given/],
    ['an axis outside', one({ opType: 'Softmax', attribute: [int('axis', 128)] }), /axis 128 is outside/],
    [
      'an axis outside, normalised',
      one({ opType: 'RMSNormalization', input: ['x', 'w'], attribute: [int('axis', 2 ** 31)] }),
      /axis 2147483648 is outside/,
    ],
    [
      'a window of no channels',
      one({ opType: 'LRN', attribute: [int('size', 0)] }),
      /expected a size from 1, found 0/,
    ],
    [
      'a choice by numbers',
      one({ opType: 'Where', input: ['x', 'x', 'x'] }),
      /expected a bool, found float32/,
    ],
    [
      'axes of an operator made of others',
      one({ opType: 'Crop', attribute: [ints('border', [0, 0, 0, 0]), ints('scale', [2, 2])] }),
      /expected an axis 2, found 2 axes/,
    ],
    [
      'the inverse of what is no matrix, which never ended',
      one({ opType: 'Inverse', domain: 'com.microsoft', input: ['s'] }, [floatTensor('s', [2])]),
      /expected square matrices, found \[1\]/,
    ],
    [
      'a result too large to be counted',
      one({ opType: 'Expand', input: ['x', 's'] }, [int64('s', [2 ** 30, 2 ** 30, 2, 3])]),
      /lead to shape \[1073741824, 1073741824, 2, 3\]/,
    ],
    [
      'more outputs than there are',
      one({ opType: 'Shape', output: ['y', 'more'] }),
      /expected at most 1 outputs of Shape, found 2/,
    ],
  ])('%s', (_, graph, message) => {
    const { summary, graph: bound, read } = open(graph);
    const errors = summary.diagnostics.filter(({ severity }) => severity === 'error');
    expect(errors.map(error => error.message)).toEqual([expect.stringMatching(message)]);
    expect([summary.runnable, summary.plannable]).toEqual([false, true]);
    expect(() => compile(bound, DEFAULT_OPTIONS, { read, clock: () => 0 }, 'plan')).not.toThrow();
    expect(summary.graph.nodes).toHaveLength(1);
  });

  test('messages stay short, whatever a file holds', () => {
    const shape = int64('s', new Array(500).fill(2 ** 31));
    const long = 'x'.repeat(100_000);
    for (const graph of [
      one({ opType: 'ConstantOfShape', input: ['s'] }, [shape]),
      one({ opType: long, domain: long, name: long }),
      one({ opType: 'Relu', name: long, input: [long] }),
    ]) {
      const { diagnostics } = open(graph).summary;
      expect(diagnostics.length).toBeGreaterThan(0);
      for (const { where, message } of diagnostics) expect(where.length + message.length).toBeLessThan(1500);
    }
  });

  test('extents that no tensor has', () => {
    const graph = {
      input: [floatValue('x', ['N', 3])],
      output: [{ name: 'y' }],
      node: [{ opType: 'Relu', input: ['x'], output: ['y'] }],
    };
    for (const N of [-3, 2 ** 50]) {
      expect(open(graph, { N }).summary.diagnostics).toMatchObject([
        { severity: 'error', id: 'bad-dimensions', where: 'input "x"' },
      ]);
    }
    expect(open(graph, { N: 0 }).summary.diagnostics).toEqual([]);
  });
});

describe('found when it is compiled', () => {
  const wrong = { type: types.STRING, s: utf8('no number') };
  test.each([
    [
      'Gemm',
      one({ opType: 'Gemm', input: ['x', 'w2'], attribute: [{ name: 'alpha', ...wrong }] }, [
        { name: 'w2', dims: [3, 1], dataType: 1, floatData: [1, 2, 3] },
      ]),
    ],
    [
      'RMSNormalization',
      one({ opType: 'RMSNormalization', input: ['x', 'w'], attribute: [{ name: 'epsilon', ...wrong }] }),
    ],
    [
      'Pad',
      one({ opType: 'Pad', input: ['x', 'p'], attribute: [ints('mode', [1])] }, [int64('p', [0, 1, 0, 1])]),
    ],
  ])('an attribute of another type, read by nobody else: %s', (op, graph) => {
    const model = open(graph);
    const work = { cancel: new Int32Array(new SharedArrayBuffer(4)), progress() {} };
    const compile = () => compileModel(model, runnableGraph(model, {}), DEFAULT_OPTIONS, work);
    expect(compile).toThrow(
      expect.objectContaining({
        id: 'bad-input',
        message: expect.stringMatching(`^${op} .*should be of type`),
      }),
    );
  });
});
