import { expect, test } from 'vitest';
import { findCommand } from '../../../../renderer/state/commands/commands.ts';
import { colourOf } from '../../../../renderer/state/derived/graph-colour.ts';
import { madeUpApp, SIX } from '../../support/made-up-app.ts';

function setUp() {
  const app = madeUpApp();
  return { ...app, colour: () => colourOf(app.store.getState()) };
}

test('changes are shown of models that are compared, families of others', async () => {
  const { store, actions, colour } = setUp();
  await actions.open(SIX);
  await actions.open(SIX);
  actions.setGraphLook({ colour: 'changes' });
  expect(colour()).toBe('family');
  actions.compareWith('m1');
  expect(colour()).toBe('changes');
  actions.showModel('m1');
  expect(colour()).toBe('changes');
  await actions.open(SIX);
  expect(colour()).toBe('family');
  expect(findCommand('colour-family')?.checked?.(store.getState())).toBe(true);
  actions.showModel('m2');
  expect(colour()).toBe('changes');
});

test('time differences are shown where two runs are compared', async () => {
  const { actions, colour } = setUp();
  await actions.open(SIX);
  await actions.run();
  await actions.run();
  actions.setComparing(true);
  expect(colour()).toBe('difference');
  await actions.open(SIX);
  expect(colour()).toBe('family');
  actions.setGraphLook({ colour: 'bytes' });
  expect(colour()).toBe('bytes');
});
