import { expect, test } from 'vitest';
import { createActions } from '../../../renderer/state/actions.ts';
import { findCommand } from '../../../renderer/state/commands.ts';
import { colourOf } from '../../../renderer/state/graph-colour.ts';
import { createAppStore } from '../../../renderer/state/store.ts';
import { createFakeBridge, refuse } from '../support/fake-bridge.ts';

const SIX = { kind: 'sample', name: 'six' } as const;

function setUp() {
  const store = createAppStore();
  const ports = {
    bridge: createFakeBridge(),
    pickFiles: async () => [],
    drawGraph: async () => refuse('no graph here'),
  };
  const colour = () => colourOf(store.getState());
  return { store, actions: createActions(store, ports), colour };
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
