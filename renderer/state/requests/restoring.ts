// What was open before a page was loaded again, opened anew: models in their order, their runs, what was looked at.

import { counted } from '../../../engine/report/counted.ts';
import type { Bridge } from '../../bridge/bridge.ts';
import { modelName } from '../derived/model-name.ts';
import { withRunsBefore } from '../models.ts';
import type { OpenBefore, SessionBefore } from '../session.ts';
import { type AppStore, notify, runJob, updateModel } from '../store.ts';
import type { Opener } from './open-model.ts';
import { holdUploads } from './sources.ts';

/** Opens the models of `before` one after the other, so that they stand in their order; tells what is lost. */
export async function restoreSession(
  store: AppStore,
  bridge: Bridge,
  opener: Opener,
  { models, active, view, looks }: SessionBefore,
): Promise<void> {
  store.setState({ view, ...looks });
  await holdUploads(
    bridge,
    models.map(({ source }) => source),
  );
  const opened: (string | undefined)[] = [];
  for (const before of models) {
    const id = await opener.open(before.source, { before });
    opened.push(id);
    if (id === undefined) continue;
    await findRuns(store, bridge, id, before);
    tellLost(store, id, before);
  }
  models.forEach(({ against }, index) => {
    const [id, other] = [opened[index], opened[against ?? -1]];
    if (id !== undefined && other !== undefined)
      updateModel(store, id, model => ({ ...model, against: other }));
  });
  const shown = opened[active];
  if (shown !== undefined) store.setState({ active: shown });
}

/** The runs that an opened model had, as far as the shell still keeps them. */
async function findRuns(store: AppStore, bridge: Bridge, id: string, before: OpenBefore): Promise<void> {
  const ids = before.runs.map(run => run.id);
  if (ids.length === 0) return;
  await runJob(store, 'Finding the runs of before', async control => {
    const { runs } = await bridge.request('runs', { ids }, control);
    updateModel(store, id, model => withRunsBefore(model, before, runs));
  });
}

/** Says what of a model that is open again could not be brought back. */
function tellLost(store: AppStore, id: string, before: OpenBefore): void {
  const model = store.getState().models.find(other => other.id === id);
  if (!model) return;
  const missing = before.runs.length - model.runs.length;
  const lost = [
    ...(model.summary.sha256 === before.sha256 ? [] : ['The file was changed since.']),
    ...(missing > 0
      ? [
          `${missing} of ${counted(before.runs.length, 'run')} ${missing === 1 ? 'is' : 'are'} no longer kept.`,
        ]
      : []),
    ...(before.lost.length > 0
      ? [`Give the data of ${before.lost.join(', ')} again; until then it is random.`]
      : []),
  ];
  if (lost.length > 0)
    notify(store, {
      severity: 'info',
      title: `${modelName(model, store.getState().models)} is open again`,
      message: lost.join(' '),
    });
}
