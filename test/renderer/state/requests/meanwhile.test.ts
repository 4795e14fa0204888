// What else happens while the engine is at work: models closed, bound again or shown, connections lost.

import { expect, test } from 'vitest';
import { RequestFailure } from '../../../../renderer/bridge/bridge.ts';
import { optionsOf, reportOf } from '../../../../renderer/state/app-state.ts';
import { canRun } from '../../../../renderer/state/commands/conditions.ts';
import { SUMMARY } from '../../support/made-up.ts';
import { madeUpApp, SIX, settled } from '../../support/made-up-app.ts';

/** Models are opened at once; with sizes, when they are let, each by its position among those. */
function bindingSlowly() {
  const gates: PromiseWithResolvers<void>[] = [];
  let opened = 0;
  const parts = madeUpApp({
    open: ({ dims }, { signal }) => {
      const model = `m${++opened}`;
      const gate = Promise.withResolvers<void>();
      if (Object.keys(dims ?? {}).length > 0) gates.push(gate);
      else gate.resolve();
      signal?.addEventListener('abort', () =>
        gate.reject(new RequestFailure({ id: 'cancelled', message: 'cancelled' })),
      );
      return gate.promise.then(() => ({ model, summary: SUMMARY }));
    },
  });
  return { ...parts, open: (binding: number) => gates[binding]?.resolve() };
}

test('of sizes given twice the last are bound', async () => {
  const { actions, shown, open } = bindingSlowly();
  await actions.open(SIX);
  const first = actions.bind({ n: 5 });
  const second = actions.bind({ n: 7 });
  open(0);
  open(1);
  expect(await Promise.all([first, second])).toEqual([undefined, undefined]);
  expect(shown().id).toBe('m3');
  expect(shown().options.present.dims).toEqual({ n: 7 });
});

test('a model that is closed while its sizes are bound stays closed', async () => {
  const { store, actions, open } = bindingSlowly();
  await actions.open(SIX);
  const binding = actions.bind({ n: 5 });
  await actions.close('m1');
  open(0);
  await binding;
  expect(store.getState()).toMatchObject({ models: [], notices: [], jobs: [] });
});

test('one that was opened again too late is closed in the engine', async () => {
  const late = Promise.withResolvers<void>();
  const { actions, asked } = madeUpApp({
    open: async ({ dims }) => {
      if (dims) await late.promise;
      return { model: dims ? 'bound' : 'open', summary: SUMMARY };
    },
  });
  await actions.open(SIX);
  const binding = actions.bind({ n: 5 });
  await actions.close('open');
  // It answers, whatever it was told.
  late.resolve();
  await binding;
  expect(asked('close').map(({ body }) => body)).toEqual([{ model: 'open' }, { model: 'bound' }]);
});

test('a tensor that binds sizes is given to the model it was chosen for', async () => {
  const graph = {
    ...SUMMARY.graph,
    tensors: SUMMARY.graph.tensors.map(tensor => ({ ...tensor, declared: ['N'] })),
  };
  const summary = {
    ...SUMMARY,
    graph,
    dimensions: [{ key: 'N', inputs: [{ name: 'A', axis: 0 }], reason: 'unbound' as const }],
  };
  const late = Promise.withResolvers<void>();
  let opened = 0;
  const { store, actions } = madeUpApp({
    open: async ({ dims }) => {
      const model = `m${++opened}`;
      if (dims) await late.promise;
      return { model, summary };
    },
  });
  await actions.open(SIX);
  await actions.open(SIX);
  const giving = actions.giveFile('A', { file: new File(['x'], 'a.npy'), path: 'a.npy' });
  await settled();
  actions.showModel('m1');
  late.resolve();
  await giving;
  const given = store.getState().models.map(({ id, inputs }) => [id, [...inputs.given.keys()]]);
  expect(given).toEqual([
    ['m1', []],
    ['m3', ['A']],
  ]);
});

test('a model that the shell asks for is planned, if it was left before it was', async () => {
  const { actions, asked, shown } = madeUpApp({
    compile: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        const cancelled = new RequestFailure({ id: 'cancelled', message: 'cancelled' });
        signal?.addEventListener('abort', () => reject(cancelled));
      }),
  });
  await actions.open(SIX);
  await actions.open({ kind: 'sample', name: 'other' });
  await actions.openFromShell(SIX);
  expect(shown().id).toBe('m1');
  expect(asked('compile').map(({ body }) => body)).toMatchObject([
    { model: 'm1' },
    { model: 'm2' },
    { model: 'm1' },
  ]);
});

test('without a connection nothing is asked under names that are gone: all is planned once it is back', async () => {
  const { store, actions, asked, shown } = madeUpApp();
  await actions.open(SIX);
  await settled();
  store.setState({ connected: false });
  actions.set({ planner: 'off' });
  await settled();
  expect(asked('compile')).toHaveLength(1);
  expect(canRun(store.getState())).toBe(false);
  store.setState({ connected: true });
  await actions.reopenAll();
  await settled();
  expect(asked('compile').at(-1)?.body).toMatchObject({ model: 'm2', options: { planner: 'off' } });
  expect(optionsOf(shown()).planner).toBe('off');
  expect(reportOf(shown())).toBeDefined();
});

test('what is closed while others are opened again stays closed; what is lost again is begun anew', async () => {
  const { store, actions, asked } = madeUpApp();
  await actions.open(SIX);
  await actions.open(SIX);
  const reopening = actions.reopenAll();
  await actions.close('m2');
  await reopening;
  expect(store.getState().models.map(({ id }) => id)).toEqual(['m3']);
  expect(asked('open')).toHaveLength(3);

  const again = actions.reopenAll();
  store.setState({ connected: false });
  await again;
  expect(asked('open')).toHaveLength(3);
});
