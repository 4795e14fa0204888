// Cheap values with several readers: computed in each where that costs less than storing them.

import { describe, expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import type { Shape, ValueId } from '../../../engine/ir/types.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled, within } from '../../support/expect-compiled.ts';

const allowed = within(2e-5);
const SIZE = 12;
const SQUARE: Shape = [SIZE, SIZE];

/** A value that two products add, the second after the first. */
function graphWith(value: (graph: TestGraph, x: ValueId) => ValueId, shape: Shape) {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', shape);
  const y = graph.input('y', 'float32', SQUARE);
  const shared = value(graph, x);
  const first = graph.node('Add', [graph.node('MatMul', [y, graph.weight(SQUARE, 0.5)]), shared]);
  graph.output(graph.node('Add', [graph.node('MatMul', [first, graph.weight(SQUARE, 0.5)]), shared]));
  const built = inferred(graph);
  expectCompiled(built, [randomTensor(shape, 1), randomTensor(SQUARE, 2)], 'copies', allowed);
  return (options: Partial<CompileOptions> = {}) =>
    compile(built, { ...DEFAULT_OPTIONS, ...options }, { read: noFiles, clock: () => 0 });
}

describe('copied', () => {
  test('a clamp of an input: neither stored nor a kernel of its own', () => {
    const { program, report } = graphWith((graph, x) => graph.node('Relu', [x]), SQUARE)();
    expect(program.steps.map(({ fusedOps }) => fusedOps)).toEqual([
      ['Relu', 'Gemm', 'Add'],
      ['Relu', 'Gemm', 'Add'],
    ]);
    expect(report.groups[1]?.reasons.join()).toContain('in each kernel that reads it: 1.25 accesses');
    expect(new Set(report.groups.map(({ id }) => id)).size).toBe(2);
  });

  test('a group that is off stores it for itself', () => {
    const run = graphWith((graph, x) => graph.node('Relu', [x]), SQUARE);
    const [, second] = run().report.groups;
    const { program } = run({ disabledGroups: [second?.id ?? ''] });
    const steps = program.steps.map(({ fusedOps }) => fusedOps.join(' '));
    expect(steps).toEqual(['Relu Gemm Add', 'Gemm', 'Add']);
  });
});

describe('stored', () => {
  test('what takes long to compute', () => {
    const { program } = graphWith((graph, x) => graph.node('Exp', [x]), SQUARE)();
    expect(program.steps.flatMap(({ fusedOps }) => fusedOps).filter(op => op === 'Exp')).toHaveLength(1);
  });

  test('what reads more than it writes', () => {
    const sum = (graph: TestGraph, x: ValueId): ValueId => {
      const parts = graph.node('Sum', [x, graph.weight(SQUARE), graph.weight(SQUARE)]);
      return graph.node('Where', [
        graph.node('Greater', [x, graph.weight(SQUARE)]),
        parts,
        graph.weight(SQUARE),
      ]);
    };
    const { program } = graphWith(sum, SQUARE)();
    expect(program.steps.flatMap(({ fusedOps }) => fusedOps).filter(op => op === 'Where')).toHaveLength(1);
  });

  test('what the caller wants', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SQUARE);
    const shared = graph.node('Relu', [x]);
    graph.output(shared);
    const first = graph.node('Add', [graph.node('MatMul', [x, graph.weight(SQUARE)]), shared]);
    const weights = graph.node('Softmax', [first], { attributes: { axis: attr.int(-1) } });
    graph.output(graph.node('Add', [graph.node('MatMul', [weights, graph.weight(SQUARE)]), shared]));
    const { program } = compile(inferred(graph), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
    expect(program.steps.flatMap(({ fusedOps }) => fusedOps).filter(op => op === 'Relu')).toHaveLength(1);
  });
});
