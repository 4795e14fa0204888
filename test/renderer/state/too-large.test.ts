import { expect, test } from 'vitest';
import { createActions } from '../../../renderer/state/actions.ts';
import { canRun } from '../../../renderer/state/commands/conditions.ts';
import { createAppStore } from '../../../renderer/state/store.ts';
import { planDiagnostics, tooLargeText } from '../../../renderer/state/too-large.ts';
import { createFakeBridge, refuse } from '../support/fake-bridge.ts';
import { OPTIONS, PLAN, reportFor } from '../support/made-up.ts';

const GIB = 2 ** 30;
const LARGE = {
  ...reportFor(OPTIONS),
  asExecuted: { ...PLAN, peakBytes: 16 * GIB },
  weightsBytes: GIB / 2,
  beyondBytes: 4 * GIB,
};

test('a plan that no memory can hold is told of with both sizes', () => {
  expect(tooLargeText(LARGE)).toBe(
    'Expected at most 4 GiB of memory, which 32-bit addresses reach; found 16.5 GiB: weights of 512 MiB and an arena of 16 GiB. It can be looked at, not run.',
  );
  expect(planDiagnostics(LARGE)).toMatchObject([{ severity: 'error', message: tooLargeText(LARGE) }]);
  expect(planDiagnostics(reportFor(OPTIONS))).toEqual([]);
  expect(planDiagnostics(undefined)).toEqual([]);
});

test('it cannot be run, before anybody tries', async () => {
  const store = createAppStore();
  const bridge = createFakeBridge({
    compile: ({ options }) => (options.fusion === false ? reportFor(OPTIONS) : LARGE),
  });
  const ports = { bridge, pickFiles: async () => [], drawGraph: async () => refuse('no graph here') };
  const actions = createActions(store, ports);
  await actions.open({ kind: 'sample', name: 'six' });
  await new Promise(resolve => setTimeout(resolve, 0));
  expect(canRun(store.getState())).toBe(false);
  actions.set({ fusion: false });
  await new Promise(resolve => setTimeout(resolve, 0));
  expect(canRun(store.getState())).toBe(true);
});
