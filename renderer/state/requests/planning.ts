// Keeps the plan of the model shown up with its settings.

import type { ProtocolError } from '../../../engine/protocol.ts';
import type { CompileReport } from '../../../engine/report/types/compile.ts';
import type { Bridge } from '../../bridge/bridge.ts';
import { activeModel, type OpenModel, optionsOf, reportOf, unboundDimensions } from '../app-state.ts';
import { sharingBounds } from '../derived/proofs.ts';
import { optionsKey } from '../settings.ts';
import { type AppStore, errorOf, jobAfter, updateModel } from '../store.ts';
import { askAgain } from './ask-again.ts';

/** The model with one more report, under the key of its settings; bounds are shared with its other plans. */
export const withPlan = (model: OpenModel, key: string, report: CompileReport): OpenModel => ({
  ...model,
  reports: sharingBounds(new Map(model.reports).set(key, report)),
});

/** What takes longer is shown with its progress. */
const SOON_MS = 200;

/**
 * Compiles and plans the model shown for its settings, unless that is done or cannot be. The newest settings win.
 * Without a connection nothing is asked: once it is back, models are opened again, and planned then.
 */
export function createPlanner(store: AppStore, bridge: Bridge): () => void {
  let running: { readonly model: string; readonly key: string; readonly abort: AbortController } | undefined;
  return () => {
    const model = activeModel(store.getState());
    if (!model || !store.getState().connected) {
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
    const settle = (change: (now: OpenModel) => OpenModel): void => updateModel(store, model.id, change);
    const failed = (error: ProtocolError): void =>
      settle(now => ({ ...now, failures: new Map(now.failures).set(key, error) }));
    const stopped = (id: ProtocolError['id'], how: string): void =>
      failed({ id, message: `${how} Run, or change a setting, to plan again.` });
    const job = jobAfter(store, SOON_MS, { model: model.id, title: 'Planning', cancel: () => cancel() });
    const cancel = (): void => {
      // Cancelled by the user, not because other settings were chosen: said, so that nothing waits for it.
      stopped('cancelled', 'Planning was cancelled.');
      abort.abort();
    };
    const ask = () =>
      bridge.request(
        'compile',
        { model: model.id, options },
        { signal: abort.signal, onProgress: job.progress },
      );
    askAgain(store, ask)
      .then(
        report => settle(now => withPlan(now, key, report)),
        failure => {
          const error = errorOf(failure);
          if (error.id === 'engine-lost')
            stopped(error.id, `Planning ended with its engine: ${error.message}.`);
          else if (error.id !== 'cancelled') failed(error);
        },
      )
      .finally(() => {
        job.end();
        if (running === mine) running = undefined;
      });
  };
}
