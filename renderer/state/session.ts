// What is open, as it is remembered for a page that is loaded again: sources, settings with their history, what was
// looked at, and the ids of runs, which the shell keeps. Plain JSON with a version.
// Invariant: whatever text is found, what comes out of it is sound or undefined.

import type { CompileOptions } from '../../engine/options.ts';
import type { ModelSource } from '../../engine/protocol.ts';
import {
  type AppState,
  type ChosenInput,
  FIRST_STATE,
  type OpenModel,
  VIEWS,
  type ViewName,
} from './app-state.ts';
import { type History, historyOf } from './history.ts';

/** Counted up when what is written changes its meaning: other versions are not read. */
const VERSION = 3;

/** Tabs have a few megabytes: inputs made in the page that are larger are not remembered. */
const MOST_INPUT_CHARACTERS = 2 ** 20;

interface RunBefore {
  /** RunReport.id */
  readonly id: string;
  readonly number: number;
  readonly key: string;
  readonly inputs: string;
}

export interface OpenBefore {
  readonly source: ModelSource;
  /** of the file as it was: ids of nodes and tensors mean nothing in another */
  readonly sha256: string;
  readonly options: History<CompileOptions>;
  readonly runs: readonly RunBefore[];
  readonly shownRun?: number;
  readonly compared: OpenModel['compared'];
  /** position of the model it is compared with */
  readonly against?: number;
  readonly given: readonly (readonly [string, ChosenInput])[];
  /** names of inputs whose data was too large to be remembered */
  readonly lost: readonly string[];
  readonly seed: number;
  readonly column: OpenModel['column'];
  readonly step: number;
  readonly scopes: { readonly start: OpenModel['scopes']['start']; readonly toggled: readonly string[] };
  readonly path: readonly string[];
  readonly pinned: readonly number[];
  readonly selection?: OpenModel['selection'];
}

/** How views are drawn. */
const LOOKS = ['compareWhat', 'comparing', 'graph', 'timeline', 'peakOwners', 'roofline'] as const;
type Looks = Pick<AppState, (typeof LOOKS)[number]>;

export interface SessionBefore {
  readonly models: readonly OpenBefore[];
  /** position of the model that was shown */
  readonly active: number;
  readonly view: ViewName;
  readonly looks: Partial<Looks>;
}

/** What `parseSession` reads back. */
export const sessionOf = (state: AppState): SessionBefore & { readonly version: number } => ({
  version: VERSION,
  models: state.models.map(model => beforeOf(model, state.models)),
  active: Math.max(
    0,
    state.models.findIndex(({ id }) => id === state.active),
  ),
  view: state.view,
  looks: Object.fromEntries(LOOKS.map(name => [name, state[name]])),
});

function beforeOf(model: OpenModel, models: readonly OpenModel[]): OpenBefore {
  const { source, summary, options, runs, shownRun, compared, inputs, column, step, selection } = model;
  const against = models.findIndex(({ id }) => id === model.against);
  const given = [...inputs.given].filter(([, { source }]) => !isLarge(source));
  return {
    source,
    sha256: summary.sha256,
    options,
    runs: runs.map(({ report, number, key, inputs }) => ({ id: report.id, number, key, inputs })),
    ...(shownRun !== undefined && { shownRun }),
    compared,
    ...(against >= 0 && { against }),
    given,
    lost: [...inputs.given].filter(([, { source }]) => isLarge(source)).map(([name]) => name),
    seed: inputs.seed,
    column,
    step,
    scopes: { start: model.scopes.start, toggled: [...model.scopes.toggled] },
    path: model.path,
    pinned: [...model.pinned],
    ...(selection && { selection }),
  };
}

const isLarge = (source: ChosenInput['source']): boolean =>
  source.kind === 'npy' && source.base64.length > MOST_INPUT_CHARACTERS;

/** A model as it was, but for its runs and the model it is compared with, which must be found first. */
export function modelBefore(before: OpenBefore, sha256: string): Partial<OpenModel> {
  const { options, column } = before;
  const inputs = { given: new Map(before.given), seed: before.seed };
  // The file was changed since: settings are of use, what names its nodes and tensors is not.
  if (sha256 !== before.sha256) {
    return { options: historyOf({ ...options.present, disabledGroups: [] }), inputs, column };
  }
  return {
    options,
    inputs,
    column,
    step: before.step,
    scopes: { start: before.scopes.start, toggled: new Set(before.scopes.toggled) },
    path: before.path,
    pinned: new Set(before.pinned),
    ...(before.selection && { selection: before.selection }),
  };
}

/** What was written from `sessionOf`; undefined for anything else, and where nothing was open. */
export function parseSession(text: string | null): SessionBefore | undefined {
  const value = recordOf(parseJson(text));
  if (value?.version !== VERSION || !Array.isArray(value.models)) return undefined;
  const models = value.models.filter(isBefore);
  if (models.length === 0 || models.length < value.models.length) return undefined;
  return {
    models,
    active: typeof value.active === 'number' ? value.active : 0,
    view: (Object.keys(VIEWS) as ViewName[]).find(name => name === value.view) ?? 'graph',
    looks: looksOf(recordOf(value.looks) ?? {}),
  };
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    // Somebody else's text is no session.
    return undefined;
  }
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : undefined;

/** Those that are of the same kind as at first; objects with the keys they then have. */
function looksOf(value: Readonly<Record<string, unknown>>): Partial<Looks> {
  const sound = LOOKS.filter(name => likeFirst(value[name], FIRST_STATE[name]));
  return Object.fromEntries(sound.map(name => [name, value[name]])) as Partial<Looks>;
}

function likeFirst(value: unknown, first: unknown): boolean {
  const [found, expected] = [recordOf(value), recordOf(first)];
  if (!expected) return typeof value === typeof first && recordOf(value) === undefined;
  return found !== undefined && Object.keys(expected).every(key => likeFirst(found[key], expected[key]));
}

const all = (value: unknown, is: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(is);
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isText = (value: unknown): boolean => typeof value === 'string';
const isRecord = (value: unknown): boolean => recordOf(value) !== undefined;

/** What options and sources hold is the engine's to judge: it refuses what it does not know. */
function isBefore(value: unknown): value is OpenBefore {
  const model = recordOf(value);
  const options = recordOf(model?.options);
  const scopes = recordOf(model?.scopes);
  const isOptions = (item: unknown): boolean => Array.isArray(recordOf(item)?.disabledGroups);
  return (
    isText(recordOf(model?.source)?.kind) &&
    isText(model?.sha256) &&
    all(options?.past, isOptions) &&
    isOptions(options?.present) &&
    all(options?.future, isOptions) &&
    all(model?.runs, run => isText(recordOf(run)?.id) && isNumber(recordOf(run)?.number)) &&
    isRecord(model?.compared) &&
    all(model?.given, pair => all(pair, () => true) && isRecord((pair as unknown[])[1])) &&
    all(model?.lost, isText) &&
    isNumber(model?.seed) &&
    (model?.column === 'asGiven' || model?.column === 'asExecuted') &&
    isNumber(model?.step) &&
    isText(scopes?.start) &&
    all(scopes?.toggled, isText) &&
    all(model?.path, isText) &&
    all(model?.pinned, isNumber)
  );
}
