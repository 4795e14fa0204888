// Questions about memory: what would save more, does it fit into so much, and which tensor goes into which memory.

import type { PoolSpec, WhatIfReport } from '../../../engine/report/what-if/types.ts';
import type { Bridge } from '../../bridge/bridge.ts';
import { activeModel, optionsOf, runOf } from '../app-state.ts';
import { sharingBounds } from '../derived/proofs.ts';
import { type AppStore, runJob, updateModel } from '../store.ts';

export interface MemoryQuestion {
  readonly budgetBytes?: number;
  readonly pools?: readonly PoolSpec[];
  /** ends about then with what was found by then */
  readonly limitMs?: number;
}

/** The actions that ask about the memory of the model shown; answers are returned, not kept. */
export const createAsking = (store: AppStore, bridge: Bridge) => ({
  /** Undefined where it failed or was cancelled; then a notice says why. */
  async askWhatIf({ budgetBytes, pools = [], limitMs }: MemoryQuestion): Promise<WhatIfReport | undefined> {
    const model = activeModel(store.getState());
    if (!model) return undefined;
    const run = runOf(model)?.report.id;
    const body = {
      model: model.id,
      options: optionsOf(model),
      pools: [...pools],
      ...(budgetBytes !== undefined && { budgetBytes }),
      ...(run !== undefined && { run }),
      ...(limitMs !== undefined && { limitMs }),
    };
    return runJob(
      store,
      'Looking for savings',
      async control => {
        const answer = await bridge.request('whatIf', body, control);
        updateModel(store, model.id, now => ({
          ...now,
          reports: sharingBounds(now.reports, answer.executed),
        }));
        return answer;
      },
      model.id,
    );
  },
});
