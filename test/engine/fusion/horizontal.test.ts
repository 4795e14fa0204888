// Products of one input as one: when, with what results, and that nothing is copied.

import { describe, expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import type { Shape, ValueId } from '../../../engine/ir/types.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled, within } from '../../support/expect-compiled.ts';

const allowed = within(2e-5);

function stepsOf(graph: TestGraph, label: string, shape: Shape, options: Partial<CompileOptions> = {}) {
  const built = inferred(graph);
  expectCompiled(built, [randomTensor(shape, 5)], label, allowed);
  const all = { ...DEFAULT_OPTIONS, ...options };
  const { report, program } = compile(built, all, { read: noFiles, clock: () => 0 });
  return { groups: report.groups, ops: program.steps.map(({ op }) => op) };
}

const TOKENS = 6;
const WIDTH = 24;
const HEADS = 3;

/** Attention whose three projections read the same; the keys have no bias. */
function attention(): TestGraph {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, TOKENS, WIDTH]);
  const project = (bias: boolean, perm: readonly number[]): ValueId => {
    const product = graph.node('MatMul', [x, graph.weight([WIDTH, WIDTH], 0.4)]);
    const sum = bias ? graph.node('Add', [product, graph.weight([WIDTH])]) : product;
    const apart = graph.node('Reshape', [sum, graph.ints(1, TOKENS, HEADS, WIDTH / HEADS)]);
    return graph.node('Transpose', [apart], { attributes: { perm: attr.ints(perm) } });
  };
  const scores = graph.node('MatMul', [project(true, [0, 2, 1, 3]), project(false, [0, 2, 3, 1])]);
  const weights = graph.node('Softmax', [scores], { attributes: { axis: attr.int(-1) } });
  const context = graph.node('MatMul', [weights, project(true, [0, 2, 1, 3])]);
  const joined = graph.node('Transpose', [context], { attributes: { perm: attr.ints([0, 2, 1, 3]) } });
  graph.output(graph.node('Reshape', [joined, graph.ints(1, TOKENS, WIDTH)]));
  return graph;
}

/** Two branches that begin with 1 × 1; only the first has a bias. */
function convolutions(): TestGraph {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 8, 5, 5]);
  const branch = (channels: number, bias: boolean): ValueId => {
    const inputs = [x, graph.weight([channels, 8, 1, 1]), ...(bias ? [graph.weight([channels])] : [])];
    const relu = graph.node('Relu', [graph.node('Conv', inputs)]);
    const pads = { pads: attr.ints([1, 1, 1, 1]) };
    return graph.node('Conv', [relu, graph.weight([4, channels, 3, 3])], { attributes: pads });
  };
  graph.output(graph.node('Add', [branch(6, true), branch(10, false)]));
  return graph;
}

describe('one product', () => {
  test('queries, keys and values, read where they lie in it', () => {
    const { ops, groups } = stepsOf(attention(), 'attention', [1, TOKENS, WIDTH]);
    expect(ops).toEqual(['MatMul', 'Attention']);
    expect(groups[0]?.reasons[0]).toContain('3 products of x are one of 24 + 24 + 24 columns');
  });

  test('convolutions 1 × 1 with the same activation', () => {
    expect(stepsOf(convolutions(), 'branches', [1, 8, 5, 5]).ops).toEqual(['Conv', 'Conv', 'Conv']);
  });
});

test.each([
  ['convolutions', convolutions],
  ['attention', attention],
])('zeros that stand for biases are no operators before: %s', (_, build) => {
  const accountOf = (fusion: boolean) =>
    compile(inferred(build()), { ...DEFAULT_OPTIONS, fusion }, { read: noFiles, clock: () => 0 }).report
      .account;
  expect(accountOf(true).before).toEqual(accountOf(false).after);
});

describe('apart', () => {
  const pair = (second: (graph: TestGraph, x: ValueId) => ValueId): TestGraph => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [1, TOKENS, WIDTH]);
    const first = graph.node('Relu', [graph.node('MatMul', [x, graph.weight([WIDTH, 8])])]);
    graph.output(graph.node('Neg', [graph.node('Add', [first, second(graph, x)])]));
    return graph;
  };
  const plain = (graph: TestGraph, x: ValueId) =>
    graph.node('Relu', [graph.node('MatMul', [x, graph.weight([WIDTH, 8])])]);

  test('with fusion off, and where the group is off', () => {
    const graph = pair(plain);
    const count = (options: Partial<CompileOptions>): number =>
      stepsOf(graph, 'pair', [1, TOKENS, WIDTH], options).ops.filter(op => op === 'MatMul').length;
    expect(count({})).toBe(1);
    expect(count({ fusion: false })).toBe(2);
    const [group] = stepsOf(graph, 'pair', [1, TOKENS, WIDTH]).groups;
    expect(count({ disabledGroups: [group?.id ?? ''] })).toBe(2);
  });

  test('where branches would run one after the other in less memory', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [1, 2, 8, 8]);
    const branches = [0, 1].map(() => {
      const wide = graph.node('Conv', [x, graph.weight([32, 2, 1, 1])]);
      return graph.node('Conv', [wide, graph.weight([2, 32, 3, 3])], {
        attributes: { pads: attr.ints([1, 1, 1, 1]) },
      });
    });
    graph.output(graph.node('Add', branches));
    expect(stepsOf(graph, 'branches', [1, 2, 8, 8]).ops).toHaveLength(4);
  });

  test('where activations differ', () => {
    const graph = pair((g, x) => g.node('Tanh', [g.node('MatMul', [x, g.weight([WIDTH, 8])])]));
    expect(stepsOf(graph, 'activations', [1, TOKENS, WIDTH]).ops.filter(op => op === 'MatMul')).toHaveLength(
      2,
    );
  });
});
