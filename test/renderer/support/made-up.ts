// A small model, plan and runs, made up for the renderer's tests: the six-tensor example, A→B→C→{D,E}→F.

import type { CompileOptions } from '../../../engine/options.ts';
import type { CompileReport, FusedGroup } from '../../../engine/report/types/compile.ts';
import type {
  GraphSummary,
  ModelSummary,
  NodeSummary,
  TensorSummary,
} from '../../../engine/report/types/model.ts';
import type { PlanTensor, PlanView } from '../../../engine/report/types/plan.ts';
import type { RunReport } from '../../../engine/report/types/run.ts';
import { firstOptions } from '../../../renderer/state/settings.ts';

const node = (id: number, op: string, inputs: number[], outputs: number[]): NodeSummary => ({
  id,
  name: `node${id}`,
  op,
  version: 1,
  inputs,
  outputs,
  attributes: [],
  subgraphs: [],
});

const tensor = (
  id: number,
  kind: TensorSummary['kind'],
  producer: number | undefined,
  consumers: number[],
): TensorSummary => ({
  id,
  name: 'ABCDEF'[id] ?? `t${id}`,
  dtype: 'float32',
  shape: [25],
  bytes: 100,
  kind,
  consumers,
  ...(producer !== undefined && { producer }),
});

/** Nodes in the order of the file: 0: A→B, 1: B→C, 2: C→D, 3: C→E, 4: D, E→F. */
export const GRAPH: GraphSummary = {
  name: 'six',
  nodes: [
    node(0, 'Relu', [0], [1]),
    node(1, 'Sigmoid', [1], [2]),
    node(2, 'Tanh', [2], [3]),
    node(3, 'Neg', [2], [4]),
    node(4, 'Add', [3, 4], [5]),
  ],
  tensors: [
    tensor(0, 'input', undefined, [0]),
    tensor(1, 'activation', 0, [1]),
    tensor(2, 'activation', 1, [2, 3]),
    tensor(3, 'activation', 2, [4]),
    tensor(4, 'activation', 3, [4]),
    tensor(5, 'output', 4, []),
  ],
  inputs: [0],
  outputs: [5],
};

export const SUMMARY: ModelSummary = {
  name: 'six',
  format: 'sample',
  fileBytes: 0,
  sha256: 'six',
  irVersion: 8,
  opsets: { '': 17 },
  producer: '',
  graph: GRAPH,
  parameters: 0,
  parameterBytes: 0,
  dimensions: [],
  diagnostics: [],
  runnable: true,
  plannable: true,
};

const row = (
  id: number,
  offset: number,
  [lower, upper]: readonly [number, number],
  writer: number | undefined,
  readers: number[],
): PlanTensor => ({
  id,
  name: 'ABCDEF'[id] ?? '',
  tensors: [id],
  kind: id === 0 ? 'input' : id === 5 ? 'output' : 'activation',
  bytes: 100,
  offset,
  lower,
  upper,
  readers,
  ...(writer !== undefined && { writer, op: 'Relu' }),
});

/** The reference-count plan of the example, in the order 0, 1, 3, 2, 4. */
export const PLAN: PlanView = {
  column: 'asGiven',
  strategy: 'refcount',
  steps: [0, 1, 3, 2, 4].map((id, index) => ({
    index,
    name: `node${id}`,
    title: GRAPH.nodes[id]?.op ?? '',
    op: GRAPH.nodes[id]?.op ?? '',
    fusedOps: [],
    nodes: [id],
  })),
  tensors: [
    row(0, 0, [0, 1], undefined, [0]),
    row(1, 100, [0, 2], 0, [1]),
    row(2, 0, [1, 4], 1, [2, 3]),
    row(4, 100, [2, 5], 2, [4]),
    row(3, 200, [3, 5], 3, [4]),
    row(5, 0, [4, 5], 4, []),
  ],
  placements: [0, 1, 2, 4, 3, 5],
  peakBytes: 300,
  lowerBoundBytes: 300,
  peakStep: 3,
  unplannedBytes: 600,
  optimal: true,
  problem: 1,
  alignment: 1,
  ms: 0.1,
  liveBytes: [200, 200, 200, 300, 300],
};

/** Nodes 3 and 4 as one kernel. */
export const GROUP: FusedGroup = {
  id: 'node3',
  title: 'Neg + Add',
  nodes: [3, 4],
  ops: ['Neg', 'Add'],
  expression: 'F = D + -C',
  reasons: [],
  kernel: 'elementwise',
  before: { loops: 50, reads: 75, writes: 50 },
  after: { loops: 25, reads: 50, writes: 25 },
  vanishedBytes: 100,
};

/** As executed with the group: node 0, 1, 2, then 3 and 4 together; E has no row. */
export const FUSED_PLAN: PlanView = {
  ...PLAN,
  column: 'asExecuted',
  problem: 2,
  steps: [
    ...[0, 1, 2].map(id => ({
      index: id,
      name: `node${id}`,
      title: 'Relu',
      op: 'Relu',
      fusedOps: [],
      nodes: [id],
    })),
    {
      index: 3,
      name: 'node3',
      title: 'Neg + Add',
      op: 'Neg',
      fusedOps: ['Neg', 'Add'],
      nodes: [3, 4],
      group: GROUP.id,
    },
  ],
  tensors: [
    row(0, 0, [0, 1], undefined, [0]),
    row(1, 100, [0, 2], 0, [1]),
    row(2, 0, [1, 4], 1, [2, 3]),
    row(3, 100, [2, 4], 2, [3]),
    row(5, 200, [3, 4], 3, []),
  ],
  liveBytes: [200, 200, 200, 300],
};

export const reportFor = (options: CompileOptions): CompileReport => ({
  options,
  steps: [],
  groups: options.fusion ? [GROUP] : [],
  account: { before: GROUP.before, after: GROUP.after },
  operators: 5,
  kernels: 5,
  interpreted: {},
  asGiven: PLAN,
  asExecuted: options.fusion ? FUSED_PLAN : PLAN,
  weightsBytes: 0,
  moduleBytes: 0,
});

const TIMES = { minNs: 900, medianNs: 1000, p95Ns: 1200, lowNs: 950, highNs: 1050 };

export const runFor = (options: CompileOptions, id: string): RunReport => ({
  id,
  model: { name: 'six', sha256: 'six' },
  options,
  environment: { cpu: 'made up', node: '26', v8: '14', cores: 2 },
  iterations: 20,
  warmups: 3,
  total: TIMES,
  samplesNs: [1000],
  steps: [],
  compileMs: 1,
  firstRunMs: 1,
  compile: reportFor(options),
  memory: { weightsBytes: 0, arenaBytes: 300, lowerBoundBytes: 300, unplannedBytes: 600 },
  outputs: [],
  probe: false,
});

export const OPTIONS: CompileOptions = firstOptions(undefined);
