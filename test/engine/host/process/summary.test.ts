import { expect, test } from 'vitest';
import { summarizeGraph } from '../../../../engine/host/process/summary.ts';
import { attr, GraphBuilder } from '../../../../engine/ir/graph.ts';

test('what a body takes from around it is read by its node', () => {
  const body = new GraphBuilder('body');
  body.output(body.node('Add', [body.capture('late'), body.capture('late')]));
  const graph = new GraphBuilder();
  const flag = graph.input('flag', 'bool', []);
  const x = graph.input('x', 'float32', [1]);
  const late = graph.node('Relu', [x], { outputs: ['late'] });
  const result = graph.node('If', [flag], { attributes: { then_branch: attr.graph(body.build()) } });
  graph.output(result);
  const { nodes, tensors } = summarizeGraph(graph.build());
  const chosen = nodes.find(({ op }) => op === 'If');
  expect(chosen).toMatchObject({ inputs: [flag], captures: [late] });
  expect(tensors.find(({ id }) => id === late)?.consumers).toEqual([chosen?.id]);
  expect(nodes.find(({ op }) => op === 'Relu')).not.toHaveProperty('captures');
});
