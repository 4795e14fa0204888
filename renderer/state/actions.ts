// What the user can do, as functions of the store and the bridge. Commands, views and tests call these.

import { activeModel, type KeptRun, type OpenModel } from './app-state.ts';
import { createLooks } from './looks.ts';
import { withoutRun, withRunAgain } from './models.ts';
import type { ActionPorts } from './ports.ts';
import { createComparingWeights } from './requests/comparing-weights.ts';
import { createExporting } from './requests/exporting.ts';
import { createGiving } from './requests/input-data.ts';
import { createMeasuring } from './requests/measuring.ts';
import { createAsking } from './requests/memory-questions.ts';
import { createOpening } from './requests/opening.ts';
import { createPlanner } from './requests/planning.ts';
import { createReopening } from './requests/reopening.ts';
import { createSelecting } from './selecting.ts';
import { createSettingOptions } from './setting-options.ts';
import { type AppStore, notify, updateModel } from './store.ts';

export type Actions = ReturnType<typeof createActions>;

/** All actions of the app on one store; `ports` are the way to an engine and what only a page can do. */
export function createActions(store: AppStore, ports: ActionPorts) {
  const { bridge } = ports;
  const shown = (): OpenModel | undefined => activeModel(store.getState());
  const change = (update: (model: OpenModel) => OpenModel): void => {
    const model = shown();
    if (model) updateModel(store, model.id, update);
  };
  const plan = createPlanner(store, bridge);
  const reopening = createReopening(store, bridge, plan);
  return {
    ...createOpening(store, ports, plan),
    ...reopening,
    ...createSettingOptions({ store, change, plan, bindIn: reopening.bindIn }),
    ...createMeasuring(store, bridge, plan),
    ...createExporting(store, ports),
    ...createAsking(store, bridge),
    ...createComparingWeights(store, bridge),
    ...createGiving(store, bridge, reopening.bindIn),
    ...createSelecting(change),
    ...createLooks(store),

    /** Takes a run away; can be undone. */
    forgetRun(run: KeptRun): void {
      const model = shown();
      if (!model) return;
      change(now => withoutRun(now, run.number));
      notify(store, {
        severity: 'info',
        title: `Run ${run.number} was removed`,
        message: 'With all that was measured in it.',
        undo: () => updateModel(store, model.id, now => withRunAgain(now, run, model.compared)),
      });
    },
    compareRuns(compared: OpenModel['compared']): void {
      change(model => ({ ...model, compared: { ...model.compared, ...compared } }));
    },
    showModel: (id: string): void => {
      store.setState(({ notices }) => ({ active: id, notices: notices.filter(({ undo }) => undo) }));
      plan();
    },
  };
}
