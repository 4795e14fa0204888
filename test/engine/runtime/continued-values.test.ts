// Values that concatenations continue lie where the whole begins, with gaps between their rows too: runs are what the
// interpreter gives, and nothing is written over that is still read.

import { expect, test } from 'vitest';
import { bodyCompiler } from '../../../engine/body-compiler.ts';
import { startThreads } from '../../../engine/host/threads/threads.ts';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Graph, Tensor, ValueId } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { evaluateGraph } from '../../../engine/reference/interpreter.ts';
import { compareTensors } from '../../../engine/report/conformance.ts';
import { sanitizerReport } from '../../../engine/runtime/sanitized-run.ts';
import { Session } from '../../../engine/runtime/session.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';

const SHAPE = [6, 9];
const PLACES = 54;

/** What a list of places continues twice, each read by itself; `kept` of the three lists are outputs too. */
function continued(kept: number): Graph {
  const g = new TestGraph('continued');
  const places = g.node('NonZero', [g.input('flags', 'float32', SHAPE)]);
  const table = g.input('table', 'float32', [16, 8]);
  const more = g.constant('more', tensorOf('int64', [2, 3], [1, 2, 3, 4, 5, 6]));
  const joined = (id: ValueId) => g.node('Concat', [id, more], { attributes: { axis: attr.int(1) } });
  const longer = joined(places);
  const longest = joined(longer);
  const floats = (id: ValueId) => g.node('Cast', [id], { attributes: { to: attr.int(1) } });
  g.output(g.node('ReduceSum', [floats(longer), g.ints(1)]));
  g.output(g.node('ReduceMax', [g.node('Sin', [floats(places)]), g.ints(1)]));
  for (const id of [places, longer, longest].slice(0, kept)) g.output(id);
  const rows = g.node('Gather', [table, longer], { attributes: { axis: attr.int(0) } });
  g.output(g.node('Softmax', [g.node('MatMul', [rows, g.weight([8, 5], 0.3)])]));
  g.output(g.node('ReduceSum', [floats(longest), g.ints(0)]));
  return inferred(g);
}

const inputsOf = (extent: number): Tensor[] => [
  tensorOf(
    'float32',
    SHAPE,
    Array.from({ length: PLACES }, (_, i) => ((i * 7) % PLACES < extent ? 1 : 0)),
  ),
  randomTensor([16, 8], 3),
];

async function ran(graph: Graph, threads: number, inputs: readonly Tensor[], purpose: 'run' | 'apart') {
  const options = { ...DEFAULT_OPTIONS, threads };
  const ports = { read: noFiles, clock: () => 0 };
  const session = await Session.create(compile(graph, options, ports, purpose).program, {
    clock: () => 0,
    cancel: new Int32Array(new SharedArrayBuffer(4)),
    read: noFiles,
    startThreads,
    bodies: bodyCompiler(options, ports),
    trace: true,
    ...(purpose === 'run' && { sanitize: true }),
  });
  session.setInputs(inputs);
  session.run();
  return session;
}

test('a list lies in the one that continues it', () => {
  const { program } = compile(continued(0), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  const lists = program.steps.flatMap(step =>
    step.kind === 'reference' && ['NonZero', 'Concat'].includes(step.op) ? step.outputs : [],
  );
  expect(lists.map(view => view?.shape)).toEqual([54, 57, 60].map(count => [2, count]));
  const places = lists.map(view => (view?.space === 'arena' ? [view.offset, ...view.strides] : []));
  expect(places).toEqual([places[0], places[0], places[0]]);
});

for (const threads of [1, 2]) {
  test(`as interpreted, and nothing is written over, with ${threads} threads`, async () => {
    for (const [kept, extent] of [
      [0, 0],
      [1, 7],
      [2, 30],
      [3, PLACES],
    ] as const) {
      const [graph, inputs] = [continued(kept), inputsOf(extent)];
      const apart = await ran(graph, threads, inputs, 'apart');
      const guarded = await ran(graph, threads, inputs, 'run');
      expect(sanitizerReport(apart, guarded)).toMatchObject({ ok: true, faults: [], differing: [] });
      const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
      const wanted = evaluateGraph(graph, given, noFiles);
      graph.outputs.forEach((id, i) => {
        const result = guarded.readOutput(i);
        expect(compareTensors(result, wanted.get(id) as Tensor), `${extent} places`).toBeUndefined();
      });
      apart.close();
      guarded.close();
    }
  });
}
