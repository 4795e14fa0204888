// What `plan` and `run` write beside their answer: the plan, the report, and files for other tools.

import { type Command, InvalidArgumentError } from 'commander';
import { EXPORT_KINDS } from '../../protocol.ts';
import { exportFile, needsRun } from '../../report/exports/export-file.ts';
import type { CompileReport } from '../../report/types/compile.ts';
import type { ExportKind } from '../../report/types/export-kind.ts';
import type { ModelSummary } from '../../report/types/model.ts';
import type { RunReport } from '../../report/types/run.ts';
import { badInput } from '../failure.ts';
import { GENERATOR } from '../version.ts';
import { checkOutput, writeOutput } from './output-files.ts';
import { resolvePath } from './toggles.ts';

export interface ExportValues {
  readonly export?: readonly WantedFile[];
  readonly report?: string;
}

interface WantedFile {
  readonly what: ExportKind;
  readonly file: string;
}

function wantedFile(text: string, before: readonly WantedFile[] = []): readonly WantedFile[] {
  const at = text.indexOf('=');
  const what = EXPORT_KINDS.find(kind => kind === text.slice(0, at));
  if (what === undefined || at === text.length - 1)
    throw new InvalidArgumentError(
      `expected KIND=FILE with a kind of ${EXPORT_KINDS.join(', ')}, found "${text}"`,
    );
  return [...before, { what, file: text.slice(at + 1) }];
}

/** Adds the options that name such files. */
export const withExports = (command: Command): Command =>
  command
    .option('--report <file>', 'write a report to send to somebody: one HTML file')
    .option(
      '--export <kind=file>',
      `write a file for another tool (again for more): ${EXPORT_KINDS.join(', ')}`,
      wantedFile,
    );

function wantedFiles({ export: named = [], report }: ExportValues): readonly WantedFile[] {
  const files = [...named, ...(report === undefined ? [] : [{ what: 'report', file: report } as const])];
  return files.map(({ what, file }) => ({ what, file: resolvePath(file) }));
}

/** Throws bad-input, before anything is computed, for what could not be written. */
export function checkExports(values: ExportValues, runs: 'run' | 'plan'): void {
  for (const { what, file } of wantedFiles(values)) {
    if (runs === 'plan' && needsRun(what))
      throw badInput(`expected a kind that needs no run, found "${what}": "run" writes it`, '--export');
    checkOutput(file);
  }
}

/** Writes the files that the options ask for; throws bad-input for what the file system refuses. */
export function writeExports(
  values: ExportValues,
  model: ModelSummary,
  compile: CompileReport,
  runs: readonly RunReport[],
): void {
  for (const { what, file } of wantedFiles(values)) {
    writeOutput(file, exportFile(what, { generator: GENERATOR, model, compile, runs }).content);
  }
}
