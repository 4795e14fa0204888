import { expect, test } from 'vitest';
import { attr, GraphBuilder, valueOf } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import { verify } from '../../../../engine/ir/verify.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { inlineBranches } from '../../../../engine/passes/branches/inline-branches.ts';
import { evaluateGraph } from '../../../../engine/reference/interpreter.ts';
import { inferred, noFiles, randomTensor } from '../../../support/build-graph.ts';

const truth = (value: boolean) => tensorOf('bool', [], [value ? 1 : 0]);

/** A branch that applies `op` to the outer value `outer`. */
function branch(name: string, op: string, outer: string): GraphBuilder {
  const body = new GraphBuilder(name);
  body.output(body.node(op, [body.capture(outer)], { name: 'inner', outputs: ['result'] }));
  return body;
}

test.each([true, false])('the branch that runs takes the place of an If (%s)', condition => {
  const builder = new GraphBuilder();
  const x = builder.input('x', 'float32', [2, 3]);
  builder.node('Relu', [x], { name: 'inner', outputs: ['result'] });
  const chosen = builder.node('If', [builder.constant('c', truth(condition))], {
    attributes: {
      then_branch: attr.graph(branch('then', 'Neg', 'result').build()),
      else_branch: attr.graph(branch('else', 'Abs', 'x').build()),
    },
  });
  builder.output(builder.node('Neg', [chosen]));
  const graph = inferred(builder);
  const result = inlineBranches.run(graph, { read: noFiles, options: DEFAULT_OPTIONS });
  verify(result, 'inline branches');
  const ops = result.nodes.map(({ op }) => op);
  expect(ops).toEqual(condition ? ['Relu', 'Neg', 'Neg'] : ['Abs', 'Neg']);
  // Nodes of a branch keep their names, as far as nobody else has them.
  expect(result.nodes.find(({ op }) => op === (condition ? 'Neg' : 'Abs'))?.name).toMatch(/^inner/);
  const inputs = new Map([[x, randomTensor([2, 3], 5)]]);
  expect(evaluateGraph(result, inputs, noFiles)).toEqual(evaluateGraph(graph, inputs, noFiles));
});

test('branches inside branches, what they capture, and outputs that no node of theirs makes', () => {
  const builder = new GraphBuilder();
  const x = builder.input('x', 'float32', [4]);
  const open = builder.input('open', 'bool', []);
  const body = new GraphBuilder('outer');
  const captured = body.capture('x');
  // The same name as outside: nested bodies mean this one.
  const doubled = body.node('Add', [captured, captured], { outputs: ['open'] });
  const kept = new GraphBuilder('kept');
  kept.output(kept.node('Neg', [kept.capture('open')], { outputs: ['negated'] }));
  const other = new GraphBuilder('other');
  other.output(other.node('Abs', [other.capture('open')], { outputs: ['absolute'] }));
  const nested = (condition: ReturnType<GraphBuilder['value']>) =>
    body.node('If', [condition], {
      attributes: { then_branch: attr.graph(kept.build()), else_branch: attr.graph(other.build()) },
    });
  const known = nested(body.constant('known', truth(true)));
  const unknown = nested(body.capture('open_outside'));
  for (const id of [known, unknown, doubled, captured]) body.output(id);
  builder.node('Identity', [open], { outputs: ['open_outside'] });
  const outputs = builder.nodes('If', [builder.constant('c', truth(true))], {
    outputs: ['a', 'b', 'c1', 'd'],
    attributes: { then_branch: attr.graph(body.build()), else_branch: attr.graph(body.build()) },
  });
  for (const id of outputs) if (id !== undefined) builder.output(id);
  const graph = inferred(builder);
  const result = inlineBranches.run(graph, { read: noFiles, options: DEFAULT_OPTIONS });
  verify(result, 'inline branches');
  expect(result.nodes.filter(({ op }) => op === 'If')).toHaveLength(1);
  expect(result.outputs).toEqual(graph.outputs);
  expect(result.outputs.map(id => valueOf(result, id).name)).toEqual(['a', 'b', 'c1', 'd']);
  for (const condition of [true, false]) {
    const inputs = new Map([
      [x, randomTensor([4], 7)],
      [open, truth(condition)],
    ]);
    expect(evaluateGraph(result, inputs, noFiles)).toEqual(evaluateGraph(graph, inputs, noFiles));
  }
});
