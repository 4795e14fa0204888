// Runs of the model shown: one, two in turns, a probe for values, and plans with other settings.

import type { CompileOptions } from '../../../engine/options.ts';
import type { Bridge } from '../../bridge/bridge.ts';
import { activeModel, describeInputs, type InputData, optionsOf } from '../app-state.ts';
import { modelName } from '../derived/model-name.ts';
import { withRuns } from '../models.ts';
import { optionsKey, STRATEGY_NAMES } from '../settings.ts';
import { type AppStore, runJob, updateModel } from '../store.ts';
import { withPlan } from './planning.ts';

/** The actions that run and plan the model shown; `plan` is called once runs are kept. */
export function createMeasuring(store: AppStore, bridge: Bridge, plan: () => void) {
  const parts: Parts = { store, bridge, plan };
  return {
    /** Runs the model shown with its settings, and keeps the run. */
    async run(): Promise<void> {
      const model = activeModel(store.getState());
      if (!model) return;
      const title = `Running ${modelName(model, store.getState().models)}`;
      await measure(parts, title, { options: optionsOf(model), groupErrors: false });
    },
    /** Measures two settings in turns, A B A B, and keeps and compares both; if asked, errors of their groups too. */
    measureBoth: (a: CompileOptions, b: CompileOptions, groupErrors = false): Promise<void> =>
      measure(parts, 'Measuring both together', { options: a, against: b, groupErrors }),
    /** Plans the model shown with other settings, without choosing them: to be seen beside those
     * chosen. False where that failed or was cancelled. */
    planAlso: (options: CompileOptions): Promise<boolean> => planAlso(parts, options),
    /** Runs once with a tensor captured, so that its values can be looked at. No measurement: the run is not kept. */
    probe: (tensor: number): Promise<void> => probe(parts, tensor),
  };
}

interface Parts {
  readonly store: AppStore;
  readonly bridge: Bridge;
  readonly plan: () => void;
}

/** What is measured: one setting, or two in turns. */
interface Measured {
  readonly options: CompileOptions;
  readonly against?: CompileOptions;
  readonly groupErrors: boolean;
}

async function measure({ store, bridge, plan }: Parts, title: string, measured: Measured): Promise<void> {
  const { iterations } = store.getState();
  const model = activeModel(store.getState());
  if (!model) return;
  const { options, against } = measured;
  await runJob(
    store,
    title,
    async control => {
      const body = { model: model.id, iterations, ...measured, ...inputsOf(model.inputs) };
      const { runs } = await bridge.request('run', body, control);
      const keys = [optionsKey(options), ...(against ? [optionsKey(against)] : [])];
      const kept = runs.map((report, index) => ({
        report,
        key: keys[index] ?? optionsKey(report.options),
        inputs: describeInputs(model.inputs),
      }));
      updateModel(store, model.id, now => withRuns(now, kept));
      plan();
    },
    model.id,
  );
}

async function planAlso({ store, bridge }: Parts, options: CompileOptions): Promise<boolean> {
  const model = activeModel(store.getState());
  const key = optionsKey(options);
  if (!model || model.reports.has(key)) return true;
  const planned = await runJob(
    store,
    `Planning: ${STRATEGY_NAMES[options.planner].toLowerCase()}`,
    async control => {
      const report = await bridge.request('compile', { model: model.id, options }, control);
      updateModel(store, model.id, now => withPlan(now, key, report));
      return true;
    },
    model.id,
  );
  return planned ?? false;
}

async function probe({ store, bridge }: Parts, tensor: number): Promise<void> {
  const model = activeModel(store.getState());
  const name = model?.index.tensors.get(tensor)?.name;
  if (!model || name === undefined) return;
  await runJob(
    store,
    `Probe run for ${name}`,
    async control => {
      const options = { ...optionsOf(model), capture: [name] };
      const data = inputsOf(model.inputs);
      const body = { model: model.id, options, iterations: 1, check: 'none' as const, ...data };
      await bridge.request('run', body, control);
      updateModel(store, model.id, now => ({ ...now, probed: { tensor, inputs: model.inputs } }));
    },
    model.id,
  );
}

/** Inputs as a run asks for them. */
const inputsOf = ({ given, seed }: InputData) => ({
  seed,
  inputs: [...given].map(([name, { source }]) => ({ name, source })),
});
