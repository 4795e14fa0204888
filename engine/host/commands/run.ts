// `run MODEL`: compile, run, measure; optionally on given inputs, with the outputs written to files.

import path from 'node:path';
import { type Command, Option } from 'commander';
import { counted } from '../../report/counted.ts';
import { capacityText } from '../../report/extents.ts';
import { allSettingsText } from '../../report/settings-text.ts';
import type { ModelSummary } from '../../report/types/model.ts';
import type { GroupError, RunReport } from '../../report/types/run.ts';
import type { EngineChild } from '../engines/engine-child.ts';
import type { EngineRequestOf, InputSource } from '../engines/engine-requests.ts';
import { measure } from '../engines/measure.ts';
import { readDataSet } from '../process/conformance.ts';
import { describeChains } from './chains.ts';
import { checkExports, type ExportValues, withExports, writeExports } from './exports.ts';
import { checkGroups, groupsAreFixed } from './known-groups.ts';
import { openNamed } from './open-named.ts';
import { makeFolder, writeOutput } from './output-files.ts';
import {
  describeSanitizer,
  type ExitStatus,
  formatBytes,
  formatMs,
  formatTable,
  print,
  withEngines,
} from './terminal.ts';
import { assignment, optionsOf, resolvePath, wholeNumber, withToggles } from './toggles.ts';

interface RunValues extends ExportValues {
  readonly json?: boolean;
  readonly input?: Record<string, string>;
  readonly data?: string;
  readonly out?: string;
  readonly iterations: number;
  readonly check: 'none' | 'unfused' | 'reference';
  readonly groupErrors?: boolean;
  readonly seed: number;
  readonly sanitize?: boolean;
  /** false: --no-cache */
  readonly cache: boolean;
}

export function runCommand(program: Command, done: (status: ExitStatus) => void): void {
  withExports(withToggles(program.command('run').description('run a model, timed')))
    .argument('<model>', 'a file, or sample:NAME')
    .option('--input <name=file>', 'an input from a .pb or .npy file (again for more)', assignment)
    .option('--data <dir>', 'inputs from input_K.pb in a folder')
    .option('--out <dir>', 'write the outputs as output_K.pb')
    .option('--iterations <n>', 'timed runs after warm-up', wholeNumber(1), 20)
    .addOption(
      new Option('--check <against>', 'compare the outputs with another way to compute them')
        .choices(['none', 'unfused', 'reference'])
        .default('unfused'),
    )
    .option('--group-errors', 'with --check: the largest error of every fused group too')
    .option('--seed <n>', 'of the inputs that are not given', wholeNumber(0), 1)
    .option('--sanitize', 'repeat the run with dead memory filled, and watch what steps write')
    .option('--no-cache', 'compile, whatever was compiled before, and keep nothing')
    .option('--json', 'print one JSON object')
    .action(async (model: string, values) => {
      const { report, summary } = await run(model, values);
      print(report, values.json, () => describe(report, summary));
      done(report.sanitizer?.ok === false ? 1 : 0);
    });
}

/** Named files count before the folder's. */
function inputsOf(values: Pick<RunValues, 'input' | 'data' | 'seed'>): InputSource {
  const folder = values.data === undefined ? [] : readDataSet(resolvePath(values.data)).inputs;
  const named = Object.entries(values.input ?? {}).map(([name, file]) => ({ name, path: resolvePath(file) }));
  const files = [...folder, ...named];
  if (files.length === 0) return { kind: 'seeded', seed: values.seed };
  return { kind: 'files', files, seed: values.seed };
}

interface Ran {
  readonly report: RunReport;
  readonly summary: ModelSummary;
}

async function run(model: string, values: RunValues & Parameters<typeof optionsOf>[0]): Promise<Ran> {
  const options = optionsOf(values);
  const inputs = inputsOf(values);
  checkExports(values, 'run');
  if (values.out !== undefined) makeFolder(resolvePath(values.out));
  return withEngines(async (engines, control) => {
    if (inputs.kind === 'files') for (const file of inputs.files) engines.allow(path.dirname(file.path));
    const opened = await openNamed(engines, model, options.dims, control);
    const early = groupsAreFixed(opened.summary, inputs);
    if (early) await checkGroups(engines, opened.model, options, control);
    const { iterations, check, groupErrors = false, out, sanitize = false, cache } = values;
    const asked = { iterations, check, groupErrors, inputs, sanitize, noCache: !cache };
    const request = { model: opened.model, variants: [options], ...asked };
    const inspect = (child: EngineChild, session: string) =>
      out === undefined ? Promise.resolve() : writeOutputs(child, session, resolvePath(out));
    const [report] = await measure(engines, { ...request, inspect }, control);
    if (!report) throw new Error('measured one variant and got no report');
    // With the dimensions that the inputs fixed.
    if (!early) await checkGroups(engines, opened.model, report.options, control);
    const summary = engines.summaryOf(opened.model);
    writeExports(values, summary, report.compile, [report]);
    return { report, summary };
  });
}

async function writeOutputs(
  child: EngineChild,
  session: EngineRequestOf<'outputs'>['session'],
  folder: string,
): Promise<void> {
  const outputs = await child.call('outputs', { session });
  for (let output = 0; output < outputs.length; output++) {
    const { base64 } = await child.call('encode', { session, output });
    writeOutput(path.join(folder, `output_${output}.pb`), Buffer.from(base64, 'base64'));
  }
}

const SLOWEST_SHOWN = 15;
const GROUPS_SHOWN = 10;

function describeGroupErrors(groups: readonly GroupError[] | undefined): string[] {
  if (groups === undefined) return [];
  const largest = [...groups].sort((a, b) => b.maxAbsError - a.maxAbsError).slice(0, GROUPS_SHOWN);
  const rows = largest.map(({ group, maxAbsError, maxRelError }) => [
    group,
    maxAbsError.toPrecision(3),
    maxRelError.toPrecision(3),
  ]);
  return [formatTable([['groups of the largest errors', 'absolute', 'of the largest'], ...rows])];
}

const EXTENTS_SHOWN = 8;

/** What the sizes of tensors turned out to be that nobody knew before. */
function describeExtents({ extents = [] }: RunReport, { graph }: ModelSummary): string[] {
  const names = new Map(graph.tensors.map(tensor => [tensor.id, `${tensor.name} ${capacityText(tensor)}`]));
  const shown = extents
    .slice(0, EXTENTS_SHOWN)
    .map(({ tensor, shape }) => `${names.get(tensor) ?? tensor} was [${shape.join(', ')}]`);
  const more = extents.length > EXTENTS_SHOWN ? `, … ${extents.length} in all` : '';
  return shown.length === 0 ? [] : [`sizes known since it ran: ${shown.join(', ')}${more}`];
}

function describe(report: RunReport, summary: ModelSummary): string {
  const ms = (ns: number): string => formatMs(ns / 1e6);
  const { total, memory, options, check } = report;
  const slowest = [...report.steps].sort((a, b) => b.medianNs - a.medianNs).slice(0, SLOWEST_SHOWN);
  return [
    `${report.model.name}: ${allSettingsText(options)}`,
    `median ${ms(total.medianNs)} of ${counted(report.iterations, 'run')}, min ${ms(total.minNs)}, p95 ${ms(total.p95Ns)}; ` +
      `ready in ${formatMs(report.compileMs)}${report.compile.cached ? ' (from the cache)' : ''}, first run ${formatMs(report.firstRunMs)}`,
    `weights ${formatBytes(memory.weightsBytes)}, arena ${formatBytes(memory.arenaBytes)} ` +
      `(lower bound ${formatBytes(memory.lowerBoundBytes)}, unplanned ${formatBytes(memory.unplannedBytes)})`,
    ...describeChains(report.compile.chains ?? []),
    ...(check
      ? [
          `largest error against ${check.against}: ${check.maxAbsError.toPrecision(3)} absolute, ${check.maxRelError.toPrecision(3)} of the largest value`,
        ]
      : []),
    ...describeGroupErrors(check?.groups),
    ...(report.sanitizer ? describeSanitizer(report.sanitizer) : []),
    ...report.outputs.map(
      ({ name, dtype, shape, values }) =>
        `${name}: ${dtype} [${shape.join(', ')}] ${values.slice(0, 4).join(' ')} …`,
    ),
    ...describeExtents(report, summary),
    formatTable([
      ['slowest steps', 'operators', 'kind', 'median'],
      ...slowest.map(step => [step.name, step.title, step.kind, ms(step.medianNs)]),
    ]),
  ].join('\n');
}
