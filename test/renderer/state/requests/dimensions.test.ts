// Dimensions that a model leaves open: binding them opens it again.

import { describe, expect, it } from 'vitest';
import { optionsOf, reportOf } from '../../../../renderer/state/app-state.ts';
import { refuse } from '../../support/fake-bridge.ts';
import { SUMMARY } from '../../support/made-up.ts';
import { madeUpApp, SIX, settled } from '../../support/made-up-app.ts';

describe('dimensions', () => {
  const unbound = {
    ...SUMMARY,
    runnable: false,
    plannable: false,
    dimensions: [{ key: 'n', inputs: [{ name: 'A', axis: 0 }], reason: 'unbound' as const }],
  };

  it('plans nothing before they are bound, and opens the model again with them', async () => {
    const { bridge, actions, shown, asked } = madeUpApp({
      open: ({ dims }) => ({ model: dims ? 'bound' : 'open', summary: dims ? SUMMARY : unbound }),
    });
    await actions.open(SIX);
    expect(asked('compile')).toEqual([]);
    await actions.bind({ n: 7 });
    await settled();
    expect(shown().id).toBe('bound');
    expect(optionsOf(shown()).dims).toEqual({ n: 7 });
    expect(reportOf(shown())).toBeDefined();
    expect(bridge.asked.at(-1)).toEqual({ name: 'close', body: { model: 'open' } });
  });

  it('are settings that can be undone and done again, among others', async () => {
    let opened = 0;
    const { actions, shown, asked } = madeUpApp({
      open: () => ({ model: `m${++opened}`, summary: SUMMARY }),
    });
    const now = () => ({ dims: optionsOf(shown()).dims, fusion: optionsOf(shown()).fusion });
    await actions.open(SIX);
    await actions.bind({ n: 5 });
    actions.set({ fusion: false });
    await actions.bind({ n: 7 });
    // Bound as it is already: nothing to undo.
    await actions.bind({ n: 7 });
    await actions.undo();
    expect(now()).toEqual({ dims: { n: 5 }, fusion: false });
    expect(asked('open').at(-1)?.body).toMatchObject({ dims: { n: 5 } });
    await actions.undo();
    expect(now()).toEqual({ dims: { n: 5 }, fusion: true });
    await actions.undo();
    expect(now()).toEqual({ dims: {}, fusion: true });
    for (let i = 0; i < 3; i++) await actions.redo();
    expect(now()).toEqual({ dims: { n: 7 }, fusion: false });
    await settled();
    expect(reportOf(shown())).toBeDefined();
  });

  it('that change while settings are undone are kept', async () => {
    let opened = 0;
    const { actions, shown } = madeUpApp({ open: () => ({ model: `m${++opened}`, summary: SUMMARY }) });
    await actions.open(SIX);
    await actions.bind({ n: 5 });
    const undone = actions.undo();
    actions.set({ fusion: false });
    await undone;
    expect(optionsOf(shown())).toMatchObject({ dims: {}, fusion: false });
  });

  it('that are refused say why, and leave the model as it was', async () => {
    const { store, actions, shown } = madeUpApp({
      open: ({ dims }) => (dims ? refuse('n must be even') : { model: 'open', summary: unbound }),
    });
    await actions.open(SIX);
    expect(await actions.bind({ n: 7 })).toBe('here: n must be even');
    expect(shown().id).toBe('open');
    expect(store.getState().notices).toEqual([]);
  });
});
