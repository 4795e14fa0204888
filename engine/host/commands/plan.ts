// `plan MODEL` and `plan PROBLEM.csv`: peak, lower bound and unplanned sum.

import type { Command } from 'commander';
import type { CompileOptions } from '../../options.ts';
import { boundedTensors, capacityText } from '../../report/extents.ts';
import { shareText } from '../../report/share-text.ts';
import type { CompileReport } from '../../report/types/compile.ts';
import type { ModelSummary } from '../../report/types/model.ts';
import type { PlanView } from '../../report/types/plan.ts';
import type { CallControl } from '../engines/engine-child.ts';
import type { Engines } from '../engines/engines.ts';
import { badInput } from '../failure.ts';
import { chainTotals, describeChains } from './chains.ts';
import { checkExports, type ExportValues, withExports, writeExports } from './exports.ts';
import { checkGroups } from './known-groups.ts';
import { openNamed } from './open-named.ts';
import { checkOutput } from './output-files.ts';
import { type ProblemValues, planProblem } from './plan-problem.ts';
import {
  answerWhatIf,
  asksWhatIf,
  byteCount,
  describeOrder,
  poolOption,
  type WhatIfValues,
} from './plan-what-if.ts';
import { type ExitStatus, formatBytes, formatMs, formatTable, print, withEngines } from './terminal.ts';
import { numberFromZero, optionsOf, resolvePath, wholeNumber, withToggles } from './toggles.ts';

interface PlanValues extends ExportValues, WhatIfValues, ProblemValues {}

export function planCommand(program: Command, done: (status: ExitStatus) => void): void {
  withExports(
    withToggles(program.command('plan').description("plan a model's memory, or a minimalloc problem")),
  )
    .argument('<model>', 'a file, sample:NAME, or PROBLEM.csv')
    .option('--out <file>', 'write the plan (JSON), or the solution (CSV)')
    .option('--capacity <bytes>', 'does the problem fit? Status 1 if not (CSV)', byteCount)
    .option('--timeout <seconds>', 'when a search stops (CSV)', numberFromZero)
    .option(
      '--seed <n>',
      'of the search (CSV); on one thread, without --timeout, the same plan every time',
      wholeNumber(0),
    )
    .option('--what-if', 'what changes of the plan as given would save, and what they ask for')
    .option('--budget <bytes>', 'does the model fit, and with which changes? Status 1 if not', byteCount)
    .option('--pool <name=size:cost>', 'a memory, and the cost of a byte there (again for more)', poolOption)
    .option('--json', 'print one JSON object')
    .action(async (model: string, values, command: Command) => {
      const isProblem = model.toLowerCase().endsWith('.csv');
      const chosen = (name: string): boolean => command.getOptionValueSource(name) !== 'default';
      refuseOthers(command, isProblem, asksWhatIf(values));
      if (values.out !== undefined) checkOutput(resolvePath(values.out));
      checkExports(values, 'plan');
      if (isProblem) {
        // A problem is asked about for its answer, a model is looked at: unless told otherwise.
        const { planner, threads, timeout } = values;
        const asked = {
          ...values,
          planner: chosen('planner') ? planner : 'exact',
          // Without a limit in time the answer is the same everywhere, which several searches together don't give.
          threads: chosen('threads') || timeout !== undefined ? threads : 1,
        };
        done(await planProblem(resolvePath(model), asked));
      } else {
        done(await planModel(model, values, chosen('planner')));
      }
    });
}

/** Attributes of options that say something of a problem, and of those that only do of one. */
const OF_PROBLEMS = new Set(['planner', 'threads', 'out', 'capacity', 'timeout', 'seed', 'pool', 'json']);
const ONLY_OF_PROBLEMS = new Set(['capacity', 'timeout', 'seed']);
/** Of options for what a plan is written to, which answers about changes have nothing for. */
const OF_PLANS = new Set(['out', 'export']);

/** An option that would change nothing is an error, not something to pass over. */
function refuseOthers(command: Command, isProblem: boolean, isWhatIf: boolean): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli') continue;
    const refuse = (expected: string): never => {
      throw badInput(`${expected}, found ${option.long ?? option.flags}`, 'plan');
    };
    if (isProblem && !OF_PROBLEMS.has(name)) refuse('expected options of a problem (CSV)');
    if (!isProblem && ONLY_OF_PROBLEMS.has(name)) {
      refuse(`expected options of a model${name === 'capacity' ? ' (--budget asks whether it fits)' : ''}`);
    }
    if (!isProblem && isWhatIf && OF_PLANS.has(name)) {
      refuse('expected no file to write with --what-if, --budget or --pool');
    }
  }
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
  isPlannerChosen: boolean,
): Promise<ExitStatus> {
  const options = optionsOf(values);
  return withEngines(async (engines, control) => {
    const opened = await openNamed(engines, model, options.dims, control);
    await checkGroups(engines, opened.model, options, control);
    if (asksWhatIf(values)) return answerWhatIf(engines, opened.model, options, values, control);
    const request = { model: opened.model, options };
    const compiled = await engines.call('compile', request, control);
    const searched =
      isPlannerChosen || compiled.asGiven.optimal
        ? undefined
        : await searchedAsGiven(engines, request, compiled.asGiven, control);
    const asGiven = searched ?? compiled.asGiven;
    const peaks = await engines.call('peaks', { ...request, given: asGiven.strategy }, control);
    const report: CompileReport = { ...compiled, asGiven, peaks };
    const whole =
      report.chains && (await executedWith(engines, request, { depthFirst: 'off' as const }, control));
    // Only of one worker is it known what it has read when it writes: what that would save is said, not done.
    const oneThread =
      options.threads > 1 && options.overlap && options.planner !== 'off'
        ? await executedWith(engines, request, { threads: 1 }, control)
        : undefined;
    const { out, ...others } = values;
    const plans = out === undefined ? [] : [{ what: 'plan', file: out } as const];
    const wanted = { ...others, export: [...plans, ...(values.export ?? [])] };
    writeExports(wanted, opened.summary, report, []);
    const { asExecuted } = report;
    const result = {
      planner: options.planner,
      asGiven: { ...column(asGiven), ...(searched && { planner: asGiven.strategy }) },
      order: peaks.order,
      withAliasing: column({ ...asGiven, ...peaks.withAliasing }),
      withoutOverlap: column({ ...asExecuted, ...peaks.withoutOverlap }),
      asExecuted: column(asExecuted),
      ...(oneThread && { oneThread: column(oneThread) }),
      depthFirst: {
        mode: options.depthFirst,
        ...(report.chains && chainTotals(report.chains)),
        ...(whole && { peakBytesWithout: whole.peakBytes }),
      },
      atCapacity: boundedTensors(opened.summary).map(({ name, dtype, shape, bounded }) => ({
        ...{ name, dtype, shape, bounded },
      })),
      ms: compiled.asGiven.ms + (searched?.ms ?? 0) + asExecuted.ms,
    };
    const { runnable, diagnostics } = opened.summary;
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const problems = errors.map(({ where, message }) => `error: ${where}: ${message}`);
    print({ ...result, runnable, diagnostics }, values.json, () =>
      [
        describe(report, whole),
        ...(searched
          ? [
              `as given by exact search: ${options.planner} alone needs ${formatBytes(compiled.asGiven.peakBytes)}`,
            ]
          : []),
        describeOrder(peaks.order),
        ...describeOneThread(asExecuted, oneThread),
        ...atCapacity(opened.summary),
        ...leftOut(opened.summary),
        ...problems,
      ].join('\n'),
    );
    return 0;
  });
}

const NAMES_SHOWN = 8;

/** Which tensors have an extent that only a run tells, and how much they are planned for. */
function atCapacity(summary: ModelSummary): string[] {
  const names = boundedTensors(summary).map(tensor => `${tensor.name} ${capacityText(tensor)}`);
  return names.length === 0 ? [] : [`planned at capacity: ${someOf(names)}`];
}

function someOf(names: readonly string[]): string {
  const more = names.length > NAMES_SHOWN ? `, … ${names.length} in all` : '';
  return `${names.slice(0, NAMES_SHOWN).join(', ')}${more}`;
}

/** Which tensors have no place in the plan because nothing says how large they are. */
function leftOut({ graph }: ModelSummary): string[] {
  const names = graph.tensors.filter(({ shape }) => !shape).map(({ name }) => name);
  return names.length === 0 ? [] : [`of unknown shape, left out: ${someOf(names)}`];
}

/**
 * The graph as given by a search that is soon through, where that needs less or shows that nothing needs less: placing
 * by size, which compiling does unless told otherwise, may miss the bound by a sixth.
 */
async function searchedAsGiven(
  engines: Engines,
  { model, options }: { readonly model: string; readonly options: CompileOptions },
  placed: PlanView,
  control: CallControl,
): Promise<PlanView | undefined> {
  const found = await engines.call('given', { model, options: { ...options, planner: 'exact' } }, control);
  return found.peakBytes < placed.peakBytes || found.optimal ? found : undefined;
}

/** What is executed with some options changed: to compare with. */
async function executedWith(
  engines: Engines,
  { model, options }: { readonly model: string; readonly options: CompileOptions },
  changed: Partial<CompileOptions>,
  control: CallControl,
): Promise<Column> {
  const request = { model, options: { ...options, ...changed } };
  return (await engines.call('compile', request, control)).asExecuted;
}

/** None where a single thread would save nothing. */
function describeOneThread({ peakBytes }: Column, oneThread: Column | undefined): string[] {
  if (!oneThread || oneThread.peakBytes >= peakBytes) return [];
  return [
    `${formatBytes(oneThread.peakBytes)} with --threads 1: no scratch for further threads, and results follow closer behind what is still read`,
  ];
}

/** What the columns have in common. */
type Column = Pick<PlanView, 'peakBytes' | 'lowerBoundBytes' | 'unplannedBytes' | 'optimal'>;

function describe(
  { asGiven, asExecuted, peaks, options, chains = [] }: CompileReport,
  whole: Column | undefined,
): string {
  const saved = ({ peakBytes, unplannedBytes }: Column): string =>
    unplannedBytes === 0 ? '–' : shareText(1 - peakBytes / unplannedBytes);
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
    [`planner ${options.planner}`, 'as given', 'with aliasing', 'without overlap', 'as executed'],
    row('peak', ({ peakBytes }) => formatBytes(peakBytes)),
    row('lower bound', ({ lowerBoundBytes }) => formatBytes(lowerBoundBytes)),
    row('unplanned', ({ unplannedBytes }) => formatBytes(unplannedBytes)),
    row('saved', saved),
    row('optimal', ({ optimal }) => (optimal ? 'yes' : 'not shown')),
    views('tensors', view => String(view.tensors.length)),
    views('steps', view => String(view.steps.length)),
    views('time', view => formatMs(view.ms)),
    ...(asGiven.uncounted || asExecuted.uncounted
      ? [views('bodies not counted', view => String(view.uncounted ?? 0))]
      : []),
  ]);
  const ratio = asExecuted.peakBytes / Math.max(1, whole?.peakBytes ?? 1);
  const comparison = whole
    ? [
        `${asExecuted.peakBytes} bytes with --depth-first ${options.depthFirst}, ` +
          `${whole.peakBytes} without: ${(100 * ratio).toFixed(1)} %`,
      ]
    : [];
  const shape = `SIMD ${options.simd}, threads ${options.threads}`;
  const isOpen = !(asGiven.optimal && asExecuted.optimal);
  const proof =
    isOpen && options.planner !== 'exact'
      ? ['--planner exact looks for less, or proves that there is none']
      : [];
  return [table, shape, ...describeChains(chains), ...comparison, ...proof].join('\n');
}
