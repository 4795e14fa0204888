// Everything the app knows, as one plain value, and the questions views ask of it. No React here.
// Invariant: settings decide what is shown. Reports and runs are found by the settings they were made with.

import type { CompileOptions } from '../../engine/options.ts';
import type {
  GivenFacts,
  GivenInput,
  Machine,
  ModelSource,
  ProtocolError,
  SampleSummary,
  WeightDifferences,
} from '../../engine/protocol.ts';
import type { CompileReport } from '../../engine/report/types/compile.ts';
import type { ModelSummary } from '../../engine/report/types/model.ts';
import type { PlanView } from '../../engine/report/types/plan.ts';
import type { RunReport, StepReport } from '../../engine/report/types/run.ts';
import type { GraphIndex } from './derived/graph-index.ts';
import type { History } from './history.ts';
import type { Selection } from './selection.ts';
import { optionsKey } from './settings.ts';

export const VIEWS = {
  graph: 'Graph',
  timeline: 'Timeline',
  memory: 'Memory map',
  allocation: 'Allocation',
  planner: 'Planner',
  operators: 'Operators',
  weights: 'Weights',
  fusion: 'Fusion',
  compare: 'Compare',
} as const;
export type ViewName = keyof typeof VIEWS;
export type Theme = 'system' | 'light' | 'dark';
export type PlanColumn = PlanView['column'];
/** How the graph is drawn. */
export interface GraphLook {
  readonly direction: 'down' | 'right';
  /** long graphs in columns */
  readonly wrap: boolean;
  readonly colour: 'family' | 'time' | 'difference' | 'changes' | 'bytes' | 'peak' | 'fusion';
  /** fused groups as frames around the operators of the file, or as the one step they are executed as */
  readonly fusion: 'framed' | 'joined';
  readonly minimap: boolean;
}

/** How timeline and memory map are drawn. */
export interface TimelineLook {
  /** as wide as one step each, or as long as measured */
  readonly axis: 'step' | 'time';
  /** a row per tensor; packed into as few as possible; one per offset */
  readonly lanes: 'rows' | 'packed' | 'offset';
  /** what the running total is split by */
  readonly stack: 'total' | 'operator' | 'scope';
}

/** Which name scopes of the graph are open: as many as fit at first, all or none, but those toggled since. */
export interface OpenScopes {
  readonly start: 'fitting' | 'all' | 'none';
  readonly toggled: ReadonlySet<string>;
}

export type DialogName =
  | 'palette'
  | 'openable'
  | 'shortcuts'
  | 'browse'
  | 'about'
  | 'inputs'
  | 'kept-programs';

/** A tensor that the user gave for an input. */
export interface ChosenInput {
  readonly source: GivenInput['source'];
  /** file name, and what was done with it */
  readonly label: string;
  readonly found: GivenFacts;
  /** made from an image */
  readonly image?: boolean;
}

/** What runs start from. */
export interface InputData {
  /** by the input's name */
  readonly given: ReadonlyMap<string, ChosenInput>;
  /** of the inputs that are not given */
  readonly seed: number;
}

/** A run that was kept, with the settings it was asked for. */
export interface KeptRun {
  /** counts from 1 within a model */
  readonly number: number;
  /** optionsKey of what was asked */
  readonly key: string;
  readonly report: RunReport;
  /** 'random, seed 1', or the files */
  readonly inputs: string;
}

/** A tensor whose values are there, and what the probe run that captured them started from. */
export interface Probed {
  readonly tensor: number;
  readonly inputs: InputData;
}

export interface OpenModel {
  /** the engine's name for it; changes when dimensions are bound anew */
  readonly id: string;
  readonly source: ModelSource;
  readonly summary: ModelSummary;
  readonly index: GraphIndex;
  readonly options: History<CompileOptions>;
  /** by optionsKey */
  readonly reports: ReadonlyMap<string, CompileReport>;
  /** why there is no report for these options, by optionsKey */
  readonly failures: ReadonlyMap<string, ProtocolError>;
  readonly runs: readonly KeptRun[];
  /** number of the run gone back to, which is preferred among runs with equal settings */
  readonly shownRun?: number;
  /** numbers of the runs compared */
  readonly compared: { readonly a?: number; readonly b?: number };
  /** id of the open model that this one is compared with */
  readonly against?: string;
  /** whether weights hold the same values as those of an older model, by its id */
  readonly weights?: {
    readonly before: string;
    readonly state: 'comparing' | 'compared' | 'failed';
    readonly found?: WeightDifferences;
  };
  readonly inputs: InputData;
  readonly selection?: Selection;
  readonly column: PlanColumn;
  /** the step the allocation table stands at */
  readonly step: number;
  readonly scopes: OpenScopes;
  /** the bodies entered, outermost first: 'node:attribute' each */
  readonly path: readonly string[];
  /** set where a body stands for the model: the path to it, as in a selection */
  readonly body?: string;
  /** ids of tensors held at the top of the timeline */
  readonly pinned: ReadonlySet<number>;
  /** what the last probe run captured; another object for each */
  readonly probed?: Probed;
}

/** Something that takes time; shown with its progress and a way to cancel it. */
export interface Job {
  readonly id: number;
  /** the model it works on; cancelled when that is closed */
  readonly model?: string;
  readonly title: string;
  /** nobody asked for it by itself: one can run meanwhile */
  readonly background?: boolean;
  readonly what: string;
  readonly done: number;
  readonly of: number;
  readonly cancel: () => void;
}

export interface Notice {
  readonly id: number;
  readonly severity: 'error' | 'info';
  readonly title: string;
  readonly where?: string;
  readonly message: string;
  /** takes back what it tells of */
  readonly undo?: () => void;
}

export interface AppState {
  readonly connected: boolean;
  /** not connected, because the server was started anew and lets this browser in no more */
  readonly refused: boolean;
  readonly machine?: Machine;
  readonly samples: readonly SampleSummary[];
  readonly recent: readonly { readonly path: string; readonly name: string }[];
  readonly models: readonly OpenModel[];
  /** id of the model shown */
  readonly active?: string;
  readonly view: ViewName;
  /** what the compare view compares */
  readonly compareWhat: 'runs' | 'models';
  /** the two runs chosen are compared in every view */
  readonly comparing: boolean;
  /** what the graph was coloured by before it showed the comparison */
  readonly colourBefore?: GraphLook['colour'];
  readonly theme: Theme;
  readonly jobs: readonly Job[];
  readonly notices: readonly Notice[];
  readonly dialog?: DialogName;
  /** graph search is open */
  readonly finding: boolean;
  /** how often it was asked for: each time its field gets the focus */
  readonly findAsked: number;
  /** timed runs per measurement */
  readonly iterations: number;
  readonly graph: GraphLook;
  readonly timeline: TimelineLook;
  /** the list under timeline and memory map */
  readonly peakOwners: boolean;
  /** the plot above the operators */
  readonly roofline: boolean;
}

export const FIRST_STATE: AppState = {
  connected: true,
  refused: false,
  samples: [],
  recent: [],
  models: [],
  view: 'graph',
  compareWhat: 'runs',
  comparing: false,
  theme: 'system',
  jobs: [],
  notices: [],
  finding: false,
  findAsked: 0,
  iterations: 20,
  graph: { direction: 'down', wrap: true, colour: 'family', fusion: 'framed', minimap: true },
  timeline: { axis: 'step', lanes: 'rows', stack: 'total' },
  peakOwners: true,
  roofline: false,
};

export const RANDOM_INPUTS: InputData = { given: new Map(), seed: 1 };

export const FITTING_SCOPES: OpenScopes = { start: 'fitting', toggled: new Set() };

export const activeModel = (state: AppState): OpenModel | undefined =>
  state.models.find(model => model.id === state.active);

/** The settings shown: the newest of their history. */
export const optionsOf = (model: OpenModel): CompileOptions => model.options.present;

/** What compiling with the settings shown came to, once it is there. */
export const reportOf = (model: OpenModel): CompileReport | undefined =>
  model.reports.get(optionsKey(optionsOf(model)));

/** Why there is no plan for the settings; that planning them once failed is of no interest where there is one. */
export const failureOf = (model: OpenModel): ProtocolError | undefined =>
  reportOf(model) ? undefined : model.failures.get(optionsKey(optionsOf(model)));

/** The work was stopped, which says nothing of the settings: they may be tried again. */
export const wasStopped = ({ id }: ProtocolError): boolean => id === 'cancelled' || id === 'engine-lost';

/** The column chosen of the report shown: the graph as given, or as executed. */
export const planOf = (model: OpenModel): PlanView | undefined => reportOf(model)?.[model.column];

/** The run measured with the settings shown: the one gone back to, else the newest. */
export function runOf(model: OpenModel): KeptRun | undefined {
  const key = optionsKey(optionsOf(model));
  const fitting = model.runs.filter(run => run.key === key);
  return fitting.find(run => run.number === model.shownRun) ?? fitting.at(-1);
}

/** The runs chosen as A and B. */
export const comparedRuns = ({
  runs,
  compared,
}: OpenModel): readonly [KeptRun | undefined, KeptRun | undefined] => [
  runs.find(run => run.number === compared.a),
  runs.find(run => run.number === compared.b),
];

/** The open model that this one was chosen to be compared with: its changes are marked in every view. */
export const againstOf = (state: AppState, model: OpenModel): OpenModel | undefined =>
  state.models.find(other => other.id === model.against && other.id !== model.id);

/** What the comparison of models begins with: the chosen one, or the only other. */
export function beforeOf(models: readonly OpenModel[], model: OpenModel): OpenModel | undefined {
  const others = models.filter(({ id }) => id !== model.id);
  return others.find(({ id }) => id === model.against) ?? (others.length === 1 ? others[0] : undefined);
}

/** 'random, seed 1', or the files that were given. */
export function describeInputs({ given, seed }: InputData): string {
  if (given.size === 0) return `random, seed ${seed}`;
  return [...given].map(([name, { label }]) => `${name}: ${label}`).join('; ');
}

/** Whether runs start from the very same data. */
export const sameInputs = (a: InputData, b: InputData): boolean =>
  a.seed === b.seed &&
  a.given.size === b.given.size &&
  [...a.given].every(([name, input]) => b.given.get(name) === input);

/** What planning saved against every tensor in memory of its own, 0 to 1; padding can make it negative. */
export const savedShare = (plan: PlanView): number =>
  plan.unplannedBytes === 0 ? 0 : 1 - plan.peakBytes / plan.unplannedBytes;

/** A step's part of the time of all steps, 0 to 1. */
export function shareOf(run: RunReport, step: StepReport): number {
  const total = run.steps.reduce((sum, { medianNs }) => sum + medianNs, 0);
  return step.medianNs / Math.max(total, 1);
}

/** Where the allocation table stands, within the plan shown. */
export const stepOf = (model: OpenModel): number =>
  Math.max(0, Math.min(model.step, (planOf(model)?.steps.length ?? 1) - 1));

export const unboundDimensions = (model: OpenModel) =>
  model.summary.dimensions.filter(dimension => dimension.reason === 'unbound');

/** A plan for the settings is on its way. */
export const isPending = (model: OpenModel): boolean =>
  model.summary.plannable &&
  unboundDimensions(model).length === 0 &&
  reportOf(model) === undefined &&
  failureOf(model) === undefined;
