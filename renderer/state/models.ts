// How the list of open models changes: pure functions from one state to the next.

import type { CompileOptions } from '../../engine/options.ts';
import type { ModelSource } from '../../engine/protocol.ts';
import type { ModelSummary } from '../../engine/report/types/model.ts';
import type { RunReport } from '../../engine/report/types/run.ts';
import type { AppState, KeptRun, OpenModel } from './app-state.ts';
import { activeModel, FITTING_SCOPES, optionsOf, RANDOM_INPUTS } from './app-state.ts';
import { indexGraph } from './derived/graph-index.ts';
import { sharingBounds } from './derived/proofs.ts';
import { type History, historyOf, record } from './history.ts';
import type { OpenBefore } from './session.ts';
import { carriedOver, firstOptions, optionsKey } from './settings.ts';

interface Opened {
  readonly id: string;
  readonly source: ModelSource;
  readonly summary: ModelSummary;
  /** what it was like, if it was open before */
  readonly before?: Partial<OpenModel>;
}

/** Adds a model and shows it, with its own settings or with the toggles of the model shown before. */
export function withOpened(
  state: AppState,
  { before, ...opened }: Opened,
): Pick<AppState, 'models' | 'active'> {
  const shown = activeModel(state);
  const options = shown ? carriedOver(optionsOf(shown)) : firstOptions(state.machine);
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
    ...before,
  };
  return { models: [...state.models, model], active: model.id };
}

/** What binding anew does to the settings, where they are still those it was asked for. */
export interface SettingsStep {
  readonly from: History<CompileOptions>;
  readonly to: History<CompileOptions>;
}

/** The settings of a model that was opened with `dims`: as asked for, else as they are, with the sizes as the newest. */
function withDims(now: History<CompileOptions>, dims: CompileOptions['dims'], step?: SettingsStep) {
  if (now === step?.from) return step.to;
  const bound = { ...now.present, dims: { ...dims } };
  return optionsKey(bound) === optionsKey(now.present) ? now : record(now, bound);
}

/**
 * Puts a model opened again (perhaps with other dimensions) in the place of the old one. Its runs stay to compare; what
 * was looked at stays where the file and the dimensions are the same.
 */
export function withReplaced(
  state: AppState,
  id: string,
  opened: {
    readonly id: string;
    readonly summary: ModelSummary;
    readonly dims: Readonly<Record<string, number>>;
    readonly step?: SettingsStep;
  },
): AppState {
  const models = state.models.map((model): OpenModel => {
    if (model.id !== id) return model.against === id ? { ...model, against: opened.id } : model;
    const { selection, probed: _, ...rest } = model;
    const again: OpenModel = {
      ...rest,
      id: opened.id,
      summary: opened.summary,
      index: indexGraph(opened.summary.graph),
      failures: new Map(),
      options: withDims(model.options, opened.dims, opened.step),
    };
    const sameFile = model.summary.sha256 === opened.summary.sha256;
    if (sameFile && optionsKey(optionsOf(model)) === optionsKey(optionsOf(again)))
      return selection ? { ...again, selection } : again;
    return { ...again, reports: new Map(), step: 0, path: [], pinned: new Set() };
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

/** With a model that was closed in its place again, and shown. */
export const withReturned = (state: AppState, model: OpenModel, position: number): AppState => ({
  ...state,
  models: state.models.toSpliced(position, 0, model),
  active: model.id,
});

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
    reports: sharingBounds(
      new Map([...model.reports, ...kept.map(run => [run.key, run.report.compile] as const)]),
    ),
  };
}

/** Gives a model that was opened again the runs it had, as far as they are still kept and of the same file. */
export function withRunsBefore(
  model: OpenModel,
  { runs, shownRun, compared }: Pick<OpenBefore, 'runs' | 'shownRun' | 'compared'>,
  reports: readonly RunReport[],
): OpenModel {
  const byId = new Map(reports.map(report => [report.id, report]));
  const kept = runs.flatMap(({ id, number, key, inputs }): KeptRun[] => {
    const report = byId.get(id);
    return report?.model.sha256 === model.summary.sha256 ? [{ number, key, report, inputs }] : [];
  });
  const known = (number: number | undefined): boolean => kept.some(run => run.number === number);
  return {
    ...model,
    runs: kept,
    ...(shownRun !== undefined && known(shownRun) && { shownRun }),
    compared: {
      ...(compared.a !== undefined && known(compared.a) && { a: compared.a }),
      ...(compared.b !== undefined && known(compared.b) && { b: compared.b }),
    },
    reports: sharingBounds(
      new Map([...kept.map(run => [run.key, run.report.compile] as const), ...model.reports]),
    ),
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

/** With a run that was removed, compared again where nothing else is. */
export function withRunAgain(model: OpenModel, run: KeptRun, compared: OpenModel['compared']): OpenModel {
  const runs = [...model.runs, run].toSorted((a, b) => a.number - b.number);
  return { ...model, runs, compared: { ...compared, ...model.compared } };
}
