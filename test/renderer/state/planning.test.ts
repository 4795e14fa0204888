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
