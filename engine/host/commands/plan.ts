// `plan MODEL` and `plan PROBLEM.csv`: peak, lower bound and unplanned sum.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { CompileOptions, Strategy } from '../../options.ts';
import { readCsv, writeCsv } from '../../planner/csv.ts';
import { plan } from '../../planner/plan.ts';
import type { PlanResult } from '../../planner/types.ts';
import { validate } from '../../planner/validate.ts';
import type { CompileReport, ModelSummary, PlanView } from '../../report/types.ts';
import type { CallControl } from '../engine-child.ts';
import type { Engines } from '../engines.ts';
import { badInput } from '../failure.ts';
import { chainTotals, describeChains } from './chains.ts';
import { checkExports, type ExportValues, withExports, writeExports } from './exports.ts';
import { checkGroups } from './known-groups.ts';
import { openNamed } from './open-named.ts';
import { checkOutput, writeOutput } from './output-files.ts';
import { answerWhatIf, asksWhatIf, byteCount, poolOption, type WhatIfValues } from './plan-what-if.ts';
import { type ExitStatus, formatBytes, formatMs, formatTable, print, withEngines } from './terminal.ts';
import { optionsOf, positiveNumber, resolvePath, wholeNumber, withToggles } from './toggles.ts';

interface PlanValues extends ExportValues, WhatIfValues {
  readonly out?: string;
  readonly capacity?: number;
  readonly timeout?: number;
  readonly planner: Strategy;
}

export function planCommand(program: Command, done: (status: ExitStatus) => void): void {
  withExports(
    withToggles(program.command('plan').description("plan a model's memory, or a minimalloc problem")),
  )
    .argument('<model>', 'a file, sample:NAME, or PROBLEM.csv')
    .option('--out <file>', 'write the plan (JSON), or the solution (CSV)')
    .option('--capacity <bytes>', 'does the problem fit? Status 1 if not (CSV)', wholeNumber(0))
    .option('--timeout <seconds>', 'when a search stops (CSV)', positiveNumber)
    .option('--what-if', 'what changes of the plan as given would save, and what they ask for')
    .option('--budget <bytes>', 'does the model fit, and with which changes? Status 1 if not', byteCount)
    .option('--pool <name=size:cost>', 'a memory, and the cost of a byte there (again for more)', poolOption)
    .option('--json', 'print one JSON object')
    .action(async (model: string, values, command: Command) => {
      if (values.out !== undefined) checkOutput(resolvePath(values.out));
      checkExports(values, 'plan');
      if (model.toLowerCase().endsWith('.csv')) {
        // A problem is asked about for its answer, a model is looked at: unless told otherwise.
        const chosen = command.getOptionValueSource('planner') !== 'default';
        done(planProblem(resolvePath(model), chosen ? values : { ...values, planner: 'exact' }));
      } else {
        done(await planModel(model, values));
      }
    });
}

const column = ({ peakBytes, lowerBoundBytes, unplannedBytes, optimal }: Column) => ({
  peakBytes,
  lowerBoundBytes,
  unplannedBytes,
  optimal,
});

async function planModel(
  model: string,
  values: PlanValues & Parameters<typeof optionsOf>[0],
): Promise<ExitStatus> {
  const options = optionsOf(values);
  return withEngines(async (engines, control) => {
    const opened = await openNamed(engines, model, options.dims, control);
    await checkGroups(engines, opened.model, options, control);
    if (asksWhatIf(values)) return answerWhatIf(engines, opened.model, options, values, control);
    const request = { model: opened.model, options };
    const peaks = await engines.call('peaks', request, control);
    const report = { ...(await engines.call('compile', request, control)), peaks };
    const whole = report.chains && (await plannedWhole(engines, request, control));
    const { out, ...others } = values;
    const plans = out === undefined ? [] : [{ what: 'plan', file: out } as const];
    const wanted = { ...others, export: [...plans, ...(values.export ?? [])] };
    writeExports(wanted, opened.summary, report, []);
    const { asGiven, asExecuted } = report;
    const result = {
      planner: options.planner,
      asGiven: column(asGiven),
      withAliasing: column({ ...asGiven, ...peaks.withAliasing }),
      withoutOverlap: column({ ...asExecuted, ...peaks.withoutOverlap }),
      asExecuted: column(asExecuted),
      depthFirst: {
        mode: options.depthFirst,
        ...(report.chains && chainTotals(report.chains)),
        ...(whole && { peakBytesWithout: whole.peakBytes }),
      },
      ms: asGiven.ms + asExecuted.ms,
    };
    const { runnable, diagnostics } = opened.summary;
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const problems = errors.map(({ where, message }) => `error: ${where}: ${message}`);
    print({ ...result, runnable, diagnostics }, values.json, () =>
      [describe(report, whole), ...leftOut(opened.summary), ...problems].join('\n'),
    );
    return 0;
  });
}

const NAMES_SHOWN = 8;

/** Which tensors have no place in the plan because nothing says how large they are. */
function leftOut({ graph }: ModelSummary): string[] {
  const names = graph.tensors.filter(({ shape }) => !shape).map(({ name }) => name);
  if (names.length === 0) return [];
  const more = names.length > NAMES_SHOWN ? `, … ${names.length} in all` : '';
  return [`of unknown shape, left out: ${names.slice(0, NAMES_SHOWN).join(', ')}${more}`];
}

/** What is executed where no steps run depth-first: to compare with. */
async function plannedWhole(
  engines: Engines,
  { model, options }: { readonly model: string; readonly options: CompileOptions },
  control: CallControl,
): Promise<Column> {
  const request = { model, options: { ...options, depthFirst: 'off' as const } };
  return (await engines.call('compile', request, control)).asExecuted;
}

/** What the columns have in common. */
type Column = Pick<PlanView, 'peakBytes' | 'lowerBoundBytes' | 'unplannedBytes' | 'optimal'>;

function describe(
  { asGiven, asExecuted, peaks, options, chains = [] }: CompileReport,
  whole: Column | undefined,
): string {
  const saved = ({ peakBytes, unplannedBytes }: Column): string =>
    unplannedBytes === 0 ? '–' : `${((1 - peakBytes / unplannedBytes) * 100).toFixed(1)} %`;
  const aliased = { ...asGiven, ...peaks?.withAliasing };
  const apart = { ...asExecuted, ...peaks?.withoutOverlap };
  const row = (name: string, value: (column: Column) => string): string[] => [
    name,
    ...[asGiven, aliased, apart, asExecuted].map(value),
  ];
  const views = (name: string, value: (view: PlanView) => string): string[] => [
    name,
    ...[value(asGiven), '', '', value(asExecuted)],
  ];
  const table = formatTable([
    [`planner ${asGiven.strategy}`, 'as given', 'with aliasing', 'without overlap', 'as executed'],
    row('peak', ({ peakBytes }) => formatBytes(peakBytes)),
    row('lower bound', ({ lowerBoundBytes }) => formatBytes(lowerBoundBytes)),
    row('unplanned', ({ unplannedBytes }) => formatBytes(unplannedBytes)),
    row('saved', saved),
    row('optimal', ({ optimal }) => (optimal ? 'yes' : 'not shown')),
    views('tensors', view => String(view.tensors.length)),
    views('steps', view => String(view.steps.length)),
    views('time', view => formatMs(view.ms)),
  ]);
  const ratio = asExecuted.peakBytes / Math.max(1, whole?.peakBytes ?? 1);
  const comparison = whole
    ? [
        `${asExecuted.peakBytes} bytes with --depth-first ${options.depthFirst}, ` +
          `${whole.peakBytes} without: ${(100 * ratio).toFixed(1)} %`,
      ]
    : [];
  const shape = `SIMD ${options.simd}, threads ${options.threads}`;
  return [table, shape, ...describeChains(chains), ...comparison].join('\n');
}

/** Plans a problem file; the check is whether it fits. */
function planProblem(file: string, values: PlanValues): ExitStatus {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw badInput(`expected a problem (${error instanceof Error ? error.message : error})`, file);
  }
  const read = readCsv(text);
  if (!read.ok) throw badInput(read.error.message, `${file}:${read.error.line}:${read.error.column}`);
  const { capacity, timeout } = values;
  const result = plan(read.problem, values.planner, {
    ...(timeout !== undefined && { timeLimitMs: timeout * 1000 }),
    ...(capacity !== undefined && { capacity }),
  });
  const violation = validate(read.problem, result.solution)[0];
  if (violation)
    throw new Error(`the ${values.planner} planner made an invalid plan: ${JSON.stringify(violation)}`);
  if (values.out !== undefined) writeOutput(resolvePath(values.out), writeCsv(read.problem, result.solution));
  const { height } = result.solution;
  const fits = capacity === undefined || height <= capacity;
  const summary = {
    planner: values.planner,
    height,
    lowerBound: result.lowerBound.bytes,
    unplanned: result.unplannedBytes,
    optimal: result.optimal,
    gap: height - result.lowerBound.bytes,
    why: reasonOf(result),
    fits,
    ms: result.durationMs,
  };
  print(summary, values.json, () =>
    formatTable([
      [`planner ${values.planner}`, `${read.problem.buffers.length} buffers`],
      ['height', String(height)],
      ['lower bound', String(summary.lowerBound)],
      ['unplanned', String(summary.unplanned)],
      ['gap', String(summary.gap)],
      ['optimal', summary.optimal ? 'yes' : 'not shown'],
      ...(capacity === undefined ? [] : [['fits', fits ? 'yes' : 'no']]),
      ['time', formatMs(summary.ms)],
    ]).concat(`\n${summary.why}`),
  );
  return fits ? 0 : 1;
}

/** Why the answer is what it is, in a sentence. */
function reasonOf({ optimal, lowerBound: { bytes, searched, step, witness } }: PlanResult): string {
  const bound = searched
    ? `a search that ended shows that nothing below ${bytes} fits`
    : `step ${step} needs ${bytes} for the ${witness.length} buffers that live in it`;
  return optimal ? `optimal: ${bound}` : `not proved: ${bound}, and no plan of that size was found`;
}
