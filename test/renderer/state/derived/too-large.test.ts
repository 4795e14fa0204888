import { expect, test } from 'vitest';
import { canRun } from '../../../../renderer/state/commands/conditions.ts';
import { planDiagnostics, tooLargeText } from '../../../../renderer/state/derived/too-large.ts';
import { OPTIONS, PLAN, reportFor } from '../../support/made-up.ts';
import { madeUpApp, SIX, settled } from '../../support/made-up-app.ts';

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
  const { store, actions } = madeUpApp({
    compile: ({ options }) => (options.fusion === false ? reportFor(OPTIONS) : LARGE),
  });
  await actions.open(SIX);
  await settled();
  expect(canRun(store.getState())).toBe(false);
  actions.set({ fusion: false });
  await settled();
  expect(canRun(store.getState())).toBe(true);
});
