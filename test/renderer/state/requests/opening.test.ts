// Models that are opened, closed and opened again, and what is told of those that cannot be.

import { describe, expect, it, vi } from 'vitest';
import { compileOptions } from '../../../../engine/options.ts';
import { optionsOf, reportOf } from '../../../../renderer/state/app-state.ts';
import { refuse } from '../../support/fake-bridge.ts';
import { runFor, SUMMARY } from '../../support/made-up.ts';
import { madeUpApp, SIX, settled } from '../../support/made-up-app.ts';

const fileNamed = (path: string) => ({ file: new File(['x'], path.split('/').at(-1) ?? path), path });

describe('opening', () => {
  it('learns about the machine, opens what the shell was started with, and plans it', async () => {
    const { store, actions, shown } = madeUpApp({
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
    expect(optionsOf(shown()).simd).toBe('128');
    expect(reportOf(shown())).toBeDefined();
    expect(store.getState().jobs).toEqual([]);
  });

  it('keeps what is open when another model fails, and says where', async () => {
    let first = true;
    const { store, actions } = madeUpApp({
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
    const { store, bridge, actions } = madeUpApp({ open: () => ({ model: 'm1', summary }) });
    await actions.open({ kind: 'upload', upload: 'u', entry: 'x.onnx' });
    expect(store.getState().models).toEqual([]);
    expect(store.getState().notices).toMatchObject([{ where: 'x.onnx, byte 0', message: 'found text' }]);
    expect(bridge.asked.at(-2)).toEqual({ name: 'close', body: { model: 'm1' } });
  });

  it('shows the model that was asked for last, whichever arrives last', async () => {
    const slow = Promise.withResolvers<void>();
    const { store, actions } = madeUpApp({
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
    const { actions, asked } = madeUpApp();
    await actions.openFiles([fileNamed('net/weights.bin'), fileNamed('net/model.onnx')]);
    expect(asked('open')[0]?.body).toMatchObject({
      source: { kind: 'upload', entry: 'net/model.onnx' },
    });
  });

  it('opens each of several models, and keeps what was told of one that failed', async () => {
    const { store, actions, asked } = madeUpApp({
      open: ({ source }) =>
        source.kind === 'upload' && source.entry === 'a.onnx'
          ? refuse('expected a model, found text')
          : { model: 'm2', summary: SUMMARY },
    });
    await actions.openFiles([fileNamed('a.onnx'), fileNamed('b.onnx')]);
    const opened = asked('open').map(({ body }) => body);
    expect(opened).toMatchObject([{ source: { entry: 'a.onnx' } }, { source: { entry: 'b.onnx' } }]);
    expect(store.getState().active).toBe('m2');
    expect(store.getState().notices).toMatchObject([{ message: 'expected a model, found text' }]);
  });

  it('tells which models of a folder it left out', async () => {
    const { store, actions } = madeUpApp();
    await actions.openFiles([fileNamed('net/model.onnx'), fileNamed('net/old/model.onnx')]);
    expect(store.getState().notices).toMatchObject([
      { title: '1 model left out', where: 'net/old/model.onnx' },
    ]);
  });

  it('tells when there is no model among dropped files', async () => {
    const { store, bridge, actions } = madeUpApp();
    await actions.openFiles([fileNamed('a.txt'), fileNamed('b.txt')]);
    expect(bridge.asked).toEqual([]);
    expect(store.getState().notices).toMatchObject([{ title: 'Nothing to open', where: '2 files' }]);
  });

  it('carries the toggles over to the next model, but not its groups', async () => {
    const { actions, shown } = madeUpApp();
    await actions.open(SIX);
    actions.set({ planner: 'refcount', threads: 2 });
    actions.toggleGroup('node3');
    await actions.open(SIX);
    expect(optionsOf(shown())).toMatchObject({ planner: 'refcount', threads: 2, disabledGroups: [] });
  });

  it('shows a neighbour when a model is closed', async () => {
    const { store, actions } = madeUpApp();
    await actions.open(SIX);
    await actions.open(SIX);
    await actions.close('m2');
    expect(store.getState().active).toBe('m1');
    await actions.close('m1');
    expect(store.getState().active).toBeUndefined();
  });

  it('brings back a model that was closed with its runs, in its place', async () => {
    const { store, actions, shown } = madeUpApp();
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
    expect(shown().runs.map(({ number }) => number)).toEqual([1]);
  });

  it('tells the same once, in the place of what was told before', async () => {
    const { store, actions } = madeUpApp({ run: () => refuse('out of memory') });
    await actions.open(SIX);
    await actions.run();
    const [first] = store.getState().notices;
    await actions.run();
    expect(store.getState().notices).toEqual([{ ...first, id: expect.any(Number) }]);
    expect(store.getState().notices[0]?.id).not.toBe(first?.id);
  });

  it('tells models of one name apart in what it says', async () => {
    const { store, actions } = madeUpApp();
    await actions.open({ kind: 'path', path: '/a/model.onnx' });
    await actions.open({ kind: 'path', path: '/b/model.onnx' });
    await actions.run();
    await actions.close('m2');
    expect(store.getState().notices).toMatchObject([{ title: 'b/model.onnx was closed' }]);
  });

  it('tells of the last three failures, until the same works or another model is shown', async () => {
    let broken = true;
    let failures = 0;
    const { store, actions } = madeUpApp({
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
    const { store, actions } = madeUpApp({
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
    const { store, actions } = madeUpApp();
    await actions.openFromShell(SIX);
    await actions.openFromShell(SIX);
    expect(store.getState().models).toHaveLength(1);
  });
});

describe('a lost connection', () => {
  it('opens every model again, keeps its runs and settings, and shows the one that was shown', async () => {
    const { store, actions, shown } = madeUpApp();
    await actions.open(SIX);
    await actions.open(SIX);
    actions.set({ planner: 'refcount' });
    await actions.run();
    const planned = reportOf(shown());
    await actions.reopenAll();
    await settled();
    expect(store.getState().models.map(model => model.id)).toEqual(['m3', 'm4']);
    expect(shown().id).toBe('m4');
    expect(shown().runs).toHaveLength(1);
    expect(optionsOf(shown()).planner).toBe('refcount');
    // The same file and settings: the plan stays in view, and so does the way back.
    expect(planned).toBeDefined();
    expect(reportOf(shown())).toBe(planned);
    actions.undo();
    await settled();
    expect(optionsOf(shown()).planner).not.toBe('refcount');
    expect(reportOf(shown())).toBeDefined();
  });
});
