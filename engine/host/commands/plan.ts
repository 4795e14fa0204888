// `plan MODEL` and `plan PROBLEM.csv`: peak, lower bound and unplanned sum.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Strategy } from '../../options.ts';
import { readCsv, writeCsv } from '../../planner/csv.ts';
import { plan } from '../../planner/plan.ts';
import { validate } from '../../planner/validate.ts';
import type { CompileReport, PlanView } from '../../report/types.ts';
import { badInput } from '../failure.ts';
import { chainTotals, describeChains } from './chains.ts';
import { checkGroups } from './known-groups.ts';
import { openNamed } from './open-named.ts';
import { checkOutput, writeOutput } from './output-files.ts';
import { type ExitStatus, formatBytes, formatMs, formatTable, print, withEngines } from './terminal.ts';
import { optionsOf, positiveNumber, resolvePath, wholeNumber, withToggles } from './toggles.ts';

interface PlanValues {
  readonly json?: boolean;
  readonly out?: string;
  readonly capacity?: number;
  readonly timeout?: number;
  readonly planner: Strategy;
}

export function planCommand(program: Command, done: (status: ExitStatus) => void): void {
  withToggles(program.command('plan').description("plan a model's memory, or a minimalloc problem"))
    .argument('<model>', 'a file, sample:NAME, or PROBLEM.csv')
    .option('--out <file>', 'write the plan (JSON), or the solution (CSV)')
    .option('--capacity <bytes>', 'does the problem fit? Status 1 if not (CSV)', wholeNumber(0))
    .option('--timeout <seconds>', 'when a search stops (CSV)', positiveNumber)
    .option('--json', 'print one JSON object')
    .action(async (model: string, values, command: Command) => {
      if (values.out !== undefined) checkOutput(resolvePath(values.out));
      if (model.toLowerCase().endsWith('.csv')) {
        // A problem is asked about for its answer, a model is looked at: unless told otherwise.
        const chosen = command.getOptionValueSource('planner') !== 'default';
        done(planProblem(resolvePath(model), chosen ? values : { ...values, planner: 'exact' }));
      } else {
        await planModel(model, values);
        done(0);
      }
    });
}

const column = ({ peakBytes, lowerBoundBytes, unplannedBytes, optimal }: PlanView) => ({
  peakBytes,
  lowerBoundBytes,
  unplannedBytes,
  optimal,
});

async function planModel(model: string, values: PlanValues & Parameters<typeof optionsOf>[0]): Promise<void> {
  const options = optionsOf(values);
  await withEngines(async (engines, control) => {
    const opened = await openNamed(engines, model, options.dims, control);
    await checkGroups(engines, opened.model, options, control);
    const report = await engines.call('compile', { model: opened.model, options }, control);
    if (values.out !== undefined) {
      const request = { model: opened.model, what: 'plan', options } as const;
      const { text } = await engines.call('export', request, control);
      writeOutput(resolvePath(values.out), text);
    }
    const { asGiven, asExecuted } = report;
    const result = {
      planner: options.planner,
      asGiven: column(asGiven),
      asExecuted: column(asExecuted),
      ...(report.chains && { depthFirst: chainTotals(report.chains) }),
      ms: asGiven.ms + asExecuted.ms,
    };
    const { runnable, diagnostics } = opened.summary;
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const problems = errors.map(({ where, message }) => `error: ${where}: ${message}`);
    print({ ...result, runnable, diagnostics }, values.json, () =>
      [describe(report), ...problems].join('\n'),
    );
  });
}

function describe({ asGiven, asExecuted, options, chains = [] }: CompileReport): string {
  const saved = ({ peakBytes, unplannedBytes }: PlanView): string =>
    unplannedBytes === 0 ? '–' : `${((1 - peakBytes / unplannedBytes) * 100).toFixed(1)} %`;
  const row = (name: string, value: (view: PlanView) => string): string[] => [
    name,
    value(asGiven),
    value(asExecuted),
  ];
  const table = formatTable([
    [`planner ${asGiven.strategy}`, 'as given', 'as executed'],
    row('peak', view => formatBytes(view.peakBytes)),
    row('lower bound', view => formatBytes(view.lowerBoundBytes)),
    row('unplanned', view => formatBytes(view.unplannedBytes)),
    row('saved', saved),
    row('optimal', view => (view.optimal ? 'yes' : 'not shown')),
    row('tensors', view => String(view.tensors.length)),
    row('steps', view => String(view.steps.length)),
    row('time', view => formatMs(view.ms)),
  ]);
  return [table, `SIMD ${options.simd}, threads ${options.threads}`, ...describeChains(chains)].join('\n');
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
    fits,
    ms: result.durationMs,
  };
  print(summary, values.json, () =>
    formatTable([
      [`planner ${values.planner}`, `${read.problem.buffers.length} buffers`],
      ['height', String(height)],
      ['lower bound', String(summary.lowerBound)],
      ['unplanned', String(summary.unplanned)],
      ['optimal', summary.optimal ? 'yes' : 'not shown'],
      ...(capacity === undefined ? [] : [['fits', fits ? 'yes' : 'no']]),
      ['time', formatMs(summary.ms)],
    ]),
  );
  return fits ? 0 : 1;
}
