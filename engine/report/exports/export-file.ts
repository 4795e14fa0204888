// Everything that can be saved of a plan and its runs, as one table: what it is called, and how it is written.

import { chromeTrace } from '../chrome-trace.ts';
import { htmlReport } from '../html/report.ts';
import { planCsv } from '../plan-csv.ts';
import { type PlanSource, planJson } from '../plan-json.ts';
import type { CompileReport } from '../types/compile.ts';
import type { ExportKind } from '../types/export-kind.ts';
import type { ModelSummary } from '../types/model.ts';
import type { RunReport } from '../types/run.ts';
import { visibleJson } from '../visible-text.ts';
import { modelExplorerData } from './model-explorer.ts';
import { netronAttachment } from './netron-attachment.ts';
import { offlinePlan, offlinePlanC, offlinePlanMetadata } from './offline-plan.ts';
import { ortProfile } from './ort-profile.ts';

/** What files are written from. */
export interface ExportSource {
  readonly generator: PlanSource['generator'];
  readonly model: ModelSummary;
  readonly compile: CompileReport;
  /** the newest last; some kinds show one of them, and need one */
  readonly runs: readonly RunReport[];
  /** what runs are called, by their ids; others by their place */
  readonly numbers?: ReadonlyMap<string, number>;
  /** ids of the runs that a report compares, A and B; the last two without */
  readonly compared?: readonly string[];
}

/** A file to be written; text, or bytes where the kind is binary. */
export interface ExportedFile {
  readonly fileName: string;
  readonly mime: string;
  readonly content: string | Uint8Array;
}

interface Kind {
  /** what follows the model's name */
  readonly suffix: string;
  readonly mime: string;
  /** it shows runs of any settings; the others only those of the program that is exported */
  readonly anyRun?: true;
  /** cannot be made before the model was run */
  readonly needsRun?: true;
  readonly write: (source: ExportSource) => string | Uint8Array;
}

const offline = ({ model, compile }: ExportSource) => offlinePlan(model, compile.asGiven);

/** The newest run. Whoever asks has looked that there is one. */
function newest(runs: readonly RunReport[]): RunReport {
  const run = runs.at(-1);
  if (!run) throw new Error('this export needs a run');
  return run;
}

const JSON_TYPE = 'application/json';

const KINDS: Readonly<Record<ExportKind, Kind>> = {
  plan: { suffix: '.plan.json', mime: JSON_TYPE, write: planJson },
  csv: { suffix: '.plan.csv', mime: 'text/csv', write: ({ compile }) => planCsv(compile.asExecuted) },
  'csv-offsets': {
    suffix: '.offsets.csv',
    mime: 'text/csv',
    write: ({ compile }) => planCsv(compile.asExecuted, 'offsets'),
  },
  'offline-plan-c': {
    suffix: '.offline-plan.c',
    mime: 'text/x-c',
    write: source => offlinePlanC(source.model, offline(source)),
  },
  'offline-plan': {
    suffix: '.offline-plan.bin',
    mime: 'application/octet-stream',
    write: source => offlinePlanMetadata(offline(source)),
  },
  netron: {
    suffix: '.netron.json',
    mime: JSON_TYPE,
    write: ({ model, compile, runs }) => netronAttachment(model, compile, runs.at(-1)),
  },
  'model-explorer': {
    suffix: '.model-explorer.json',
    mime: JSON_TYPE,
    write: ({ model, compile, runs }) => modelExplorerData(model, compile, runs.at(-1)),
  },
  trace: {
    suffix: '.trace.json',
    mime: JSON_TYPE,
    anyRun: true,
    needsRun: true,
    write: ({ runs, numbers }) => chromeTrace(runs, numbers),
  },
  'ort-profile': {
    suffix: '.ort-profile.json',
    mime: JSON_TYPE,
    anyRun: true,
    needsRun: true,
    write: ({ model, runs }) => ortProfile(model, newest(runs)),
  },
  report: { suffix: '.report.html', mime: 'text/html', anyRun: true, write: htmlReport },
};

export const needsRun = (what: ExportKind): boolean => KINDS[what].needsRun === true;

/** The file, named after the model. */
export function exportFile(what: ExportKind, source: ExportSource): ExportedFile {
  const { suffix, mime, write, anyRun } = KINDS[what];
  const program = programOf(source.compile);
  const runs = source.runs.filter(run => anyRun || programOf(run.compile) === program);
  const stem = source.model.name.replace(/\.onnx$/, '').replace(/[^\w.-]+/g, '-');
  const content = write({ ...source, runs });
  const isJson = mime === JSON_TYPE && typeof content === 'string';
  return { fileName: `${stem}${suffix}`, mime, content: isJson ? visibleJson(content) : content };
}

/** Equal for reports of programs with the same steps: a run's settings also name dimensions that its inputs fixed. */
function programOf({ options, asExecuted }: CompileReport): string {
  const { dims: _, capture, disabledGroups, ...toggles } = options;
  const steps = asExecuted.steps.map(({ name, nodes }) => [name, nodes]);
  return JSON.stringify([Object.entries(toggles).toSorted(), disabledGroups.toSorted(), capture, steps]);
}
