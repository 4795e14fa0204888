// What the user can do, as functions of the store and the bridge. Commands, views and tests call these.

import type { CompileOptions } from '../../engine/options.ts';
import {
  type AppState,
  activeModel,
  type DialogName,
  FITTING_SCOPES,
  type GraphLook,
  type KeptRun,
  type OpenModel,
  optionsOf,
  type PlanColumn,
  planOf,
  type Theme,
  type TimelineLook,
  type ViewName,
} from './app-state.ts';
import { entryOf } from './derived/bodies.ts';
import { traced, type Way } from './derived/trace.ts';
import { record, redo, undo } from './history.ts';
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
import { type Selection, withoutPlan } from './selection.ts';
import { optionsKey } from './settings.ts';
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
  const planner = createPlanner(store, bridge);
  const setOptions = (next: (model: OpenModel) => OpenModel): void => {
    change(next);
    planner();
  };

  const reopening = createReopening(store, bridge, planner);
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
    const { refused } = await reopening.bindIn(model, dims, { from, to });
    if (refused !== undefined)
      notify(store, { severity: 'error', title: 'These sizes cannot be bound again', message: refused });
  };
  return {
    ...createOpening(store, ports, planner),
    ...reopening,
    ...createMeasuring(store, bridge, planner),
    ...createExporting(store, ports),
    ...createAsking(store, bridge),
    ...createComparingWeights(store, bridge),
    ...createGiving(store, bridge, reopening.bindIn),
    ...createViewing(store, change),

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
      planner();
    },
  };
}

/** What is selected and looked at: nothing here reaches the engine. */
function createViewing(store: AppStore, change: (update: (model: OpenModel) => OpenModel) => void) {
  return {
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

    /** Opens a closed name scope of the graph, or closes an open one. */
    toggleScope(id: string): void {
      change(model => {
        const toggled = new Set(model.scopes.toggled);
        if (!toggled.delete(id)) toggled.add(id);
        return { ...model, scopes: { ...model.scopes, toggled } };
      });
    },
    setScopes: (scopes: OpenModel['scopes']): void => change(model => ({ ...model, scopes })),
    openScopes: (start: OpenModel['scopes']['start']): void =>
      change(model => ({ ...model, scopes: { start, toggled: new Set() } })),
    /** Selects all that leads to what is selected in the graph, or all that depends on it. */
    trace: (way: Way): void => change(model => ({ ...model, ...traced(model, way) })),
    /** Shows a body of a node of the graph shown. */
    enterBody: (node: number, attribute: string): void =>
      change(({ selection: _, ...model }) => ({
        ...model,
        path: [...model.path, entryOf(node, attribute)],
        scopes: FITTING_SCOPES,
      })),
    /** Goes back out to a depth, and selects what was entered there. */
    leaveBody: (depth: number): void =>
      change(({ selection: _, ...model }) => {
        const [node = ''] = (model.path[depth] ?? '').split(':');
        const path = model.path.slice(0, depth);
        const body = path.length > 0 ? { body: path.join('/') } : {};
        const selection: Selection = { kind: 'node', id: Number(node), ...body };
        return { ...model, path, scopes: FITTING_SCOPES, ...(node !== '' && { selection }) };
      }),

    /** Holds a tensor at the top of the timeline, or lets it go. */
    togglePin: (tensor: number): void =>
      change(model => {
        const pinned = new Set(model.pinned);
        if (!pinned.delete(tensor)) pinned.add(tensor);
        return { ...model, pinned };
      }),
    setTimelineLook: (look: Partial<TimelineLook>): void =>
      store.setState(state => ({ timeline: { ...state.timeline, ...look } })),
    setGraphLook: (look: Partial<GraphLook>): void =>
      store.setState(state => ({ graph: { ...state.graph, ...look } })),
    setPeakOwners: (peakOwners: boolean): void => store.setState({ peakOwners }),
    setRoofline: (roofline: boolean): void => store.setState({ roofline }),
    setView: (view: ViewName): void => store.setState({ view }),
    setCompareWhat: (compareWhat: AppState['compareWhat']): void => store.setState({ compareWhat }),
    /** In every view; in the graph by its colours. */
    setComparing: (comparing: boolean): void =>
      store.setState(({ graph, colourBefore = 'family' }) => {
        if (comparing && graph.colour === 'difference') return { comparing };
        if (comparing)
          return { comparing, colourBefore: graph.colour, graph: { ...graph, colour: 'difference' } };
        // A colour chosen meanwhile stays.
        const colour = graph.colour === 'difference' ? colourBefore : graph.colour;
        return { comparing, graph: { ...graph, colour } };
      }),
    /** Compares the model shown with another open one; with none again. */
    compareWith: (id: string | undefined): void =>
      change(({ against: _, ...model }) => (id === undefined ? model : { ...model, against: id })),
    setTheme: (theme: Theme): void => store.setState({ theme }),
    setIterations: (iterations: number): void => store.setState({ iterations }),
    setFinding: (finding: boolean): void =>
      store.setState(state =>
        finding ? { finding, findAsked: state.findAsked + 1, view: 'graph' } : { finding },
      ),
    showDialog: (dialog: DialogName): void => store.setState({ dialog }),
    closeDialog: (): void => store.setState(({ dialog: _, ...rest }) => rest, true),
    dismiss: (id: number): void =>
      store.setState(state => ({ notices: state.notices.filter(notice => notice.id !== id) })),
    cancelAll(): void {
      const { jobs } = store.getState();
      const asked = jobs.filter(job => !job.background);
      for (const job of asked.length > 0 ? asked : jobs) job.cancel();
    },
  };
}
