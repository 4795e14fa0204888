// Models that are open, opened otherwise: bound to other dimensions, after the connection was lost, closed.
// Invariant: a failure never takes away what was open.

import type { Replies } from '../../../engine/protocol.ts';
import { counted } from '../../../engine/report/counted.ts';
import type { Bridge } from '../../bridge/bridge.ts';
import { activeModel, type OpenModel } from '../app-state.ts';
import { modelName } from '../derived/model-name.ts';
import { type SettingsStep, withClosed, withReplaced, withReturned } from '../models.ts';
import { type AppStore, errorOf, notify, notifyFailure, runJob } from '../store.ts';
import { holdUploads, nameOf } from './sources.ts';

type Dims = Readonly<Record<string, number>>;

/** How binding ended: why the sizes are refused, or the name that the model has now; neither where it was cancelled. */
export interface Bound {
  readonly refused?: string;
  readonly model?: string;
}

const BINDING = 'Binding dimensions';

/** What happens to models that are open; `plan` is called once another one is there or shown. */
export function createReopening(store: AppStore, bridge: Bridge, plan: () => void) {
  const parts: Parts = { store, bridge, plan };
  return {
    /** Opens the model shown again with its dimensions bound. Resolves with why the sizes are refused, if they are. */
    async bind(dims: Dims): Promise<string | undefined> {
      const model = activeModel(store.getState());
      return model && (await bindIn(parts, model, dims)).refused;
    },
    /**
     * The same for any open model; the sizes given last win. Resolves with the name it has then, too. Binding is a
     * setting that can be undone; `step`: it is one that is undone or done again.
     */
    bindIn: (model: OpenModel, dims: Dims, step?: SettingsStep): Promise<Bound> =>
      bindIn(parts, model, dims, step),
    /** Opens all models again after the connection was lost: the shell has closed them. */
    reopenAll: (): Promise<void> => reopenAll(parts),
    /** Closes a model; where that loses what was measured, it can be undone. */
    close: (id: string): Promise<void> => close(parts, id),
  };
}

interface Parts {
  readonly store: AppStore;
  readonly bridge: Bridge;
  readonly plan: () => void;
}

async function bindIn(parts: Parts, model: OpenModel, dims: Dims, step?: SettingsStep): Promise<Bound> {
  const { store, bridge, plan } = parts;
  cancelWork(store, model.id, BINDING);
  const bound = await runJob(
    store,
    BINDING,
    async control => {
      const { source } = model;
      const opened = await bridge.request('open', { source, dims: { ...dims } }, control).catch(refusalOf);
      if (typeof opened === 'string') return { refused: opened };
      await replace(parts, model.id, opened, dims, step);
      if (!isOpen(store, opened.model)) return {};
      cancelWork(store, model.id);
      plan();
      await bridge.request('close', { model: model.id });
      return { model: opened.model };
    },
    model.id,
  );
  return bound ?? {};
}

async function reopenAll(parts: Parts): Promise<void> {
  const { store, bridge, plan } = parts;
  const { models } = store.getState();
  await holdUploads(
    bridge,
    models.map(({ source }) => source),
  );
  for (const { id, source, options } of models) {
    // Lost once more: whoever hears that it is back begins anew.
    if (!store.getState().connected) return;
    if (!isOpen(store, id)) continue;
    const { dims } = options.present;
    await runJob(
      store,
      `Opening ${nameOf(source)} again`,
      async control => replace(parts, id, await bridge.request('open', { source, dims }, control), dims),
      id,
    );
  }
  plan();
}

async function close(parts: Parts, id: string): Promise<void> {
  const { store, bridge, plan } = parts;
  cancelWork(store, id);
  const { models } = store.getState();
  const closed = models.find(model => model.id === id);
  store.setState(state => ({ ...withClosed(state, id), notices: [] }), true);
  // Opened again, a model is as it was; what was measured would be lost.
  if (closed && closed.runs.length > 0)
    notify(store, {
      severity: 'info',
      title: `${modelName(closed, models)} was closed`,
      message: `With ${counted(closed.runs.length, 'run')} of it.`,
      undo: () => void openAgain(parts, closed, models.indexOf(closed)),
    });
  plan();
  await bridge.request('close', { model: id }).catch(failure => {
    notifyFailure(store, 'Closing the model failed', errorOf(failure));
  });
}

/** A model that was closed, with all that belongs to it, in the place it had. */
async function openAgain(parts: Parts, closed: OpenModel, position: number): Promise<void> {
  const { store, bridge, plan } = parts;
  const { source, options } = closed;
  const { dims } = options.present;
  await runJob(store, `Opening ${nameOf(source)} again`, async control => {
    const { model, summary } = await bridge.request('open', { source, dims }, control);
    store.setState(state =>
      withReplaced(withReturned(state, closed, position), closed.id, { id: model, summary, dims }),
    );
    plan();
  });
}

const isOpen = (store: AppStore, id: string): boolean =>
  store.getState().models.some(model => model.id === id);

/** Ends all that is asked about a model, or the work of that title. */
function cancelWork(store: AppStore, id: string, title?: string): void {
  for (const job of store.getState().jobs)
    if (job.model === id && job.title === (title ?? job.title)) job.cancel();
}

/** Puts what was opened in the place of a model, unless that was closed or opened otherwise meanwhile. */
async function replace(
  { store, bridge }: Parts,
  id: string,
  { model, summary }: Replies['open'],
  dims: Dims,
  step?: SettingsStep,
): Promise<void> {
  if (isOpen(store, id)) {
    store.setState(state => withReplaced(state, id, { id: model, summary, dims, ...(step && { step }) }));
  } else await bridge.request('close', { model });
}

/** What is said beside the form; that it was cancelled is said elsewhere. */
function refusalOf(failure: unknown): string {
  const { id, message, where } = errorOf(failure);
  if (id === 'cancelled') throw failure;
  return where === undefined ? message : `${where}: ${message}`;
}
