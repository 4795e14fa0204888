// Opening, binding, reopening and closing models.
// Invariant: a failure never takes away what was open.

import type { ModelSource, Replies } from '../../../engine/protocol.ts';
import { counted } from '../../../engine/report/counted.ts';
import type { Bridge, PickedFile, SavedFile } from '../../bridge/bridge.ts';
import { findModels } from '../../bridge/picked-files.ts';
import { type AppState, activeModel, type OpenModel } from '../app-state.ts';
import { localPlace } from '../derived/graph-index.ts';
import { modelName } from '../derived/model-name.ts';
import {
  type SettingsStep,
  withClosed,
  withOpened,
  withReplaced,
  withReturned,
  withRunsBefore,
} from '../models.ts';
import { modelBefore, type OpenBefore, type SessionBefore } from '../session.ts';
import { type AppStore, errorOf, notify, notifyFailure, runJob, updateModel } from '../store.ts';

/** What actions need besides the store. */
export interface ActionPorts {
  readonly bridge: Bridge;
  /** asks the user for files; none when the dialog was closed */
  readonly pickFiles: (kind: 'files' | 'folder') => Promise<readonly PickedFile[]>;
  /** draws the whole graph that is shown, as a file */
  readonly drawGraph: (state: AppState, format: 'svg' | 'png') => Promise<SavedFile>;
}

export function createOpening(store: AppStore, ports: ActionPorts, plan: () => void) {
  const { bridge } = ports;
  // Models that are opened side by side may arrive in another order: the one asked for last is shown.
  let asked = 0;
  let shown = 0;
  const show = (opened: Parameters<typeof withOpened>[1], ask: number): void => {
    const { active } = store.getState();
    store.setState(state => withOpened(state, opened));
    if (ask < shown && active !== undefined) store.setState({ active });
    shown = Math.max(shown, ask);
    plan();
  };
  /** Resolves with the name of the model, if there is one now. */
  const open = async (
    source: ModelSource,
    ask = ++asked,
    before?: OpenBefore,
    told = store.getState().notices,
  ): Promise<string | undefined> => {
    const opened = await runJob(store, `Opening ${nameOf(source)}`, async control => {
      const body = { source, ...(before && { dims: before.options.present.dims }) };
      const { model, summary } = await bridge.request('open', body, control);
      const [problem] = summary.diagnostics.filter(({ severity }) => severity === 'error');
      if (problem && summary.graph.nodes.length === 0) {
        // Nothing to look at: the problem is told, and what was open stays in view.
        const where = localPlace(problem.where, summary.path);
        notify(store, {
          severity: 'error',
          title: `${nameOf(source)} cannot be opened`,
          where,
          message: problem.message,
        });
        await bridge.request('close', { model });
        return undefined;
      }
      const known = before && { before: modelBefore(before, summary.sha256) };
      show({ id: model, source, summary, ...known }, ask);
      // What went wrong before is of another model.
      if (!before) {
        const { notices } = store.getState();
        store.setState({ notices: notices.filter(notice => !told.includes(notice)) });
      }
      return model;
    });
    refreshRecent();
    return opened;
  };
  const refreshRecent = (): void => {
    bridge.request('recent', {}).then(
      recent => store.setState({ recent }),
      failure => notifyFailure(store, 'Recent files', errorOf(failure)),
    );
  };
  const openFiles = async (files: readonly PickedFile[]): Promise<void> => {
    if (files.length === 0) return;
    const { models, leftOut } = findModels(files);
    if (models.length === 0) {
      const where = files.length === 1 ? (files[0]?.path ?? '') : counted(files.length, 'file');
      const message = 'expected a model (.onnx), with its external data beside it; found none';
      notify(store, { severity: 'error', title: 'Nothing to open', where, message });
      return;
    }
    const told = store.getState().notices;
    for (const entry of models) {
      const ask = ++asked;
      // What lies beside several models may be any one's external data.
      const own = files.filter(file => file === entry || !models.includes(file));
      const source = await runJob(store, `Reading ${entry.path}`, control =>
        bridge.sourceOf(own, entry, control),
      );
      if (source) await open(source, ask, undefined, told);
    }
    if (leftOut.length > 0) tellLeftOut(store, models, leftOut);
  };

  /** The runs that an opened model had, as far as the shell still keeps them. */
  const findRuns = async (id: string, before: OpenBefore): Promise<void> => {
    const ids = before.runs.map(run => run.id);
    if (ids.length === 0) return;
    await runJob(store, 'Finding the runs of before', async control => {
      const { runs } = await bridge.request('runs', { ids }, control);
      updateModel(store, id, model => withRunsBefore(model, before, runs));
    });
  };

  /** One after the other, so that they stand in their order. */
  const reopen = async ({ models, active, view, looks }: SessionBefore): Promise<void> => {
    store.setState({ view, ...looks });
    await holdUploads(
      bridge,
      models.map(({ source }) => source),
    );
    const opened: (string | undefined)[] = [];
    for (const before of models) {
      const id = await open(before.source, ++asked, before);
      opened.push(id);
      if (id === undefined) continue;
      await findRuns(id, before);
      tellLost(store, id, before);
    }
    models.forEach(({ against }, index) => {
      const [id, other] = [opened[index], opened[against ?? -1]];
      if (id !== undefined && other !== undefined)
        updateModel(store, id, model => ({ ...model, against: other }));
    });
    const shown = opened[active];
    if (shown !== undefined) store.setState({ active: shown });
    plan();
  };

  return {
    async open(source: ModelSource): Promise<void> {
      await open(source);
    },
    openFiles,
    refreshRecent,
    pickAndOpen: async (kind: 'files' | 'folder'): Promise<void> => openFiles(await ports.pickFiles(kind)),
    /** What the shell asks for: shown if it is open already. */
    async openFromShell(source: ModelSource): Promise<void> {
      const known = store.getState().models.find(model => sameSource(model.source, source));
      if (!known) await open(source);
      else {
        store.setState({ active: known.id });
        plan();
      }
    },
    /** Learns what this machine can do and opens what was open before, or what the shell was started with. */
    async start(before?: SessionBefore): Promise<void> {
      await runJob(store, 'Starting the engine', async () => {
        const [machine, samples] = await Promise.all([
          bridge.request('machine', {}),
          bridge.request('samples', {}),
        ]);
        store.setState({ machine, samples });
      });
      refreshRecent();
      const initial = store.getState().machine?.initial;
      if (before) await reopen(before);
      else if (initial && store.getState().models.length === 0) await open(initial);
    },
  };
}

function tellLeftOut(store: AppStore, models: readonly PickedFile[], leftOut: readonly PickedFile[]): void {
  notify(store, {
    severity: 'info',
    title: `${counted(leftOut.length, 'model')} left out`,
    where: leftOut.map(({ path }) => path).join(', '),
    message: `Of a folder one model is opened, here ${models.map(({ path }) => path).join(', ')}. Open others as files.`,
  });
}

/** Opened one after the other, the last may wait for longer than uploads outlive their page. */
async function holdUploads(bridge: Bridge, sources: readonly ModelSource[]): Promise<void> {
  const uploads = sources.flatMap(source => (source.kind === 'upload' ? [source.upload] : []));
  if (uploads.length > 0) await bridge.request('hold', { uploads: [...new Set(uploads)] });
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

type Dims = Readonly<Record<string, number>>;

/** How binding ended: why the sizes are refused, or the name that the model has now; neither where it was cancelled. */
export interface Bound {
  readonly refused?: string;
  readonly model?: string;
}

const BINDING = 'Binding dimensions';

/** What happens to models that are open. */
export function createReopening(store: AppStore, bridge: Bridge, plan: () => void) {
  const isOpen = (id: string): boolean => store.getState().models.some(model => model.id === id);
  const cancelWork = (id: string, title?: string): void => {
    for (const job of store.getState().jobs)
      if (job.model === id && job.title === (title ?? job.title)) job.cancel();
  };
  /** Puts what was opened in the place of a model, unless that was closed or opened otherwise meanwhile. */
  const replace = async (
    id: string,
    { model, summary }: Replies['open'],
    dims: Dims,
    step?: SettingsStep,
  ): Promise<void> => {
    if (isOpen(id)) {
      store.setState(state => withReplaced(state, id, { id: model, summary, dims, ...(step && { step }) }));
    } else await bridge.request('close', { model });
  };
  /** A model that was closed, with all that belongs to it. */
  const openAgain = async (closed: OpenModel, position: number): Promise<void> => {
    const { source, options } = closed;
    const { dims } = options.present;
    await runJob(store, `Opening ${nameOf(source)} again`, async control => {
      const { model, summary } = await bridge.request('open', { source, dims }, control);
      store.setState(state =>
        withReplaced(withReturned(state, closed, position), closed.id, { id: model, summary, dims }),
      );
      plan();
    });
  };
  return {
    /** Opens the model shown again with its dimensions bound. Resolves with why the sizes are refused, if they are. */
    async bind(dims: Dims): Promise<string | undefined> {
      const model = activeModel(store.getState());
      return model && (await this.bindIn(model, dims)).refused;
    },
    /**
     * The same for any open model; the sizes given last win. Resolves with the name it has then, too. Binding is a
     * setting that can be undone; `step`: it is one that is undone or done again.
     */
    async bindIn(model: OpenModel, dims: Dims, step?: SettingsStep): Promise<Bound> {
      cancelWork(model.id, BINDING);
      const bound = await runJob(
        store,
        BINDING,
        async control => {
          const { source } = model;
          const opened = await bridge
            .request('open', { source, dims: { ...dims } }, control)
            .catch(refusalOf);
          if (typeof opened === 'string') return { refused: opened };
          await replace(model.id, opened, dims, step);
          if (!isOpen(opened.model)) return {};
          cancelWork(model.id);
          plan();
          await bridge.request('close', { model: model.id });
          return { model: opened.model };
        },
        model.id,
      );
      return bound ?? {};
    },
    /** Opens all models again after the connection was lost: the shell has closed them. */
    async reopenAll(): Promise<void> {
      const { models } = store.getState();
      await holdUploads(
        bridge,
        models.map(({ source }) => source),
      );
      for (const { id, source, options } of models) {
        // Lost once more: whoever hears that it is back begins anew.
        if (!store.getState().connected) return;
        if (!isOpen(id)) continue;
        const { dims } = options.present;
        await runJob(
          store,
          `Opening ${nameOf(source)} again`,
          async control => replace(id, await bridge.request('open', { source, dims }, control), dims),
          id,
        );
      }
      plan();
    },
    async close(id: string): Promise<void> {
      cancelWork(id);
      const { models } = store.getState();
      const closed = models.find(model => model.id === id);
      store.setState(state => ({ ...withClosed(state, id), notices: [] }), true);
      // Opened again, a model is as it was; what was measured would be lost.
      if (closed && closed.runs.length > 0)
        notify(store, {
          severity: 'info',
          title: `${modelName(closed, models)} was closed`,
          message: `With ${counted(closed.runs.length, 'run')} of it.`,
          undo: () => void openAgain(closed, models.indexOf(closed)),
        });
      plan();
      await bridge.request('close', { model: id }).catch(failure => {
        notifyFailure(store, 'Closing the model failed', errorOf(failure));
      });
    },
  };
}

/** What is said beside the form; that it was cancelled is said elsewhere. */
function refusalOf(failure: unknown): string {
  const { id, message, where } = errorOf(failure);
  if (id === 'cancelled') throw failure;
  return where === undefined ? message : `${where}: ${message}`;
}

const sameSource = (a: ModelSource, b: ModelSource): boolean => JSON.stringify(a) === JSON.stringify(b);

function nameOf(source: ModelSource): string {
  switch (source.kind) {
    case 'sample':
      return source.name;
    case 'path':
      return source.path.split(/[\\/]/).at(-1) ?? source.path;
    case 'upload':
      return source.entry;
  }
}
