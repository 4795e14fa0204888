import { expect, test } from 'vitest';
import { activeModel } from '../../../renderer/state/app-state.ts';
import { changesOf } from '../../../renderer/state/versions.ts';
import { GRAPH, SUMMARY } from '../support/made-up.ts';
import { madeUpApp, SIX } from '../support/made-up-app.ts';

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
