// Settings of the model shown, and their history: every change of them is planned, and can be undone.

import type { CompileOptions } from '../../engine/options.ts';
import { activeModel, type KeptRun, type OpenModel, optionsOf } from './app-state.ts';
import { record, redo, undo } from './history.ts';
import type { createReopening } from './requests/reopening.ts';
import { optionsKey } from './settings.ts';
import { type AppStore, notify } from './store.ts';

interface Ports {
  readonly store: AppStore;
  /** puts another state of the model shown in its place */
  readonly change: (update: (model: OpenModel) => OpenModel) => void;
  /** plans the model shown with its settings */
  readonly plan: () => void;
  readonly bindIn: ReturnType<typeof createReopening>['bindIn'];
}

/** The actions on the settings of the model shown. */
export function createSettingOptions(ports: Ports) {
  const { store, change, plan } = ports;
  const shown = (): OpenModel | undefined => activeModel(store.getState());
  const setOptions = (next: (model: OpenModel) => OpenModel): void => {
    change(next);
    plan();
  };
  /** Other settings of the history; other dimensions must be bound again for them. */
  const goTo = async (step: typeof undo<CompileOptions>): Promise<void> => {
    const model = shown();
    if (!model) return;
    const [from, to] = [model.options, step(model.options)];
    const { dims } = to.present;
    if (optionsKey({ ...from.present, dims }) === optionsKey(from.present)) {
      setOptions(now => ({ ...now, options: to }));
      return;
    }
    const { refused } = await ports.bindIn(model, dims, { from, to });
    if (refused !== undefined)
      notify(store, { severity: 'error', title: 'These sizes cannot be bound again', message: refused });
  };
  return {
    /** Changes toggles; can be undone. */
    set(patch: Partial<CompileOptions>): void {
      setOptions(model => ({ ...model, options: record(model.options, { ...optionsOf(model), ...patch }) }));
    },
    undo: (): Promise<void> => goTo(undo),
    redo: (): Promise<void> => goTo(redo),
    toggleGroup(id: string): void {
      const model = shown();
      if (!model) return;
      const { disabledGroups } = optionsOf(model);
      const without = disabledGroups.filter(other => other !== id);
      this.set({
        disabledGroups: without.length < disabledGroups.length ? without : [...disabledGroups, id],
      });
    },
    /** Goes back to the settings of a run: its plan and times are shown again. */
    showRun(run: KeptRun): void {
      const model = shown();
      if (!model) return;
      const { options } = run.report;
      if (optionsKey({ ...optionsOf(model), dims: options.dims }) !== optionsKey(optionsOf(model))) {
        const message = 'It was measured with other dimensions. Bind them again to see its plan.';
        notify(store, { severity: 'info', title: `Run ${run.number}`, message });
        return;
      }
      change(now => ({ ...now, shownRun: run.number }));
      if (run.key !== optionsKey(optionsOf(model))) this.set(options);
    },
  };
}
