// Keeps the plan of the model shown up with its settings.

import type { Bridge } from '../bridge/bridge.ts';
import { activeModel, optionsOf, reportOf, unboundDimensions } from './app-state.ts';
import { optionsKey } from './settings.ts';
import { type AppStore, errorOf, updateModel } from './store.ts';

/** Compiles and plans the model shown for its settings, unless that is done or cannot be. The newest settings win. */
export function createPlanner(store: AppStore, bridge: Bridge): () => void {
  let running: { readonly model: string; readonly key: string; readonly abort: AbortController } | undefined;
  return () => {
    const model = activeModel(store.getState());
    if (!model) {
      running?.abort.abort();
      running = undefined;
      return;
    }
    const options = optionsOf(model);
    const key = optionsKey(options);
    if (running?.model === model.id && running.key === key) return;
    running?.abort.abort();
    running = undefined;
    if (reportOf(model) || !model.summary.plannable || unboundDimensions(model).length > 0) return;
    const abort = new AbortController();
    const mine = { model: model.id, key, abort };
    running = mine;
    bridge
      .request('compile', { model: model.id, options }, { signal: abort.signal })
      .then(
        report =>
          updateModel(store, model.id, now => ({ ...now, reports: new Map(now.reports).set(key, report) })),
        failure => {
          const error = errorOf(failure);
          if (error.id === 'cancelled') return;
          updateModel(store, model.id, now => ({ ...now, failures: new Map(now.failures).set(key, error) }));
        },
      )
      .finally(() => {
        if (running === mine) running = undefined;
      });
  };
}
