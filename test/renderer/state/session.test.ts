import { expect, test } from 'vitest';
import { createActions } from '../../../renderer/state/actions.ts';
import { activeModel, optionsOf } from '../../../renderer/state/app-state.ts';
import { parseSession, sessionOf } from '../../../renderer/state/session.ts';
import { firstOptions } from '../../../renderer/state/settings.ts';
import { createAppStore } from '../../../renderer/state/store.ts';
import { createFakeBridge, refuse } from '../support/fake-bridge.ts';
import { SUMMARY } from '../support/made-up.ts';

const setUp = (answers: Parameters<typeof createFakeBridge>[0] = {}) => {
  const store = createAppStore();
  const bridge = createFakeBridge(answers);
  const ports = { bridge, pickFiles: async () => [], drawGraph: async () => refuse('no graph here') };
  return { store, bridge, actions: createActions(store, ports) };
};
const six = { kind: 'sample', name: 'six' } as const;
const other = { kind: 'path', path: '/models/other.onnx' } as const;

test('what was open comes back: models in their order, settings, what was shown', async () => {
  const first = setUp();
  await first.actions.open(six);
  first.actions.set({ planner: 'bestfit', fusion: false });
  await first.actions.open(other);
  first.actions.showModel('m1');
  first.actions.setView('timeline');
  const text = JSON.stringify(sessionOf(first.store.getState()));

  const second = setUp();
  await second.actions.start(parseSession(text));
  const state = second.store.getState();
  expect(state.models.map(({ source }) => source)).toEqual([six, other]);
  expect(state.view).toBe('timeline');
  const shown = activeModel(state);
  expect(shown?.source).toEqual(six);
  expect(shown && optionsOf(shown)).toMatchObject({ planner: 'bestfit', fusion: false });
});

test('a model that is gone is told of; the others come back', async () => {
  const { store, actions } = setUp({
    open: ({ source }) => (source.kind === 'path' ? refuse('it is gone') : { model: 'm', summary: SUMMARY }),
  });
  const options = firstOptions(undefined);
  await actions.start({
    models: [
      { source: other, options },
      { source: six, options },
    ],
    active: 0,
    view: 'graph',
  });
  expect(store.getState().models.map(({ source }) => source)).toEqual([six]);
  expect(store.getState().notices.map(({ message }) => message)).toEqual(['it is gone']);
});

test('anything else is no session', () => {
  for (const text of [null, '', '{', '[]', '{"models":[]}', '{"models":[{}]}', '7'])
    expect(parseSession(text), String(text)).toBeUndefined();
});
