// What `plan MODEL` says: a table of the four plans, and what stands around them.

import { boundedTensors, capacityText } from '../../report/extents.ts';
import { shareText } from '../../report/share-text.ts';
import type { CompileReport } from '../../report/types/compile.ts';
import type { ModelSummary } from '../../report/types/model.ts';
import type { PlanView } from '../../report/types/plan.ts';
import type { EngineReplies } from '../engines/engine-requests.ts';
import { describeChains } from './chains.ts';
import { describeOrder } from './plan-what-if.ts';
import { formatBytes, formatMs, formatTable } from './terminal.ts';

/** What the columns have in common. */
export type Column = Pick<PlanView, 'peakBytes' | 'lowerBoundBytes' | 'unplannedBytes' | 'optimal'>;

/** What was found about a model's memory. */
export interface Plans {
  /** its plan as given is the better one of `placed` and `searched` */
  readonly report: CompileReport;
  readonly peaks: EngineReplies['peaks'];
  /** the plan as given by the strategy chosen */
  readonly placed: PlanView;
  /** that by exact search, where it needs less or is proved */
  readonly searched: PlanView | undefined;
  /** what is executed without chains, where there are some */
  readonly whole: Column | undefined;
  /** what is executed on one thread, where that may need less */
  readonly oneThread: Column | undefined;
}

export function describePlans(plans: Plans, summary: ModelSummary): string {
  const { report, peaks, placed, searched, whole, oneThread } = plans;
  const errors = summary.diagnostics.filter(({ severity }) => severity === 'error');
  const { planner } = report.options;
  return [
    describe(report, whole),
    ...(searched
      ? [`as given by exact search: ${planner} alone needs ${formatBytes(placed.peakBytes)}`]
      : []),
    describeOrder(peaks.order),
    ...describeOneThread(report.asExecuted, oneThread),
    ...atCapacity(summary),
    ...leftOut(summary),
    ...errors.map(({ where, message }) => `error: ${where}: ${message}`),
  ].join('\n');
}

/** None where a single thread would save nothing. */
function describeOneThread({ peakBytes }: Column, oneThread: Column | undefined): string[] {
  if (!oneThread || oneThread.peakBytes >= peakBytes) return [];
  return [
    `${formatBytes(oneThread.peakBytes)} with --threads 1: no scratch for further threads, and results follow closer behind what is still read`,
  ];
}

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
