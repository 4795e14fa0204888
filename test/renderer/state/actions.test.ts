import { describe, expect, it, vi } from 'vitest';
import { compileOptions } from '../../../engine/options.ts';
import { RequestFailure } from '../../../renderer/bridge/bridge.ts';
import { createActions } from '../../../renderer/state/actions.ts';
import {
  activeModel,
  type OpenModel,
  optionsOf,
  planOf,
  reportOf,
  runOf,
  stepOf,
} from '../../../renderer/state/app-state.ts';
import { type AppStore, createAppStore } from '../../../renderer/state/store.ts';
import { type Answers, createFakeBridge, refuse } from '../support/fake-bridge.ts';
import { OPTIONS, reportFor, runFor, SUMMARY } from '../support/made-up.ts';

function setUp(answers: Answers = {}) {
  const store = createAppStore();
  const bridge = createFakeBridge(answers);
  const actions = createActions(store, {
    bridge,
    pickFiles: async () => [],
    drawGraph: async () => ({ fileName: 'six.svg', mime: 'image/svg+xml', text: '' }),
  });
  return { store, bridge, actions };
}

/** Lets the requests that an action has started, but does not wait for, settle. */
const settled = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

function shown(store: AppStore): OpenModel {
  const model = activeModel(store.getState());
  if (!model) throw new Error('no model is open');
  return model;
}

const SIX = { kind: 'sample', name: 'six' } as const;
const fileNamed = (path: string) => ({ file: new File(['x'], path.split('/').at(-1) ?? path), path });

describe('opening', () => {
  it('learns about the machine, opens what the shell was started with, and plans it', async () => {
    const { store, actions } = setUp({
      machine: () => ({
        cpu: 'c',
        cores: 4,
        defaultThreads: 1,
        node: 'n',
        v8: 'v',
        simd: ['128'],
        shell: 'server',
        initial: SIX,
      }),
    });
    await actions.start();
    await settled();
    expect(optionsOf(shown(store)).simd).toBe('128');
    expect(reportOf(shown(store))).toBeDefined();
    expect(store.getState().jobs).toEqual([]);
  });

  it('keeps what is open when another model fails, and says where', async () => {
    let first = true;
    const { store, actions } = setUp({
      open: () => {
        if (!first) return refuse('expected a model, found text');
        first = false;
        return { model: 'm1', summary: SUMMARY };
      },
    });
    await actions.open(SIX);
    await actions.open({ kind: 'path', path: '/models/broken.onnx' });
    expect(store.getState().active).toBe('m1');
    expect(store.getState().notices).toMatchObject([
      { where: 'here', message: 'expected a model, found text' },
    ]);
  });

  it('does not show a file that holds nothing to look at', async () => {
    const graph = { ...SUMMARY.graph, nodes: [] };
    const diagnostics = [
      { severity: 'error', id: 'no-model', where: '/tmp/u/x.onnx, byte 0', message: 'found text' } as const,
    ];
    const summary = { ...SUMMARY, graph, diagnostics, path: '/tmp/u/x.onnx' };
    const { store, bridge, actions } = setUp({ open: () => ({ model: 'm1', summary }) });
    await actions.open({ kind: 'upload', upload: 'u', entry: 'x.onnx' });
    expect(store.getState().models).toEqual([]);
    expect(store.getState().notices).toMatchObject([{ where: 'x.onnx, byte 0', message: 'found text' }]);
    expect(bridge.asked.at(-2)).toEqual({ name: 'close', body: { model: 'm1' } });
  });

  it('shows the model that was asked for last, whichever arrives last', async () => {
    const slow = Promise.withResolvers<void>();
    const { store, actions } = setUp({
      open: async ({ source }) => {
        const name = source.kind === 'sample' ? source.name : '';
        if (name === 'slow') await slow.promise;
        return { model: name, summary: SUMMARY };
      },
    });
    const first = actions.open({ kind: 'sample', name: 'slow' });
    await actions.open({ kind: 'sample', name: 'fast' });
    slow.resolve();
    await first;
    expect(store.getState().models.map(({ id }) => id)).toEqual(['fast', 'slow']);
    expect(store.getState().active).toBe('fast');
  });

  it('opens the model among dropped files', async () => {
    const { bridge, actions } = setUp();
    await actions.openFiles([fileNamed('net/weights.bin'), fileNamed('net/model.onnx')]);
    expect(bridge.asked.find(({ name }) => name === 'open')?.body).toMatchObject({
      source: { kind: 'upload', entry: 'net/model.onnx' },
    });
  });

  it('opens each of several models, and keeps what was told of one that failed', async () => {
    const { store, bridge, actions } = setUp({
      open: ({ source }) =>
        source.kind === 'upload' && source.entry === 'a.onnx'
          ? refuse('expected a model, found text')
          : { model: 'm2', summary: SUMMARY },
    });
    await actions.openFiles([fileNamed('a.onnx'), fileNamed('b.onnx')]);
    const opened = bridge.asked.filter(({ name }) => name === 'open').map(({ body }) => body);
    expect(opened).toMatchObject([{ source: { entry: 'a.onnx' } }, { source: { entry: 'b.onnx' } }]);
    expect(store.getState().active).toBe('m2');
    expect(store.getState().notices).toMatchObject([{ message: 'expected a model, found text' }]);
  });

  it('tells which models of a folder it left out', async () => {
    const { store, actions } = setUp();
    await actions.openFiles([fileNamed('net/model.onnx'), fileNamed('net/old/model.onnx')]);
    expect(store.getState().notices).toMatchObject([
      { title: '1 model left out', where: 'net/old/model.onnx' },
    ]);
  });

  it('tells when there is no model among dropped files', async () => {
    const { store, bridge, actions } = setUp();
    await actions.openFiles([fileNamed('a.txt'), fileNamed('b.txt')]);
    expect(bridge.asked).toEqual([]);
    expect(store.getState().notices).toMatchObject([{ title: 'Nothing to open', where: '2 files' }]);
  });

  it('carries the toggles over to the next model, but not its groups', async () => {
    const { store, actions } = setUp();
    await actions.open(SIX);
    actions.set({ planner: 'refcount', threads: 2 });
    actions.toggleGroup('node3');
    await actions.open(SIX);
    expect(optionsOf(shown(store))).toMatchObject({ planner: 'refcount', threads: 2, disabledGroups: [] });
  });

  it('shows a neighbour when a model is closed', async () => {
    const { store, actions } = setUp();
    await actions.open(SIX);
    await actions.open(SIX);
    await actions.close('m2');
    expect(store.getState().active).toBe('m1');
    await actions.close('m1');
    expect(store.getState().active).toBeUndefined();
  });

  it('brings back a model that was closed with its runs, in its place', async () => {
    const { store, actions } = setUp();
    await actions.open(SIX);
    await actions.run();
    await actions.open(SIX);
    await actions.close('m2');
    expect(store.getState().notices).toEqual([]);
    await actions.open(SIX);
    await actions.close('m1');
    actions.showModel('m3');
    const [told] = store.getState().notices;
    expect(told).toMatchObject({ severity: 'info', message: 'With 1 run of it.' });
    told?.undo?.();
    await vi.waitFor(() => expect(store.getState().models.map(({ id }) => id)).toEqual(['m4', 'm3']));
    expect(store.getState().active).toBe('m4');
    expect(shown(store).runs.map(({ number }) => number)).toEqual([1]);
  });

  it('tells the same once, in the place of what was told before', async () => {
    const { store, actions } = setUp({ run: () => refuse('out of memory') });
    await actions.open(SIX);
    await actions.run();
    const [first] = store.getState().notices;
    await actions.run();
    expect(store.getState().notices).toEqual([{ ...first, id: expect.any(Number) }]);
    expect(store.getState().notices[0]?.id).not.toBe(first?.id);
  });

  it('tells models of one name apart in what it says', async () => {
    const { store, actions } = setUp();
    await actions.open({ kind: 'path', path: '/a/model.onnx' });
    await actions.open({ kind: 'path', path: '/b/model.onnx' });
    await actions.run();
    await actions.close('m2');
    expect(store.getState().notices).toMatchObject([{ title: 'b/model.onnx was closed' }]);
  });

  it('tells of the last three failures, until the same works or another model is shown', async () => {
    let broken = true;
    let failures = 0;
    const { store, actions } = setUp({
      run: ({ options }) => {
        if (broken) return refuse(`out of memory (${++failures})`);
        return { runs: [runFor(compileOptions.parse(options), 'r1')] };
      },
    });
    await actions.open(SIX);
    for (let i = 0; i < 4; i++) await actions.run();
    expect(store.getState().notices).toHaveLength(3);
    broken = false;
    await actions.run();
    expect(store.getState().notices).toEqual([]);
    broken = true;
    await actions.run();
    await actions.open(SIX);
    actions.showModel('m2');
    expect(store.getState().notices).toEqual([]);
  });

  it('cancels what a closed model was doing, and says nothing of how that ended', async () => {
    const ended = Promise.withResolvers<void>();
    let signal: AbortSignal | undefined;
    const { store, actions } = setUp({
      run: async (_, control) => {
        signal = control.signal;
        await ended.promise;
        return refuse('expected a prepared session');
      },
    });
    await actions.open(SIX);
    const running = actions.run();
    await actions.close('m1');
    expect(signal?.aborted).toBe(true);
    ended.resolve();
    await running;
    expect(store.getState()).toMatchObject({ notices: [], jobs: [] });
  });

  it('shows what the shell asks for, without opening it twice', async () => {
    const { store, actions } = setUp();
    await actions.openFromShell(SIX);
    await actions.openFromShell(SIX);
    expect(store.getState().models).toHaveLength(1);
  });
});

describe('a lost connection', () => {
  it('opens every model again, keeps its runs and settings, and shows the one that was shown', async () => {
    const { store, actions } = setUp();
    await actions.open(SIX);
    await actions.open(SIX);
    actions.set({ planner: 'refcount' });
    await actions.run();
    const planned = reportOf(shown(store));
    await actions.reopenAll();
    await settled();
    expect(store.getState().models.map(model => model.id)).toEqual(['m3', 'm4']);
    expect(shown(store).id).toBe('m4');
    expect(shown(store).runs).toHaveLength(1);
    expect(optionsOf(shown(store)).planner).toBe('refcount');
    // The same file and settings: the plan stays in view, and so does the way back.
    expect(planned).toBeDefined();
    expect(reportOf(shown(store))).toBe(planned);
    actions.undo();
    await settled();
    expect(optionsOf(shown(store)).planner).not.toBe('refcount');
    expect(reportOf(shown(store))).toBeDefined();
  });
});

describe('dimensions', () => {
  const unbound = {
    ...SUMMARY,
    runnable: false,
    plannable: false,
    dimensions: [{ key: 'n', inputs: [{ name: 'A', axis: 0 }], reason: 'unbound' as const }],
  };

  it('plans nothing before they are bound, and opens the model again with them', async () => {
    const { store, bridge, actions } = setUp({
      open: ({ dims }) => ({ model: dims ? 'bound' : 'open', summary: dims ? SUMMARY : unbound }),
    });
    await actions.open(SIX);
    expect(bridge.asked.some(({ name }) => name === 'compile')).toBe(false);
    await actions.bind({ n: 7 });
    await settled();
    expect(shown(store).id).toBe('bound');
    expect(optionsOf(shown(store)).dims).toEqual({ n: 7 });
    expect(reportOf(shown(store))).toBeDefined();
    expect(bridge.asked.at(-1)).toEqual({ name: 'close', body: { model: 'open' } });
  });

  it('are settings that can be undone and done again, among others', async () => {
    let opened = 0;
    const { store, bridge, actions } = setUp({ open: () => ({ model: `m${++opened}`, summary: SUMMARY }) });
    const now = () => ({ dims: optionsOf(shown(store)).dims, fusion: optionsOf(shown(store)).fusion });
    await actions.open(SIX);
    await actions.bind({ n: 5 });
    actions.set({ fusion: false });
    await actions.bind({ n: 7 });
    // Bound as it is already: nothing to undo.
    await actions.bind({ n: 7 });
    await actions.undo();
    expect(now()).toEqual({ dims: { n: 5 }, fusion: false });
    expect(bridge.asked.filter(({ name }) => name === 'open').at(-1)?.body).toMatchObject({ dims: { n: 5 } });
    await actions.undo();
    expect(now()).toEqual({ dims: { n: 5 }, fusion: true });
    await actions.undo();
    expect(now()).toEqual({ dims: {}, fusion: true });
    for (let i = 0; i < 3; i++) await actions.redo();
    expect(now()).toEqual({ dims: { n: 7 }, fusion: false });
    await settled();
    expect(reportOf(shown(store))).toBeDefined();
  });

  it('that change while settings are undone are kept', async () => {
    let opened = 0;
    const { store, actions } = setUp({ open: () => ({ model: `m${++opened}`, summary: SUMMARY }) });
    await actions.open(SIX);
    await actions.bind({ n: 5 });
    const undone = actions.undo();
    actions.set({ fusion: false });
    await undone;
    expect(optionsOf(shown(store))).toMatchObject({ dims: {}, fusion: false });
  });

  it('that are refused say why, and leave the model as it was', async () => {
    const { store, actions } = setUp({
      open: ({ dims }) => (dims ? refuse('n must be even') : { model: 'open', summary: unbound }),
    });
    await actions.open(SIX);
    expect(await actions.bind({ n: 7 })).toBe('here: n must be even');
    expect(shown(store).id).toBe('open');
    expect(store.getState().notices).toEqual([]);
  });
});

describe('settings', () => {
  it('asks for each plan once, and finds it again when going back', async () => {
    const { store, bridge, actions } = setUp();
    await actions.open(SIX);
    await settled();
    actions.set({ fusion: false });
    await settled();
    expect(reportOf(shown(store))?.groups).toEqual([]);
    actions.undo();
    await settled();
    expect(reportOf(shown(store))?.groups).toHaveLength(1);
    actions.redo();
    expect(optionsOf(shown(store)).fusion).toBe(false);
    expect(bridge.asked.filter(({ name }) => name === 'compile')).toHaveLength(2);
  });

  it('drops the answer to settings that were changed meanwhile, and cancels the request', async () => {
    const signals: AbortSignal[] = [];
    const { actions, store } = setUp({
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
    expect(reportOf(shown(store))?.options).toMatchObject({ fusion: false, planner: 'off' });
  });

  it('shows why settings cannot be compiled, and nothing when they were cancelled', async () => {
    const { store, actions } = setUp({ compile: () => refuse('too large') });
    await actions.open(SIX);
    await settled();
    expect(reportOf(shown(store))).toBeUndefined();
    expect([...shown(store).failures.values()]).toMatchObject([{ message: 'too large' }]);
  });

  it('switches single groups off and on', async () => {
    const { store, actions } = setUp();
    await actions.open(SIX);
    actions.toggleGroup('node3');
    expect(optionsOf(shown(store)).disabledGroups).toEqual(['node3']);
    actions.toggleGroup('node3');
    expect(optionsOf(shown(store)).disabledGroups).toEqual([]);
  });
});

describe('runs', () => {
  it('keeps each run, numbers it, and compares the last two', async () => {
    const { store, actions } = setUp();
    await actions.open(SIX);
    await actions.run();
    actions.set({ fusion: false });
    await actions.run();
    const model = shown(store);
    expect(model.runs.map(run => run.number)).toEqual([1, 2]);
    expect(model.compared).toEqual({ a: 1, b: 2 });
    expect(runOf(model)?.number).toBe(2);
  });

  it('goes back to the settings and the very run that was chosen', async () => {
    const { store, actions } = setUp();
    await actions.open(SIX);
    await actions.run();
    await actions.run();
    actions.set({ fusion: false });
    const [first] = shown(store).runs;
    if (!first) throw new Error('no run was kept');
    actions.showRun(first);
    expect(optionsOf(shown(store)).fusion).toBe(true);
    expect(runOf(shown(store))?.number).toBe(1);
  });

  it('asks for both runs at once when they are measured together', async () => {
    const { store, bridge, actions } = setUp();
    await actions.open(SIX);
    await actions.measureBoth({ ...OPTIONS, fusion: false }, OPTIONS);
    expect(bridge.asked.at(-1)?.body).toMatchObject({
      options: { fusion: false },
      against: { fusion: true },
    });
    expect(shown(store).runs.map(run => run.report.options.fusion)).toEqual([false, true]);
  });

  it('forgets a run and its side of the comparison, and brings both back', async () => {
    const { store, actions } = setUp();
    await actions.open(SIX);
    await actions.run();
    await actions.run();
    const [first] = shown(store).runs;
    if (first) actions.forgetRun(first);
    expect(shown(store).compared).toEqual({ b: 2 });
    store.getState().notices.at(-1)?.undo?.();
    expect(shown(store)).toMatchObject({ runs: [{ number: 1 }, { number: 2 }], compared: { a: 1, b: 2 } });
    if (first) actions.forgetRun(first);
    await actions.run();
    expect(shown(store).runs.map(run => run.number)).toEqual([2, 3]);
  });

  it('can be cancelled, which is no failure', async () => {
    const { store, actions } = setUp({
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
    const { store, actions } = setUp({
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

describe('views', () => {
  it('keeps what a step stands for when the other column is shown', async () => {
    const { store, actions } = setUp();
    await actions.open(SIX);
    await settled();
    actions.select({ kind: 'step', id: 3 });
    actions.setColumn('asGiven');
    expect(shown(store).selection).toEqual({ kind: 'node', id: 3 });
  });

  it('stays within the steps of the plan shown', async () => {
    const { store, actions } = setUp();
    await actions.open(SIX);
    await settled();
    actions.setStep(99);
    expect(stepOf(shown(store))).toBe((planOf(shown(store))?.steps.length ?? 0) - 1);
  });

  it('exports again where the engine ended meanwhile', async () => {
    let ended = false;
    const { store, bridge, actions } = setUp({
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
    const { bridge, actions } = setUp();
    await actions.open(SIX);
    await actions.run();
    await actions.run();
    await actions.exportAs('trace');
    expect(bridge.asked.at(-1)?.body).toMatchObject({ what: 'trace', runs: ['r1', 'r2'] });
    expect(bridge.saved).toMatchObject([{ fileName: 'plan.json' }]);
  });
});

describe('comparing in every view', () => {
  it('colours the graph by it, and gives back the colour it had', () => {
    const { store, actions } = setUp();
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
