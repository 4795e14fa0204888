import { expect, test } from 'vitest';
import { type AppState, comparedRuns, optionsOf, runOf } from '../../../renderer/state/app-state.ts';
import { parseSession, sessionOf } from '../../../renderer/state/session.ts';
import { refuse } from '../support/fake-bridge.ts';
import { SUMMARY } from '../support/made-up.ts';
import { madeUpApp, SIX } from '../support/made-up-app.ts';

const other = { kind: 'path', path: '/models/other.onnx' } as const;
const textOf = (state: AppState): string => JSON.stringify(sessionOf(state));

test('what was open comes back: models in their order, settings, what was shown', async () => {
  const first = madeUpApp();
  await first.actions.open(SIX);
  first.actions.set({ planner: 'bestfit', fusion: false });
  await first.actions.open(other);
  first.actions.showModel('m1');
  first.actions.setView('timeline');
  first.actions.setTimelineLook({ lanes: 'packed' });

  const second = madeUpApp();
  await second.actions.start(parseSession(textOf(first.store.getState())));
  const state = second.store.getState();
  expect(state.models.map(({ source }) => source)).toEqual([SIX, other]);
  expect(state.view).toBe('timeline');
  expect(state.timeline.lanes).toBe('packed');
  expect(second.shown().source).toEqual(SIX);
  expect(optionsOf(second.shown())).toMatchObject({ planner: 'bestfit', fusion: false });
});

test('runs, what is compared, what is pinned and selected, and the settings before come back', async () => {
  const first = madeUpApp();
  await first.actions.open(SIX);
  first.actions.set({ fusion: false });
  await first.actions.run();
  first.actions.set({ fusion: true });
  await first.actions.run();
  await first.actions.run();
  first.actions.compareRuns({ a: 1, b: 3 });
  first.actions.select({ kind: 'tensor', id: 1 });
  first.actions.togglePin(1);
  await first.actions.open(other);
  first.actions.compareWith('m1');
  first.actions.showModel('m1');
  const run = first.shown().runs[1];
  if (!run) throw new Error('no second run');
  first.actions.showRun(run);

  const second = madeUpApp({}, first.bridge);
  await second.actions.start(parseSession(textOf(first.store.getState())));
  const [before, after] = [first.shown(), second.shown()];
  expect(after.runs).toEqual(before.runs);
  expect(runOf(after)?.number).toBe(2);
  expect(comparedRuns(after).map(run => run?.number)).toEqual([1, 3]);
  expect(after.selection).toEqual({ kind: 'tensor', id: 1 });
  expect(after.pinned).toEqual(new Set([1]));
  expect(second.store.getState().models[1]?.against).toBe(after.id);
  second.actions.undo();
  expect(second.shown().options.present.fusion).toBe(false);
  expect(second.store.getState().notices).toEqual([]);
});

test('runs that the shell no longer keeps are told of', async () => {
  const first = madeUpApp();
  await first.actions.open(SIX);
  await first.actions.run();
  const second = madeUpApp();
  await second.actions.start(parseSession(textOf(first.store.getState())));
  expect(second.shown().runs).toEqual([]);
  expect(second.store.getState().notices.map(({ message }) => message)).toEqual([
    '1 of 1 run is no longer kept.',
  ]);
});

test('of a file that was changed only the settings come back', async () => {
  const first = madeUpApp();
  await first.actions.open(SIX);
  first.actions.set({ planner: 'bestfit', disabledGroups: ['g1'] });
  first.actions.select({ kind: 'node', id: 0 });
  await first.actions.run();
  const second = madeUpApp({ open: () => ({ model: 'm', summary: { ...SUMMARY, sha256: 'another' } }) });
  await second.actions.start(parseSession(textOf(first.store.getState())));
  const model = second.shown();
  expect(model.options.present).toMatchObject({ planner: 'bestfit', disabledGroups: [] });
  expect(model.selection).toBeUndefined();
  expect(model.runs).toEqual([]);
  expect(second.store.getState().notices[0]?.message).toMatch(/^The file was changed since\./);
});

test('inputs that are too large are not remembered, and that is told', async () => {
  const first = madeUpApp();
  await first.actions.open(SIX);
  const text = textOf(first.store.getState());
  const withInput = (base64: string) => {
    const state = first.store.getState();
    const given = new Map([['x', { source: { kind: 'npy', base64 } as const, label: 'x.png', found: {} }]]);
    return { ...state, models: state.models.map(model => ({ ...model, inputs: { given, seed: 1 } })) };
  };
  expect(sessionOf(withInput('AAAA')).models[0]?.given.length).toBe(1);
  const large = textOf(withInput('A'.repeat(2 ** 21)));
  expect(large.length).toBeLessThan(text.length + 100);
  const second = madeUpApp();
  await second.actions.start(parseSession(large));
  expect(second.store.getState().notices[0]?.message).toMatch(/Give the data of x again/);
});

test('a model that is gone is told of; the others come back', async () => {
  const first = madeUpApp();
  await first.actions.open(other);
  await first.actions.open(SIX);
  const second = madeUpApp({
    open: ({ source }) => (source.kind === 'path' ? refuse('it is gone') : { model: 'm', summary: SUMMARY }),
  });
  await second.actions.start(parseSession(textOf(first.store.getState())));
  expect(second.store.getState().models.map(({ source }) => source)).toEqual([SIX]);
  expect(second.store.getState().notices.map(({ message }) => message)).toEqual(['it is gone']);
});

test('anything else is no session', async () => {
  for (const text of [null, '', '{', '[]', '{"version":2,"models":[]}', '{"version":2,"models":[{}]}', '7'])
    expect(parseSession(text), String(text)).toBeUndefined();
  const { store, actions } = madeUpApp();
  await actions.open(SIX);
  const sound = sessionOf(store.getState());
  expect(parseSession(JSON.stringify(sound))).toBeDefined();
  expect(parseSession(JSON.stringify({ ...sound, version: 1 }))).toBeUndefined();
  // Whatever part is missing or of another kind: none of it is trusted, and nothing throws.
  const [model] = sound.models;
  if (!model) throw new Error('no model');
  const optional = ['shownRun', 'against', 'selection'];
  for (const name of Object.keys(model).filter(name => !optional.includes(name))) {
    const broken = { ...sound, models: [{ ...model, [name]: 7.5 }] };
    if (name === 'seed' || name === 'step') continue;
    expect(parseSession(JSON.stringify(broken)), name).toBeUndefined();
  }
  expect(parseSession(JSON.stringify({ ...sound, looks: { graph: 7 } }))?.looks).toEqual({});
});
