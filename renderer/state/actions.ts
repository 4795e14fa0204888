// What the user can do, as functions of the store and the bridge. Commands, views and tests call these.
// Invariant: a failure never takes away what was open; it becomes a notice.

import type { CompileOptions } from '../../engine/options.ts';
import type { ModelSource, RequestInput } from '../../engine/protocol.ts';
import type { Bridge, PickedFile } from '../bridge/bridge.ts';
import { findEntry } from '../bridge/picked-files.ts';
import {
  activeModel,
  type DialogName,
  type KeptRun,
  type OpenModel,
  optionsOf,
  type PlanColumn,
  planOf,
  reportOf,
  type Theme,
  unboundDimensions,
  type ViewName,
} from './app-state.ts';
import { localPlace } from './graph-index.ts';
import { record, redo, undo } from './history.ts';
import { withClosed, withOpened, withoutRun, withReplaced, withRuns } from './models.ts';
import { type Selection, withoutPlan } from './selection.ts';
import { optionsKey } from './settings.ts';
import { type AppStore, errorOf, notify, notifyFailure, runJob, updateModel } from './store.ts';

/** What actions need besides the bridge: asking the user for files. */
export interface ActionPorts {
  readonly bridge: Bridge;
  readonly pickFiles: (kind: 'files' | 'folder') => Promise<readonly PickedFile[]>;
}

export type Actions = ReturnType<typeof createActions>;

export function createActions(store: AppStore, ports: ActionPorts) {
  const { bridge } = ports;
  const shown = (): OpenModel | undefined => activeModel(store.getState());
  const change = (update: (model: OpenModel) => OpenModel): void => {
    const model = shown();
    if (model) updateModel(store, model.id, update);
  };
  const planner = createPlanner(store, bridge);
  const setOptions = (next: (model: OpenModel) => OpenModel): void => {
    change(next);
    planner();
  };
  const opening = createOpening(store, ports, planner);

  return {
    ...opening,
    ...createMeasuring(store, bridge, planner),

    /** Changes toggles; can be undone. */
    set(patch: Partial<CompileOptions>): void {
      setOptions(model => ({ ...model, options: record(model.options, { ...optionsOf(model), ...patch }) }));
    },
    undo: (): void => setOptions(model => ({ ...model, options: undo(model.options) })),
    redo: (): void => setOptions(model => ({ ...model, options: redo(model.options) })),
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
    forgetRun: (run: KeptRun): void => change(model => withoutRun(model, run.number)),
    compareRuns(compared: OpenModel['compared']): void {
      change(model => ({ ...model, compared: { ...model.compared, ...compared } }));
    },

    select(selection: Selection | undefined): void {
      change(({ selection: _, ...model }) => (selection ? { ...model, selection } : model));
    },
    setStep: (step: number): void => change(model => ({ ...model, step })),
    setColumn(column: PlanColumn): void {
      change(model => {
        const { selection, ...rest } = model;
        const kept = withoutPlan(selection, planOf(model));
        return { ...rest, column, step: 0, ...(kept && { selection: kept }) };
      });
    },

    setView: (view: ViewName): void => store.setState({ view }),
    setTheme: (theme: Theme): void => store.setState({ theme }),
    setIterations: (iterations: number): void => store.setState({ iterations }),
    setFinding: (finding: boolean): void =>
      store.setState(state => ({ finding, view: finding ? 'graph' : state.view })),
    showDialog: (dialog: DialogName): void => store.setState({ dialog }),
    closeDialog: (): void => store.setState(({ dialog: _, ...rest }) => rest, true),
    dismiss: (id: number): void =>
      store.setState(state => ({ notices: state.notices.filter(notice => notice.id !== id) })),
    cancelAll(): void {
      for (const job of store.getState().jobs) job.cancel();
    },
    showModel: (id: string): void => {
      store.setState({ active: id });
      planner();
    },
  };
}

/** Compiles and plans the model shown for its settings, unless that is done or cannot be. The newest settings win. */
function createPlanner(store: AppStore, bridge: Bridge): () => void {
  let running: { readonly model: string; readonly key: string; readonly abort: AbortController } | undefined;
  return () => {
    const model = activeModel(store.getState());
    if (!model) return;
    const options = optionsOf(model);
    const key = optionsKey(options);
    if (running?.model === model.id && running.key === key) return;
    running?.abort.abort();
    running = undefined;
    if (reportOf(model) || !model.summary.runnable || unboundDimensions(model).length > 0) return;
    const abort = new AbortController();
    const mine = { model: model.id, key, abort };
    running = mine;
    bridge
      .request('compile', { model: model.id, options }, { signal: abort.signal })
      .then(
        report =>
          updateModel(store, model.id, now => ({ ...now, reports: new Map(now.reports).set(key, report) })),
        failure => {
          const error = errorOf(failure);
          if (error.id === 'cancelled') return;
          updateModel(store, model.id, now => ({ ...now, failures: new Map(now.failures).set(key, error) }));
        },
      )
      .finally(() => {
        if (running === mine) running = undefined;
      });
  };
}

function createOpening(store: AppStore, ports: ActionPorts, plan: () => void) {
  const { bridge } = ports;
  const open = async (source: ModelSource): Promise<void> => {
    await runJob(store, `Opening ${nameOf(source)}`, async control => {
      const { model, summary } = await bridge.request('open', { source }, control);
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
        return;
      }
      store.setState(state => withOpened(state, { id: model, source, summary }));
      plan();
    });
    refreshRecent();
  };
  const refreshRecent = (): void => {
    bridge.request('recent', {}).then(
      recent => store.setState({ recent }),
      failure => notifyFailure(store, 'Recent files', errorOf(failure)),
    );
  };
  const openFiles = async (files: readonly PickedFile[]): Promise<void> => {
    if (files.length === 0) return;
    const entry = findEntry(files);
    if (!entry) {
      const where = files.length === 1 ? (files[0]?.path ?? '') : `${files.length} files`;
      const message = 'expected a model (.onnx), with its external data beside it; found none';
      notify(store, { severity: 'error', title: 'Nothing to open', where, message });
      return;
    }
    const source = await runJob(store, `Reading ${entry.path}`, control =>
      bridge.sourceOf(files, entry, control),
    );
    if (source) await open(source);
  };

  return {
    open,
    openFiles,
    refreshRecent,
    pickAndOpen: async (kind: 'files' | 'folder'): Promise<void> => openFiles(await ports.pickFiles(kind)),
    /** What the shell asks for: shown if it is open already. */
    async openFromShell(source: ModelSource): Promise<void> {
      const known = store.getState().models.find(model => sameSource(model.source, source));
      if (known) store.setState({ active: known.id });
      else await open(source);
    },
    /** Learns what this machine can do and opens what the shell was started with. */
    async start(): Promise<void> {
      await runJob(store, 'Starting the engine', async () => {
        const [machine, samples] = await Promise.all([
          bridge.request('machine', {}),
          bridge.request('samples', {}),
        ]);
        store.setState({ machine, samples });
      });
      refreshRecent();
      const initial = store.getState().machine?.initial;
      if (initial && store.getState().models.length === 0) await open(initial);
    },
    /** Opens the model shown again with its dimensions bound. */
    async bind(dims: Readonly<Record<string, number>>): Promise<void> {
      const model = activeModel(store.getState());
      if (!model) return;
      await runJob(store, 'Binding dimensions', async control => {
        const { source } = model;
        const opened = await bridge.request('open', { source, dims: { ...dims } }, control);
        store.setState(state =>
          withReplaced(state, model.id, { id: opened.model, summary: opened.summary, dims }),
        );
        plan();
        await bridge.request('close', { model: model.id });
      });
    },
    /** Opens all models again after the connection was lost: the shell has closed them. */
    async reopenAll(): Promise<void> {
      for (const { id, source, options } of store.getState().models) {
        const { dims } = options.present;
        await runJob(store, `Opening ${nameOf(source)} again`, async control => {
          const opened = await bridge.request('open', { source, dims }, control);
          store.setState(state =>
            withReplaced(state, id, { id: opened.model, summary: opened.summary, dims }),
          );
        });
      }
      plan();
    },
    async close(id: string): Promise<void> {
      store.setState(state => withClosed(state, id), true);
      plan();
      await bridge.request('close', { model: id }).catch(failure => {
        notifyFailure(store, 'Closing the model failed', errorOf(failure));
      });
    },
  };
}

function createMeasuring(store: AppStore, bridge: Bridge, plan: () => void) {
  const measure = async (title: string, options: CompileOptions, against?: CompileOptions): Promise<void> => {
    const { iterations } = store.getState();
    const model = activeModel(store.getState());
    if (!model) return;
    await runJob(store, title, async control => {
      const body = { model: model.id, options, iterations, ...(against && { against }) };
      const { runs } = await bridge.request('run', body, control);
      const keys = [optionsKey(options), ...(against ? [optionsKey(against)] : [])];
      const kept = runs.map((report, index) => ({ report, key: keys[index] ?? optionsKey(report.options) }));
      updateModel(store, model.id, now => withRuns(now, kept));
      plan();
    });
  };

  return {
    /** Runs the model shown with its settings, and keeps the run. */
    async run(): Promise<void> {
      const model = activeModel(store.getState());
      if (model) await measure(`Running ${model.summary.name}`, optionsOf(model));
    },
    /** Measures two settings in turns, A B A B, and keeps and compares both. */
    async measureBoth(a: CompileOptions, b: CompileOptions): Promise<void> {
      await measure('Measuring both together', a, b);
    },
    async exportAs(what: RequestInput<'export'>['what']): Promise<void> {
      const model = activeModel(store.getState());
      if (!model) return;
      await runJob(store, 'Export', async control => {
        const runs = what === 'trace' ? tracedRuns(model) : [];
        const file = await bridge.request(
          'export',
          { model: model.id, what, options: optionsOf(model), runs },
          control,
        );
        await bridge.save(file);
      });
    },
  };
}

/** The runs of a trace: the two compared, else the newest. */
function tracedRuns(model: OpenModel): string[] {
  const { a, b } = model.compared;
  const compared = model.runs.filter(run => run.number === a || run.number === b);
  return (compared.length > 0 ? compared : model.runs.slice(-1)).map(run => run.report.id);
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
