import { expect, test } from 'vitest';
import { activeModel } from '../../../../renderer/state/app-state.ts';
import { changesOf } from '../../../../renderer/state/derived/versions.ts';
import { GRAPH, SUMMARY } from '../../support/made-up.ts';
import { madeUpApp, SIX } from '../../support/made-up-app.ts';

test('changes are marked in both models: added in the newer, removed in the older', async () => {
  const shorter = { ...SUMMARY, graph: { ...GRAPH, nodes: GRAPH.nodes.filter(({ op }) => op !== 'Neg') } };
  const { store, actions } = madeUpApp({
    open: ({ source }) =>
      source.kind === 'path' ? { model: 'old', summary: shorter } : { model: 'new', summary: SUMMARY },
  });
  await actions.open({ kind: 'path', path: '/old.onnx' });
  await actions.open(SIX);
  const marks = (id: string) => {
    actions.showModel(id);
    const model = activeModel(store.getState());
    return model && changesOf(store.getState(), model);
  };
  expect(marks('new')).toBeUndefined();
  actions.compareWith('old');
  const neg = GRAPH.nodes.find(({ op }) => op === 'Neg')?.id ?? -1;
  expect(marks('new')?.get(neg)).toBe('added');
  expect([...(marks('old')?.values() ?? [])]).not.toContain('added');

  actions.showModel('new');
  actions.compareWith(undefined);
  actions.showModel('old');
  actions.compareWith('new');
  expect(marks('old')?.has(neg)).toBe(false);
  expect(marks('new')?.get(neg)).toBe('removed');
});

test('weights of other values mark the operators that read them, once they were compared', async () => {
  const [first] = GRAPH.nodes;
  if (!first) throw new Error('a graph without nodes');
  const weight = {
    id: 90,
    name: 'w',
    kind: 'constant',
    dtype: 'float32',
    shape: [3],
    consumers: [first.id],
  } as const;
  const weighted = () => ({
    ...SUMMARY,
    graph: {
      ...GRAPH,
      nodes: GRAPH.nodes.map(node => (node === first ? { ...node, inputs: [...node.inputs, 90] } : node)),
      tensors: [...GRAPH.tensors, weight],
    },
  });
  const { store, actions, bridge } = madeUpApp({
    open: ({ source }) => ({ model: source.kind === 'path' ? 'old' : 'new', summary: weighted() }),
    weights: () => ({ changed: [0], skipped: [] }),
  });
  await actions.open({ kind: 'path', path: '/old.onnx' });
  await actions.open(SIX);
  actions.compareWith('old');
  const marks = () => {
    const model = activeModel(store.getState());
    return model && changesOf(store.getState(), model);
  };
  expect(marks()?.size).toBe(0);
  const [before, after] = ['old', 'new'].map(id => store.getState().models.find(model => model.id === id));
  if (!before || !after) throw new Error('two models were opened');
  await actions.compareWeights(before, after);
  expect(bridge.asked.at(-1)).toEqual({
    name: 'weights',
    body: { model: 'new', before: 'old', pairs: [[90, 90]] },
  });
  expect([...(marks() ?? [])]).toEqual([[first.id, 'changed']]);
});

test('in a body that was entered, its own operators are marked; in one the other model lacks, all of them', async () => {
  const inner = { ...GRAPH, nodes: GRAPH.nodes.filter(({ op }) => op !== 'Neg') };
  const branching = (...bodies: (readonly [string, typeof GRAPH])[]) => ({
    ...SUMMARY,
    graph: {
      ...GRAPH,
      nodes: GRAPH.nodes.map(node =>
        node.id === 4
          ? { ...node, op: 'If', subgraphs: bodies.map(([attribute, graph]) => ({ attribute, graph })) }
          : node,
      ),
    },
  });
  const { store, actions, shown } = madeUpApp({
    open: ({ source }) =>
      source.kind === 'path'
        ? { model: 'old', summary: branching(['then_branch', inner]) }
        : { model: 'new', summary: branching(['then_branch', GRAPH], ['else_branch', GRAPH]) },
  });
  await actions.open({ kind: 'path', path: '/old.onnx' });
  await actions.open(SIX);
  actions.compareWith('old');
  const neg = GRAPH.nodes.find(({ op }) => op === 'Neg')?.id ?? -1;
  const marks = () => changesOf(store.getState(), shown());
  expect(marks()?.get(4)).toBe('changed');
  actions.enterBody(4, 'then_branch');
  expect(marks()?.get(neg)).toBe('added');
  expect(marks()?.size).toBeLessThan(GRAPH.nodes.length);
  actions.leaveBody(0);
  actions.enterBody(4, 'else_branch');
  expect([...(marks()?.values() ?? [])]).toEqual(GRAPH.nodes.map(() => 'added'));
});
