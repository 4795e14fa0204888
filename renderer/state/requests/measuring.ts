// Runs, comparisons and exports: what asks the engine to do something with the model shown.

import type { CompileOptions } from '../../../engine/options.ts';
import type { RequestInput } from '../../../engine/protocol.ts';
import {
  activeModel,
  describeInputs,
  type InputData,
  type OpenModel,
  optionsOf,
  runOf,
} from '../app-state.ts';
import { modelName } from '../derived/model-name.ts';
import { withRuns } from '../models.ts';
import type { ActionPorts } from '../ports.ts';
import { optionsKey, STRATEGY_NAMES } from '../settings.ts';
import { type AppStore, runJob, updateModel } from '../store.ts';
import { askAgain } from './ask-again.ts';
import { withPlan } from './planning.ts';

export function createMeasuring(store: AppStore, { bridge, drawGraph }: ActionPorts, plan: () => void) {
  const measure = async (
    title: string,
    options: CompileOptions,
    against?: CompileOptions,
    groupErrors = false,
  ): Promise<void> => {
    const { iterations } = store.getState();
    const model = activeModel(store.getState());
    if (!model) return;
    await runJob(
      store,
      title,
      async control => {
        const data = inputsOf(model.inputs);
        const body = {
          model: model.id,
          options,
          iterations,
          groupErrors,
          ...data,
          ...(against && { against }),
        };
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
  };

  return {
    /** Runs the model shown with its settings, and keeps the run. */
    async run(): Promise<void> {
      const model = activeModel(store.getState());
      if (model) await measure(`Running ${modelName(model, store.getState().models)}`, optionsOf(model));
    },
    /** Measures two settings in turns, A B A B, and keeps and compares both; if asked, errors of their groups too. */
    async measureBoth(a: CompileOptions, b: CompileOptions, groupErrors = false): Promise<void> {
      await measure('Measuring both together', a, b, groupErrors);
    },
    /** Plans the model shown with other settings, without choosing them: to be seen beside those
     * chosen. False where that failed or was cancelled. */
    async planAlso(options: CompileOptions): Promise<boolean> {
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
    },
    /** Runs once with a tensor captured, so that its values can be looked at. No measurement: the run is not kept. */
    async probe(tensor: number): Promise<void> {
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
    },
    /** Saves a weight, or what the last probe run captured, as a .npy file. */
    async saveTensor(tensor: number): Promise<void> {
      const model = activeModel(store.getState());
      if (!model) return;
      await runJob(
        store,
        'Saving values',
        async control => bridge.save(await bridge.request('npy', { model: model.id, tensor }, control)),
        model.id,
      );
    },
    async exportGraph(format: 'svg' | 'png'): Promise<void> {
      await runJob(store, 'Drawing the graph', async () =>
        bridge.save(await drawGraph(store.getState(), format)),
      );
    },
    async exportAs(what: RequestInput<'export'>['what']): Promise<void> {
      const model = activeModel(store.getState());
      if (!model) return;
      await runJob(
        store,
        'Export',
        async control => {
          const runs = what === 'trace' ? tracedRuns(model) : keptRuns(model);
          const body = { model: model.id, what, options: optionsOf(model), runs };
          const file = await askAgain(store, () => bridge.request('export', body, control));
          await bridge.save(file);
        },
        model.id,
      );
    },
  };
}

/** Inputs as a run asks for them. */
const inputsOf = ({ given, seed }: InputData) => ({
  seed,
  inputs: [...given].map(([name, { source }]) => ({ name, source })),
});

/** All runs of the model as it is now, the one gone back to last: some files are about one of them. */
function keptRuns(model: OpenModel): string[] {
  const own = model.runs.filter(({ report }) => report.model.sha256 === model.summary.sha256);
  const shown = runOf(model);
  const ordered = [...own.filter(run => run !== shown), ...own.filter(run => run === shown)];
  return ordered.map(({ report }) => report.id);
}

/** The runs of a trace: the two compared, else the newest. */
function tracedRuns(model: OpenModel): string[] {
  const { a, b } = model.compared;
  const compared = model.runs.filter(run => run.number === a || run.number === b);
  return (compared.length > 0 ? compared : model.runs.slice(-1)).map(run => run.report.id);
}
