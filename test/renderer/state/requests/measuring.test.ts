// Runs: kept, compared, forgotten, cancelled.

import { describe, expect, it } from 'vitest';
import { compileOptions } from '../../../../engine/options.ts';
import { optionsOf, runOf } from '../../../../renderer/state/app-state.ts';
import { refuse } from '../../support/fake-bridge.ts';
import { OPTIONS, runFor } from '../../support/made-up.ts';
import { madeUpApp, SIX, settled } from '../../support/made-up-app.ts';

describe('runs', () => {
  it('keeps each run, numbers it, and compares the last two', async () => {
    const { actions, shown } = madeUpApp();
    await actions.open(SIX);
    await actions.run();
    actions.set({ fusion: false });
    await actions.run();
    const model = shown();
    expect(model.runs.map(run => run.number)).toEqual([1, 2]);
    expect(model.compared).toEqual({ a: 1, b: 2 });
    expect(runOf(model)?.number).toBe(2);
  });

  it('goes back to the settings and the very run that was chosen', async () => {
    const { actions, shown } = madeUpApp();
    await actions.open(SIX);
    await actions.run();
    await actions.run();
    actions.set({ fusion: false });
    const [first] = shown().runs;
    if (!first) throw new Error('no run was kept');
    actions.showRun(first);
    expect(optionsOf(shown()).fusion).toBe(true);
    expect(runOf(shown())?.number).toBe(1);
  });

  it('asks for both runs at once when they are measured together', async () => {
    const { bridge, actions, shown } = madeUpApp();
    await actions.open(SIX);
    await actions.measureBoth({ ...OPTIONS, fusion: false }, OPTIONS);
    expect(bridge.asked.at(-1)?.body).toMatchObject({
      options: { fusion: false },
      against: { fusion: true },
    });
    expect(shown().runs.map(run => run.report.options.fusion)).toEqual([false, true]);
  });

  it('forgets a run and its side of the comparison, and brings both back', async () => {
    const { store, actions, shown } = madeUpApp();
    await actions.open(SIX);
    await actions.run();
    await actions.run();
    const [first] = shown().runs;
    if (first) actions.forgetRun(first);
    expect(shown().compared).toEqual({ b: 2 });
    store.getState().notices.at(-1)?.undo?.();
    expect(shown()).toMatchObject({ runs: [{ number: 1 }, { number: 2 }], compared: { a: 1, b: 2 } });
    if (first) actions.forgetRun(first);
    await actions.run();
    expect(shown().runs.map(run => run.number)).toEqual([2, 3]);
  });

  it('can be cancelled, which is no failure', async () => {
    const { store, actions } = madeUpApp({
      run: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            try {
              refuse('stopped');
            } catch (failure) {
              (failure as { error: unknown }).error = { id: 'cancelled', message: 'stopped' };
              reject(failure);
            }
          });
        }),
    });
    await actions.open(SIX);
    const running = actions.run();
    await settled();
    expect(store.getState().jobs).toHaveLength(1);
    actions.cancelAll();
    await running;
    expect(store.getState().jobs).toEqual([]);
    expect(store.getState().notices).toMatchObject([
      { severity: 'info', title: expect.stringMatching(/^Running .* was cancelled$/) },
    ]);
  });

  it('shows progress while it runs', async () => {
    const seen: unknown[] = [];
    const { store, actions } = madeUpApp({
      run: ({ options }, { onProgress }) => {
        onProgress?.({ what: 'measure', done: 3, of: 20 });
        seen.push(...store.getState().jobs);
        return { runs: [runFor(compileOptions.parse(options), 'r')] };
      },
    });
    await actions.open(SIX);
    await actions.run();
    expect(seen).toMatchObject([{ what: 'measure', done: 3, of: 20 }]);
  });
});
