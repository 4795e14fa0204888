import { describe, expect, test } from 'vitest';
import { attr, GraphBuilder } from '../../../engine/ir/graph.ts';
import type { NodeId, ValueId } from '../../../engine/ir/types.ts';
import { readCsv } from '../../../engine/planner/csv.ts';
import { plan } from '../../../engine/planner/plan.ts';
import { planCsv } from '../../../engine/report/plan-csv.ts';
import { executedView, givenPlan, givenView } from '../../../engine/report/plan-view.ts';
import type { ProgramStep } from '../../../engine/runtime/program.ts';
import { sixTensorGraph } from './fixtures.ts';

describe('the graph as given', () => {
  test('the six-tensor example: 600 → 300, row by row', () => {
    const view = givenView(sixTensorGraph(), 'refcount');
    expect(view).toMatchObject({
      column: 'asGiven',
      strategy: 'refcount',
      peakBytes: 300,
      lowerBoundBytes: 300,
      unplannedBytes: 600,
      optimal: true,
      alignment: 1,
      peakStep: 3,
      liveBytes: [200, 200, 200, 300, 300],
      placements: [0, 1, 2, 3, 4, 5],
    });
    const rows = view.tensors.map(({ name, kind, offset, lower, upper, writer, readers, op }) =>
      [name, kind, offset, `[${lower}, ${upper})`, writer, readers.join(' '), op].join(' | '),
    );
    expect(rows).toEqual([
      'A | input | 0 | [0, 1) |  | 0 | ',
      'B | activation | 100 | [0, 2) | 0 | 1 | Relu',
      'C | activation | 0 | [1, 4) | 1 | 2 3 | Relu',
      'E | activation | 100 | [2, 5) | 2 | 4 | Relu',
      'D | activation | 200 | [3, 5) | 3 | 4 | Sigmoid',
      'F | output | 0 | [4, 5) | 4 |  | Add',
    ]);
    expect(view.steps.map(({ index, name, nodes }) => [index, name, nodes])).toEqual([
      [0, 'makeB', [0]],
      [1, 'makeC', [1]],
      [2, 'makeE', [2]],
      [3, 'makeD', [3]],
      [4, 'makeF', [4]],
    ]);
  });

  test('nodes that make only constants vanish; constants, strings and sequences take no memory', () => {
    const graph = new GraphBuilder();
    const four = { dtype: 'float32', shape: [4] } as const;
    const tensor = { ...four, data: new Float32Array(4) };
    const x = graph.input('x', 'float32', [4]);
    const words = graph.input('words', 'string', [2]);
    const folded = graph.node('Neg', [graph.constant('w', tensor)], { outputs: ['folded'] });
    graph.update(folded, { ...four, constant: { kind: 'inline', tensor } });
    const y = graph.node('Add', [x, folded], { outputs: ['y'] });
    graph.update(y, four);
    const list = graph.node('SequenceConstruct', [y], { outputs: ['list'] });
    graph.update(list, { container: 'sequence' });
    const z = graph.node('SequenceAt', [list, words], { outputs: ['z'] });
    graph.update(z, four);
    graph.output(z);
    const { steps, problem } = givenPlan(graph.build());
    expect(steps.map(step => step.op)).toEqual(['Add', 'SequenceConstruct', 'SequenceAt']);
    expect(problem.buffers.map(({ id, lower, upper, size }) => [id, lower, upper, size])).toEqual([
      ['x', 0, 1, 16],
      ['y', 0, 2, 16],
      ['z', 2, 3, 16],
    ]);
  });

  test('what a body captures is read by its node', () => {
    const body = new GraphBuilder('body');
    body.output(body.node('Neg', [body.capture('late')]));
    const graph = new GraphBuilder();
    const x = graph.input('x', 'float32', [1]);
    const late = graph.node('Relu', [x], { outputs: ['late'] });
    const flag = graph.node('Cast', [x], { outputs: ['flag'] });
    const result = graph.node('If', [flag], {
      outputs: ['result'],
      attributes: { then_branch: attr.graph(body.build()) },
    });
    for (const id of [late, flag, result]) graph.update(id, { dtype: 'float32', shape: [1] });
    graph.output(result);
    // What the body computes inside has no place in the plan, and the view says so.
    expect(givenView(graph.build(), 'size').uncounted).toBe(1);
    const view = givenView(graph.build(), 'size');
    expect(view.tensors.find(tensor => tensor.name === 'late')).toMatchObject({ readers: [2], upper: 3 });
  });

  test('what has no size before it runs is left out', () => {
    const graph = new GraphBuilder();
    graph.output(graph.node('Odd', [graph.input('x', 'float32', [1])], { outputs: ['mystery'] }));
    expect(givenView(graph.build(), 'size').tensors.map(({ name }) => name)).toEqual(['x']);
  });

  test('its CSV is the problem, for any planner to solve', () => {
    const graph = sixTensorGraph();
    const result = readCsv(planCsv(givenView(graph, 'refcount')));
    if (!result.ok) throw new Error(result.error.message);
    expect(result.problem.buffers).toEqual(givenPlan(graph).problem.buffers);
    const planned = (['off', 'refcount', 'exact'] as const).map(strategy => plan(result.problem, strategy));
    expect(planned.map(({ solution }) => solution.height)).toEqual([600, 300, 300]);
    expect(planned.map(({ unplannedBytes }) => unplannedBytes)).toEqual([600, 600, 600]);
  });

  test('with its offsets, its CSV is the plan: whoever reads it finds every buffer where it was put', () => {
    const view = givenView(sixTensorGraph(), 'exact');
    const text = planCsv(view, 'offsets');
    expect(text.split('\n')[0]?.split(',')).toContain('offset');
    expect(planCsv(view).split('\n')[0]?.split(',')).not.toContain('offset');
    const result = readCsv(text);
    if (!result.ok) throw new Error(result.error.message);
    expect(result.problem.buffers.map(({ offset }) => offset)).toEqual(
      view.tensors.map(({ offset }) => offset),
    );
    expect(plan(result.problem, 'exact').solution.height).toBe(view.peakBytes);
  });
});

test('the program as executed: views share a buffer, scratch belongs to its step', () => {
  const [x, a, v, y] = [0, 1, 2, 3] as ValueId[] as [ValueId, ValueId, ValueId, ValueId];
  const step = (index: number, op: string, reads: ValueId[], writes: ValueId[]): ProgramStep => ({
    index,
    name: `${op}_${index}`,
    op,
    fusedOps: [op],
    origin: [index as NodeId],
    reads,
    writes,
    flops: 0,
    bytesRead: 0,
    bytesWritten: 0,
    kind: 'kernel',
    template: 't',
    phases: [],
  });
  const aligned = { alignment: 64 };
  const problem = {
    buffers: [
      { id: 'x', lower: 0, upper: 1, size: 10, ...aligned },
      { id: 'a', lower: 0, upper: 2, size: 20, ...aligned },
      { id: 'y', lower: 1, upper: 2, size: 30, ...aligned },
      { id: 'y/pad', lower: 1, upper: 2, size: 40, ...aligned },
    ],
  };
  const view = executedView(
    [step(0, 'Conv', [x], [a]), step(1, 'Pool', [v, v], [y])],
    {
      problem,
      buffers: [
        { values: [x], kind: 'input' },
        { values: [a, v], kind: 'activation' },
        { values: [y], kind: 'output' },
        { values: [], kind: 'scratch' },
      ],
      result: plan(problem, 'size'),
    },
    'size',
    new Map([[1, { op: 'MaxPool', attributes: {} }]]),
  );
  expect(view.steps.map(({ title }) => title)).toEqual(['Conv', 'MaxPool']);
  expect(view).toMatchObject({ column: 'asExecuted', alignment: 64, liveBytes: [30, 90] });
  expect(view.tensors).toMatchObject([
    { name: 'x', tensors: [0], readers: [0] },
    { name: 'a', tensors: [1, 2], writer: 0, readers: [1], op: 'Conv' },
    { name: 'y', tensors: [3], writer: 1, readers: [], op: 'Pool' },
    { name: 'y/pad', tensors: [], writer: 1, readers: [], op: 'Pool' },
  ]);
});
