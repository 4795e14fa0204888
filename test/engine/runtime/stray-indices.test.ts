// Indices that a model computes: on the axis from either end, or an error that names the step. Those of slices beyond
// a run-time extent are nobody's and don't matter.

import { expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Dtype, Graph, Tensor } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { Session } from '../../../engine/runtime/session.ts';
import { IndexError } from '../../../engine/runtime/worker.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';

const DATA = tensorOf('float32', [3, 4], [...Array(12).keys()]);

/** data[a + b] along the last axis, or put there. */
function computed(op: string, dtype: Dtype): Graph {
  const g = new TestGraph('computed');
  const data = g.input('data', 'float32', [3, 4]);
  const shape = op === 'Gather' ? [2] : op.endsWith('ND') ? [1, 2] : [3, 2];
  const sum = g.node('Add', [g.input('a', dtype, shape), g.input('b', dtype, [1])]);
  const updates = op === 'ScatterND' ? [1] : shape;
  const inputs = [data, sum, ...(op.startsWith('Scatter') ? [g.weight(updates)] : [])];
  const attributes = op.endsWith('ND') ? {} : { axis: attr.int(1) };
  g.output(g.node(op, inputs, { name: 'pick', attributes }));
  return inferred(g);
}

async function runs(graph: Graph, inputs: readonly Tensor[]): Promise<Session> {
  const { program } = compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  expect(program.steps.map(({ kind }) => kind)).not.toContain('reference');
  const session = await Session.create(program, {
    clock: () => 0,
    cancel: new Int32Array(new SharedArrayBuffer(4)),
    read: noFiles,
    startThreads: () => Promise.resolve({ close() {} }),
  });
  session.setInputs(inputs);
  return session;
}

const CASES = ['Gather', 'GatherElements', 'GatherND', 'ScatterElements', 'ScatterND'].flatMap(op =>
  (op.endsWith('ND') ? (['int64'] as const) : (['int32', 'int64'] as const)).map(
    dtype => [op, dtype] as const,
  ),
);

test.each(CASES)('%s of computed %s indices', async (op, dtype) => {
  const graph = computed(op, dtype);
  const shape = graph.values[graph.inputs[1] ?? -1]?.shape ?? [];
  const count = shape.reduce((a, b) => a * b, 1);
  const last = op.endsWith('ND') ? 2 : 3;
  const at = async (index: number, base: number) => {
    const first = tensorOf(dtype, shape, [...Array(count - 1).fill(-base), index - base]);
    return runs(graph, [DATA, first, tensorOf(dtype, [1], [base])]);
  };
  for (const index of [last, -last - 1, 0]) expect((await at(index, 1)).run()).toBeDefined();
  // Tuples end with an index of the last axis, which has 4.
  for (const index of [4, -5, ...(dtype === 'int64' ? [2 ** 32, -(2 ** 33)] : [])]) {
    const session = await at(index, 1);
    expect(() => session.run(), `${index}`).toThrow(IndexError);
    expect(() => session.run()).toThrow('this session failed in an earlier run');
  }
});

test('beyond a run-time extent there is nothing to be wrong', async () => {
  const g = new TestGraph('bounded');
  const data = g.weight([6, 32]);
  const flags = g.input('flags', 'int64', [5]);
  const places = g.node('Transpose', [g.node('NonZero', [flags])]);
  const indices = g.node('Mul', [
    g.node('Squeeze', [places, g.ints(1)]),
    g.constant('one', tensorOf('int64', [1], [1])),
  ]);
  const rows = g.node('Gather', [data, indices]);
  g.output(g.node('Tanh', [g.node('MatMul', [rows, g.weight([32, 8])])]));
  const graph = inferred(g);
  const { program } = compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  const session = await Session.create(program, {
    clock: () => 0,
    cancel: new Int32Array(new SharedArrayBuffer(4)),
    read: noFiles,
    startThreads: () => Promise.resolve({ close() {} }),
  });
  for (const flagged of [
    [0, 1, 0, 1, 1],
    [0, 0, 0, 0, 0],
    [1, 1, 1, 1, 1],
  ]) {
    session.setInputs([tensorOf('int64', [5], flagged)]);
    expect(session.run()).toBeDefined();
    expect(session.readOutput(0).shape).toEqual([flagged.filter(Boolean).length, 8]);
  }
});
