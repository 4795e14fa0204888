// A small model with its reports, for tests of everything that draws or exports them.

import { GraphBuilder } from '../../../engine/ir/graph.ts';
import type { Graph } from '../../../engine/ir/types.ts';
import { type CompileOptions, DEFAULT_OPTIONS, type Strategy } from '../../../engine/options.ts';
import { givenView } from '../../../engine/report/plan-view.ts';
import type { CompileReport } from '../../../engine/report/types/compile.ts';
import type { ModelSummary } from '../../../engine/report/types/model.ts';
import type { PlanView } from '../../../engine/report/types/plan.ts';
import type { RunReport, StepReport, TimeStatistics } from '../../../engine/report/types/run.ts';

/** The example of the design: 1: A→B, 2: B→C, 4: C→E, 3: C→D, 5: D,E→F; every tensor 25 floats. */
export function sixTensorGraph(): Graph {
  const graph = new GraphBuilder('six');
  const shape = { dtype: 'float32', shape: [25] } as const;
  const a = graph.input('A', shape.dtype, shape.shape);
  const make = (op: string, inputs: Parameters<typeof graph.node>[1], name: string) => {
    const id = graph.node(op, inputs, { outputs: [name], name: `make${name}` });
    graph.update(id, shape);
    return id;
  };
  const b = make('Relu', [a], 'B');
  const c = make('Relu', [b], 'C');
  const e = make('Relu', [c], 'E');
  const d = make('Sigmoid', [c], 'D');
  graph.output(make('Add', [d, e], 'F'));
  return graph.build();
}

function view(strategy: Strategy, column: PlanView['column'] = 'asGiven'): PlanView {
  return { ...givenView(sixTensorGraph(), strategy), column };
}

export const times = (medianNs: number, spread = 10): TimeStatistics => ({
  minNs: medianNs - spread,
  medianNs,
  p95Ns: medianNs + 2 * spread,
  lowNs: medianNs - spread,
  highNs: medianNs + spread,
});

export const MODEL: ModelSummary = {
  name: 'six',
  format: 'sample',
  fileBytes: 0,
  sha256: 'abc',
  irVersion: 10,
  opsets: { '': 21 },
  producer: 'test',
  graph: {
    name: 'six',
    nodes: [],
    tensors: [
      { id: 0, name: 'A', dtype: 'float32', shape: [25], bytes: 100, kind: 'input', consumers: [0] },
      { id: 1, name: 'B', dtype: 'float32', shape: [25], bytes: 100, kind: 'activation', consumers: [1] },
    ],
    inputs: [0],
    outputs: [5],
  },
  parameters: 0,
  parameterBytes: 0,
  dimensions: [
    { key: 'batch', inputs: [{ name: 'A', axis: 0 }], extent: 1, reason: 'batch default' },
    { key: 'free', inputs: [{ name: 'A', axis: 1 }], reason: 'unbound' },
  ],
  diagnostics: [
    { severity: 'warning', id: 'odd-name', where: 'node 3', message: 'expected a name, found none' },
  ],
  runnable: true,
  plannable: true,
};

export function compileReport(options: Partial<CompileOptions> = {}): CompileReport {
  const all = { ...DEFAULT_OPTIONS, ...options };
  return {
    options: all,
    steps: [{ name: 'fold', ms: 1.5, count: 5 }],
    groups: [
      {
        id: 'g0',
        title: 'Relu + Relu',
        nodes: [0, 1],
        ops: ['Relu', 'Relu'],
        expression: 'y = max(max(x, 0), 0)',
        reasons: ['same shape'],
        kernel: 'elementwise',
        before: { loops: 2, reads: 50, writes: 50 },
        after: { loops: 1, reads: 25, writes: 25 },
        vanishedBytes: 100,
      },
    ],
    account: {
      before: { loops: 2, reads: 50, writes: 50 },
      after: { loops: 1, reads: 25, writes: 25 },
    },
    operators: 5,
    kernels: 5,
    interpreted: {},
    asGiven: view(all.planner),
    asExecuted: view(all.planner, 'asExecuted'),
    weightsBytes: 0,
    moduleBytes: 1000,
  };
}

export function stepReport(
  step: Pick<StepReport, 'index' | 'name' | 'nodes'> & Partial<StepReport>,
  timed: TimeStatistics,
): StepReport {
  const rest = {
    title: 'Relu',
    op: 'Relu',
    fusedOps: ['Relu'],
    kind: 'kernel',
    flops: 25,
    bytesRead: 100,
    bytesWritten: 100,
  } as const;
  return { ...rest, ...step, ...timed };
}

/** A run of the model; the step at index i takes 1001 + i ns. */
export function runReport(id: string, changes: Partial<RunReport> = {}): RunReport {
  const compile = changes.compile ?? compileReport(changes.options);
  const steps = compile.asExecuted.steps.map(({ index, name, title, nodes, op }) =>
    stepReport({ index, name, title, nodes, op }, times(1001 + index)),
  );
  return {
    id,
    model: { name: 'six', sha256: 'abc' },
    options: compile.options,
    environment: { cpu: 'a cpu', node: '26', v8: '14', cores: 2 },
    iterations: 3,
    warmups: 1,
    total: times(6000),
    samplesNs: [6000, 6010, 5990],
    steps,
    compileMs: 3.5,
    firstRunMs: 0.5,
    compile,
    memory: { weightsBytes: 0, arenaBytes: 300, lowerBoundBytes: 300, unplannedBytes: 600 },
    outputs: [],
    probe: false,
    ...changes,
  };
}
