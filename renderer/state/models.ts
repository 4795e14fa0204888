// How the list of open models changes: pure functions from one state to the next.

import type { CompileOptions } from '../../engine/options.ts';
import type { ModelSource } from '../../engine/protocol.ts';
import type { ModelSummary } from '../../engine/report/types.ts';
import type { AppState, KeptRun, OpenModel } from './app-state.ts';
import { activeModel, FITTING_SCOPES, optionsOf, RANDOM_INPUTS } from './app-state.ts';
import { indexGraph } from './graph-index.ts';
import { historyOf } from './history.ts';
import { carriedOver, firstOptions } from './settings.ts';

interface Opened {
  readonly id: string;
  readonly source: ModelSource;
  readonly summary: ModelSummary;
  /** settings it had before, if it had */
  readonly options?: CompileOptions;
}

/** Adds a model and shows it, with its own settings or with the toggles of the model shown before. */
export function withOpened(
  state: AppState,
  { options: chosen, ...opened }: Opened,
): Pick<AppState, 'models' | 'active'> {
  const shown = activeModel(state);
  const options = chosen ?? (shown ? carriedOver(optionsOf(shown)) : firstOptions(state.machine));
  const model: OpenModel = {
    ...opened,
    index: indexGraph(opened.summary.graph),
    options: historyOf(options),
    reports: new Map(),
    failures: new Map(),
    runs: [],
    compared: {},
    inputs: RANDOM_INPUTS,
    column: 'asExecuted',
    step: 0,
    scopes: FITTING_SCOPES,
    path: [],
    pinned: new Set(),
  };
  return { models: [...state.models, model], active: model.id };
}

/** Puts a model opened again (with other dimensions) in the place of the old one. Its runs stay to compare. */
export function withReplaced(
  state: AppState,
  id: string,
  opened: {
    readonly id: string;
    readonly summary: ModelSummary;
    readonly dims: Readonly<Record<string, number>>;
  },
): AppState {
  const models = state.models.map((model): OpenModel => {
    if (model.id !== id) return model.against === id ? { ...model, against: opened.id } : model;
    const { selection: _, probed: __, ...rest } = model;
    return {
      ...rest,
      id: opened.id,
      summary: opened.summary,
      index: indexGraph(opened.summary.graph),
      options: historyOf({ ...optionsOf(model), dims: { ...opened.dims } }),
      reports: new Map(),
      failures: new Map(),
      step: 0,
      path: [],
      pinned: new Set(),
    };
  });
  return { ...state, models, ...(state.active === id && { active: opened.id }) };
}

/** Without a model; its neighbour is shown then. */
export function withClosed(state: AppState, id: string): AppState {
  const position = state.models.findIndex(model => model.id === id);
  const models = state.models.filter(model => model.id !== id);
  const { active, ...rest } = state;
  const next = active === id ? models[Math.min(position, models.length - 1)]?.id : active;
  return next === undefined ? { ...rest, models } : { ...rest, models, active: next };
}

/** Keeps runs, newest last; the first two are compared, later ones against the run before. */
export function withRuns(model: OpenModel, kept: readonly Omit<KeptRun, 'number'>[]): OpenModel {
  const last = model.runs.at(-1)?.number ?? 0;
  const added = kept.map((run, index): KeptRun => ({ ...run, number: last + 1 + index }));
  const runs = [...model.runs, ...added];
  const [before, newest] = [runs.at(-2), runs.at(-1)];
  if (!newest) return model;
  const compared = before ? { a: before.number, b: newest.number } : { a: newest.number };
  return {
    ...model,
    runs,
    shownRun: newest.number,
    compared,
    reports: new Map([...model.reports, ...kept.map(run => [run.key, run.report.compile] as const)]),
  };
}

/** Without one run; a comparison loses that side. */
export function withoutRun(model: OpenModel, number: number): OpenModel {
  const { a, b } = model.compared;
  return {
    ...model,
    runs: model.runs.filter(run => run.number !== number),
    compared: {
      ...(a !== undefined && a !== number && { a }),
      ...(b !== undefined && b !== number && { b }),
    },
  };
}
