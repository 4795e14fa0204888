import { expect, test } from 'vitest';
import { attr, GraphBuilder } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import { verify } from '../../../../engine/ir/verify.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { mergeBranches } from '../../../../engine/passes/branches/merge-branches.ts';
import { evaluateGraph } from '../../../../engine/reference/interpreter.ts';
import { flopsOf } from '../../../../engine/select/cost.ts';
import { inferred, noFiles, randomTensor } from '../../../support/build-graph.ts';

const context = { read: noFiles, options: DEFAULT_OPTIONS };
const truth = (value: boolean) => tensorOf('bool', [], [value ? 1 : 0]);

/** if open: out = −x, same = x, else: out = |x| + 1, same = |x| */
function pickingGraph() {
  const builder = new GraphBuilder();
  const x = builder.input('x', 'float32', [2, 3]);
  const open = builder.input('open', 'bool', []);
  const negate = new GraphBuilder('negate');
  const whole = negate.capture('x');
  negate.output(negate.node('Neg', [whole], { name: 'inner', outputs: ['result'] }));
  negate.output(whole);
  const size = new GraphBuilder('size');
  const absolute = size.node('Abs', [size.capture('x')], { name: 'inner', outputs: ['size'] });
  const one = size.constant('one', tensorOf('float32', [1], [1]));
  size.output(size.node('Add', [absolute, one], { outputs: ['result'] }));
  size.output(absolute);
  const outputs = builder.nodes('If', [open], {
    outputs: ['out', 'same'],
    attributes: { then_branch: attr.graph(negate.build()), else_branch: attr.graph(size.build()) },
  });
  for (const id of outputs) if (id !== undefined) builder.output(id);
  return { graph: inferred(builder), x, open };
}

test.each([true, false])('both branches are computed, and results picked (%s)', condition => {
  const { graph, x, open } = pickingGraph();
  const result = mergeBranches(flopsOf).run(graph, context);
  verify(result, 'merge branches');
  expect(result.nodes.filter(({ op }) => op === 'If')).toEqual([]);
  expect(result.outputs).toEqual(graph.outputs);
  const inputs = new Map([
    [x, randomTensor([2, 3], 3)],
    [open, truth(condition)],
  ]);
  expect(evaluateGraph(result, inputs, noFiles)).toEqual(evaluateGraph(graph, inputs, noFiles));
});

test('a branch that could fail is left alone: it picks by what is known only when it runs', () => {
  const builder = new GraphBuilder();
  builder.input('x', 'float32', [4]);
  builder.input('at', 'int64', [1]);
  const open = builder.input('open', 'bool', []);
  const gather = new GraphBuilder('gather');
  gather.output(gather.node('Gather', [gather.capture('x'), gather.capture('at')], { outputs: ['a'] }));
  const reduce = new GraphBuilder('reduce');
  reduce.output(reduce.node('ReduceMax', [reduce.capture('x')], { outputs: ['b'] }));
  const attributes = {
    then_branch: attr.graph(gather.build()),
    else_branch: attr.graph(reduce.build()),
  };
  builder.output(builder.node('If', [open], { attributes }));
  const graph = inferred(builder);
  expect(mergeBranches(flopsOf).run(graph, context)).toBe(graph);
});

test('a branch that is too much to compute in vain runs when it is taken only', () => {
  for (const [extent, left] of [
    [100, 0],
    [400, 1],
  ] as const) {
    const builder = new GraphBuilder();
    builder.input('x', 'float32', [extent, extent]);
    const refine = builder.input('refine', 'bool', []);
    const heavy = new GraphBuilder('heavy');
    const x = heavy.capture('x');
    heavy.output(heavy.node('MatMul', [x, x], { outputs: ['a'] }));
    const light = new GraphBuilder('light');
    light.output(light.node('Relu', [light.capture('x')], { outputs: ['b'] }));
    const attributes = { then_branch: attr.graph(heavy.build()), else_branch: attr.graph(light.build()) };
    builder.output(builder.node('If', [refine], { attributes }));
    const result = mergeBranches(flopsOf).run(inferred(builder), context);
    expect(result.nodes.filter(({ op }) => op === 'If')).toHaveLength(left);
  }
});
