// Two workers on kernels that stop at a run-time extent: each reads the same extent, whatever the other has computed.

import { expect, test } from 'vitest';
import { bodyCompiler } from '../../../engine/body-compiler.ts';
import { startThreads } from '../../../engine/host/threads/threads.ts';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Graph, Tensor } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { evaluateGraph } from '../../../engine/reference/interpreter.ts';
import { compareTensors } from '../../../engine/report/conformance.ts';
import { sharesWork, stagesOf } from '../../../engine/runtime/lock-step.ts';
import { Session } from '../../../engine/runtime/session.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';

const ROWS = 1000;
const WIDTH = 128;

function manyRows(): Graph {
  const g = new TestGraph('many rows');
  const mask = g.input('mask', 'float32', [ROWS]);
  const x = g.input('x', 'float32', [ROWS, WIDTH]);
  const places = g.node('Squeeze', [g.node('NonZero', [mask]), g.ints(0)]);
  const picked = g.node('Gather', [x, places], { attributes: { axis: attr.int(0) } });
  const hidden = g.node('Tanh', [g.node('MatMul', [picked, g.weight([WIDTH, 256], 0.1)])]);
  const scores = g.node('Softmax', [g.node('MatMul', [hidden, g.weight([256, 64], 0.1)])]);
  g.output(scores);
  g.output(g.node('ReduceMean', [scores, g.ints(0)]));
  return inferred(g);
}

const inputsOf = (extent: number): Tensor[] => [
  tensorOf(
    'float32',
    [ROWS],
    Array.from({ length: ROWS }, (_, i) => ((i * 7) % ROWS < extent ? 1 : 0)),
  ),
  randomTensor([ROWS, WIDTH], 9),
];

test('rows of every number', async () => {
  const graph = manyRows();
  const options = { ...DEFAULT_OPTIONS, threads: 2 };
  const ports = { read: noFiles, clock: () => 0 };
  const { program } = compile(graph, options, ports);
  expect(sharesWork(stagesOf(program.steps, 2))).toBe(true);
  const session = await Session.create(program, {
    clock: () => 0,
    cancel: new Int32Array(new SharedArrayBuffer(4)),
    read: noFiles,
    startThreads,
    bodies: bodyCompiler(options, ports),
  });
  for (const extent of [10, ROWS, 1, 500, 0, 999, 33]) {
    const inputs = inputsOf(extent);
    const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
    const wanted = evaluateGraph(graph, given, noFiles);
    session.setInputs(inputs);
    expect(session.run()).toBeDefined();
    graph.outputs.forEach((id, i) => {
      expect(
        compareTensors(session.readOutput(i), wanted.get(id) as Tensor),
        `${extent} rows`,
      ).toBeUndefined();
    });
  }
  session.close();
});
