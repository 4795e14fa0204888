// What the app does between the engine and its views: settings, what is shown, exports.

import { describe, expect, it } from 'vitest';
import { compileOptions } from '../../../engine/options.ts';
import { RequestFailure } from '../../../renderer/bridge/bridge.ts';
import { optionsOf, planOf, reportOf, stepOf } from '../../../renderer/state/app-state.ts';
import { refuse } from '../support/fake-bridge.ts';
import { reportFor } from '../support/made-up.ts';
import { madeUpApp, SIX, settled } from '../support/made-up-app.ts';

describe('settings', () => {
  it('asks for each plan once, and finds it again when going back', async () => {
    const { actions, shown, asked } = madeUpApp();
    await actions.open(SIX);
    await settled();
    actions.set({ fusion: false });
    await settled();
    expect(reportOf(shown())?.groups).toEqual([]);
    actions.undo();
    await settled();
    expect(reportOf(shown())?.groups).toHaveLength(1);
    actions.redo();
    expect(optionsOf(shown()).fusion).toBe(false);
    expect(asked('compile')).toHaveLength(2);
  });

  it('drops the answer to settings that were changed meanwhile, and cancels the request', async () => {
    const signals: AbortSignal[] = [];
    const { actions, shown } = madeUpApp({
      compile: async ({ options }, { signal }) => {
        if (signal) signals.push(signal);
        await settled();
        return reportFor(compileOptions.parse(options));
      },
    });
    await actions.open(SIX);
    actions.set({ fusion: false });
    actions.set({ planner: 'off' });
    await settled();
    await settled();
    expect(signals.map(signal => signal.aborted)).toEqual([true, true, false]);
    expect(reportOf(shown())?.options).toMatchObject({ fusion: false, planner: 'off' });
  });

  it('shows why settings cannot be compiled, and nothing when they were cancelled', async () => {
    const { actions, shown } = madeUpApp({ compile: () => refuse('too large') });
    await actions.open(SIX);
    await settled();
    expect(reportOf(shown())).toBeUndefined();
    expect([...shown().failures.values()]).toMatchObject([{ message: 'too large' }]);
  });

  it('switches single groups off and on', async () => {
    const { actions, shown } = madeUpApp();
    await actions.open(SIX);
    actions.toggleGroup('node3');
    expect(optionsOf(shown()).disabledGroups).toEqual(['node3']);
    actions.toggleGroup('node3');
    expect(optionsOf(shown()).disabledGroups).toEqual([]);
  });
});

describe('views', () => {
  it('keeps what a step stands for when the other column is shown', async () => {
    const { actions, shown } = madeUpApp();
    await actions.open(SIX);
    await settled();
    actions.select({ kind: 'step', id: 3 });
    actions.setColumn('asGiven');
    expect(shown().selection).toEqual({ kind: 'node', id: 3 });
  });

  it('stays within the steps of the plan shown', async () => {
    const { actions, shown } = madeUpApp();
    await actions.open(SIX);
    await settled();
    actions.setStep(99);
    expect(stepOf(shown())).toBe((planOf(shown())?.steps.length ?? 0) - 1);
  });

  it('exports again where the engine ended meanwhile', async () => {
    let ended = false;
    const { store, bridge, actions } = madeUpApp({
      export: () => {
        if (ended) return { fileName: 'plan.json', mime: 'application/json', text: '{}' };
        ended = true;
        throw new RequestFailure({ id: 'engine-lost', message: 'the engine ended' });
      },
    });
    await actions.open(SIX);
    await actions.exportAs('plan');
    expect(bridge.saved).toHaveLength(1);
    expect(store.getState().notices).toEqual([]);
  });

  it('exports through the bridge, traces of the runs compared', async () => {
    const { bridge, actions } = madeUpApp();
    await actions.open(SIX);
    await actions.run();
    await actions.run();
    await actions.exportAs('trace');
    expect(bridge.asked.at(-1)?.body).toMatchObject({ what: 'trace', runs: ['r1', 'r2'] });
    expect(bridge.saved).toMatchObject([{ fileName: 'plan.json' }]);
  });

  it('a report is told what its runs are called, and which are compared', async () => {
    const { bridge, actions, shown } = madeUpApp();
    await actions.open(SIX);
    await actions.run();
    await actions.run();
    await actions.run();
    const [first] = shown().runs;
    if (!first) throw new Error('three runs are kept');
    actions.forgetRun(first);
    actions.compareRuns({ a: 3, b: 2 });
    await actions.exportAs('report');
    const [second, third] = shown().runs.map(({ report }) => report.id);
    const body = bridge.asked.at(-1)?.body;
    expect(body).toMatchObject({ what: 'report', compared: [third, second] });
    expect(body).toMatchObject({ runs: [second, third], numbers: [2, 3] });
  });
});

describe('comparing in every view', () => {
  it('colours the graph by it, and gives back the colour it had', () => {
    const { store, actions } = madeUpApp();
    const colour = () => store.getState().graph.colour;
    actions.setGraphLook({ colour: 'time' });
    actions.setComparing(true);
    expect(colour()).toBe('difference');
    actions.setComparing(false);
    expect(colour()).toBe('time');
    actions.setComparing(true);
    actions.setGraphLook({ colour: 'peak' });
    actions.setComparing(false);
    expect(colour()).toBe('peak');
  });
});
