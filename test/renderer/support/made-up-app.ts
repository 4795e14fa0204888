// The app without a page and without a shell: its state, its actions, and what they asked the made-up engine.

import type { RequestName } from '../../../engine/protocol.ts';
import { createActions } from '../../../renderer/state/actions.ts';
import { activeModel, type OpenModel } from '../../../renderer/state/app-state.ts';
import { createAppStore } from '../../../renderer/state/store.ts';
import { type Answers, createFakeBridge, type FakeBridge } from './fake-bridge.ts';

/** The sample that the made-up engine knows. */
export const SIX = { kind: 'sample', name: 'six' } as const;

/** `answers` come before the made-up ones; `bridge` may be one that others used before. */
export function madeUpApp(answers: Answers = {}, bridge: FakeBridge = createFakeBridge(answers)) {
  const store = createAppStore();
  const actions = createActions(store, {
    bridge,
    pickFiles: async () => [],
    drawGraph: async () => ({ fileName: 'six.svg', mime: 'image/svg+xml', text: '<svg/>' }),
  });
  return {
    store,
    bridge,
    actions,
    /** the requests of one name, in their order */
    asked: (name: RequestName) => bridge.asked.filter(request => request.name === name),
    /** the model in view; throws where none is */
    shown: (): OpenModel => {
      const model = activeModel(store.getState());
      if (!model) throw new Error('no model is open');
      return model;
    },
  };
}

/** Lets the requests that an action has started, but does not wait for, settle. */
export const settled = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));
