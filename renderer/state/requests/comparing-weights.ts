// Whether weights of two open models hold the same values: asked of the engine once somebody looks at both.

import type { Bridge } from '../../bridge/bridge.ts';
import type { OpenModel } from '../app-state.ts';
import { comparableWeights } from '../derived/versions.ts';
import { type AppStore, runJob, updateModel } from '../store.ts';

/** The action that asks whether weights of two models are equal. */
export const createComparingWeights = (store: AppStore, bridge: Bridge) => ({
  /** What comes of it is kept with the newer model: also that nothing did, which is not asked again by itself. */
  async compareWeights(before: OpenModel, after: OpenModel): Promise<void> {
    const keep = (weights: NonNullable<OpenModel['weights']>): void =>
      updateModel(store, after.id, model => ({ ...model, weights }));
    const weights = comparableWeights(before, after);
    const body = {
      model: after.id,
      before: before.id,
      pairs: weights.map(({ a, b }): [number, number] => [a, b]),
    };
    keep({ before: before.id, state: 'comparing' });
    const found =
      weights.length === 0
        ? { changed: [], skipped: [] }
        : await runJob(
            store,
            'Comparing weights',
            control => bridge.request('weights', body, control),
            after.id,
          );
    keep({ before: before.id, state: found ? 'compared' : 'failed', ...(found && { found }) });
  },
});
