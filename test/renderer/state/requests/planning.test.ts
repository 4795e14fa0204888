import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RequestFailure } from '../../../../renderer/bridge/bridge.ts';
import { failureOf, reportOf } from '../../../../renderer/state/app-state.ts';
import { canRun, isBusy } from '../../../../renderer/state/commands/conditions.ts';
import { reportFor } from '../../support/made-up.ts';
import { madeUpApp, SIX } from '../../support/made-up-app.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Plans that take as long as they are told to, and end when they are cancelled. */
async function setUp(planMs: number) {
  const cancelled: boolean[] = [];
  const app = madeUpApp({
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
  await app.actions.open(SIX);
  return { ...app, cancelled };
}

test('a plan that is quick is no job', async () => {
  const { store, shown } = await setUp(100);
  await vi.advanceTimersByTimeAsync(99);
  expect(store.getState().jobs).toEqual([]);
  await vi.advanceTimersByTimeAsync(500);
  expect(store.getState().jobs).toEqual([]);
  expect(reportOf(shown())).toBeDefined();
});

test('one that takes longer is, with its progress, until it is there', async () => {
  const { store, shown } = await setUp(1000);
  await vi.advanceTimersByTimeAsync(250);
  expect(store.getState().jobs).toMatchObject([{ title: 'Planning', what: 'plan', done: 1, of: 4 }]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(store.getState().jobs).toEqual([]);
  expect(reportOf(shown())).toBeDefined();
});

test('one can run meanwhile: the button that starts a run does not become the one that cancels', async () => {
  const { store } = await setUp(1000);
  await vi.advanceTimersByTimeAsync(250);
  expect(store.getState().jobs).toHaveLength(1);
  expect(isBusy(store.getState())).toBe(false);
  expect(canRun(store.getState())).toBe(true);
});

test('cancelled, it ends at once, and is not waited for any more', async () => {
  const { store, cancelled, shown } = await setUp(60_000);
  await vi.advanceTimersByTimeAsync(250);
  for (const job of store.getState().jobs) job.cancel();
  await vi.advanceTimersByTimeAsync(0);
  expect(cancelled).toEqual([true]);
  expect(store.getState().jobs).toEqual([]);
  expect(reportOf(shown())).toBeUndefined();
  expect(failureOf(shown())).toBeDefined();
  expect(canRun(store.getState())).toBe(true);
});

/** An engine that ends under so many plans, one after the other. */
async function setUpEnding(times: number) {
  let left = times;
  const app = madeUpApp({
    compile: async ({ options }) => {
      if (left-- > 0) throw new RequestFailure({ id: 'engine-lost', message: 'the engine ended (SIGKILL)' });
      return reportFor(options as never);
    },
  });
  await app.actions.open(SIX);
  await vi.advanceTimersByTimeAsync(0);
  return app;
}

test('a plan whose engine ends is made by the next one', async () => {
  const { shown } = await setUpEnding(1);
  expect(reportOf(shown())).toBeDefined();
  expect(failureOf(shown())).toBeUndefined();
});

test('one under which engines end again and again is given up, but a run may try', async () => {
  const { store, actions, shown } = await setUpEnding(2);
  expect(reportOf(shown())).toBeUndefined();
  expect(failureOf(shown())?.message).toContain('SIGKILL');
  expect(canRun(store.getState())).toBe(true);
  await actions.run();
  await vi.advanceTimersByTimeAsync(0);
  expect(reportOf(shown())).toBeDefined();
  expect(failureOf(shown())).toBeUndefined();
});
