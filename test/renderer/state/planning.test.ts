import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RequestFailure } from '../../../renderer/bridge/bridge.ts';
import { createActions } from '../../../renderer/state/actions.ts';
import { activeModel, failureOf, reportOf } from '../../../renderer/state/app-state.ts';
import { canRun, isBusy } from '../../../renderer/state/commands/conditions.ts';
import { type AppStore, createAppStore } from '../../../renderer/state/store.ts';
import { createFakeBridge, refuse } from '../support/fake-bridge.ts';
import { reportFor } from '../support/made-up.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Plans that take as long as they are told to, and end when they are cancelled. */
async function setUp(planMs: number) {
  const store = createAppStore();
  const cancelled: boolean[] = [];
  const bridge = createFakeBridge({
    compile: ({ options }, { signal, onProgress }) =>
      new Promise((resolve, reject) => {
        onProgress?.({ what: 'plan', done: 1, of: 4 });
        setTimeout(() => resolve(reportFor(options as never)), planMs);
        signal?.addEventListener('abort', () => {
          cancelled.push(true);
          reject(new RequestFailure({ id: 'cancelled', message: 'cancelled' }));
        });
      }),
  });
  const ports = { bridge, pickFiles: async () => [], drawGraph: async () => refuse('no graph here') };
  await createActions(store, ports).open({ kind: 'sample', name: 'six' });
  return { store, cancelled };
}

const shown = (store: AppStore) => {
  const model = activeModel(store.getState());
  if (!model) throw new Error('no model is shown');
  return model;
};

test('a plan that is quick is no job', async () => {
  const { store } = await setUp(100);
  await vi.advanceTimersByTimeAsync(99);
  expect(store.getState().jobs).toEqual([]);
  await vi.advanceTimersByTimeAsync(500);
  expect(store.getState().jobs).toEqual([]);
  expect(reportOf(shown(store))).toBeDefined();
});

test('one that takes longer is, with its progress, until it is there', async () => {
  const { store } = await setUp(1000);
  await vi.advanceTimersByTimeAsync(250);
  expect(store.getState().jobs).toMatchObject([{ title: 'Planning', what: 'plan', done: 1, of: 4 }]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(store.getState().jobs).toEqual([]);
  expect(reportOf(shown(store))).toBeDefined();
});

test('one can run meanwhile: the button that starts a run does not become the one that cancels', async () => {
  const { store } = await setUp(1000);
  await vi.advanceTimersByTimeAsync(250);
  expect(store.getState().jobs).toHaveLength(1);
  expect(isBusy(store.getState())).toBe(false);
  expect(canRun(store.getState())).toBe(true);
});

test('cancelled, it ends at once, and is not waited for any more', async () => {
  const { store, cancelled } = await setUp(60_000);
  await vi.advanceTimersByTimeAsync(250);
  for (const job of store.getState().jobs) job.cancel();
  await vi.advanceTimersByTimeAsync(0);
  expect(cancelled).toEqual([true]);
  expect(store.getState().jobs).toEqual([]);
  expect(reportOf(shown(store))).toBeUndefined();
  expect(failureOf(shown(store))).toBeDefined();
  expect(canRun(store.getState())).toBe(true);
});

/** An engine that ends under so many plans, one after the other. */
async function setUpEnding(times: number) {
  const store = createAppStore();
  let left = times;
  const bridge = createFakeBridge({
    compile: async ({ options }) => {
      if (left-- > 0) throw new RequestFailure({ id: 'engine-lost', message: 'the engine ended (SIGKILL)' });
      return reportFor(options as never);
    },
  });
  const ports = { bridge, pickFiles: async () => [], drawGraph: async () => refuse('no graph here') };
  const actions = createActions(store, ports);
  await actions.open({ kind: 'sample', name: 'six' });
  await vi.advanceTimersByTimeAsync(0);
  return { store, actions };
}

test('a plan whose engine ends is made by the next one', async () => {
  const { store } = await setUpEnding(1);
  expect(reportOf(shown(store))).toBeDefined();
  expect(failureOf(shown(store))).toBeUndefined();
});

test('one under which engines end again and again is given up, but a run may try', async () => {
  const { store, actions } = await setUpEnding(2);
  expect(reportOf(shown(store))).toBeUndefined();
  expect(failureOf(shown(store))?.message).toContain('SIGKILL');
  expect(canRun(store.getState())).toBe(true);
  await actions.run();
  await vi.advanceTimersByTimeAsync(0);
  expect(reportOf(shown(store))).toBeDefined();
  expect(failureOf(shown(store))).toBeUndefined();
});
