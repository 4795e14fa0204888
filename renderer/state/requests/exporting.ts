// What is saved as files: values of a tensor, the drawn graph, plans and runs in the formats of others.

import type { RequestInput } from '../../../engine/protocol.ts';
import { activeModel, comparedRuns, type KeptRun, type OpenModel, optionsOf, runOf } from '../app-state.ts';
import { fileNameAmong } from '../derived/model-name.ts';
import type { ActionPorts } from '../ports.ts';
import { type AppStore, runJob } from '../store.ts';
import { askAgain } from './ask-again.ts';

/** The actions that save files of the model shown. */
export function createExporting(store: AppStore, { bridge, drawGraph }: ActionPorts) {
  return {
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
          const kept = what === 'trace' ? tracedRuns(model) : keptRuns(model);
          const runs = kept.map(({ report }) => report.id);
          const numbers = kept.map(({ number }) => number);
          const compared = comparedRuns(model).flatMap(run => run?.report.id ?? []);
          const body = { model: model.id, what, options: optionsOf(model), runs, numbers, compared };
          const file = await askAgain(store, () => bridge.request('export', body, control));
          const fileName = fileNameAmong(file.fileName, model, store.getState().models);
          await bridge.save({ ...file, fileName });
        },
        model.id,
      );
    },
  };
}

/** All runs of the model as it is now, the one gone back to last: some files are about one of them. */
function keptRuns(model: OpenModel): readonly KeptRun[] {
  const own = model.runs.filter(({ report }) => report.model.sha256 === model.summary.sha256);
  const shown = runOf(model);
  return [...own.filter(run => run !== shown), ...own.filter(run => run === shown)];
}

/** The runs of a trace: the two compared, else the newest. */
function tracedRuns(model: OpenModel): readonly KeptRun[] {
  const { a, b } = model.compared;
  const compared = model.runs.filter(run => run.number === a || run.number === b);
  return compared.length > 0 ? compared : model.runs.slice(-1);
}
