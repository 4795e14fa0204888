// `plan MODEL --what-if`, `--budget` and `--pool`: what changes of the plan as given and other settings of the program
// would save, whether it fits, and in which memory what would lie.

import { InvalidArgumentError } from 'commander';
import type { CompileOptions } from '../../options.ts';
import type { OrderPeak } from '../../report/types/plan.ts';
import { type StepTime, stepTimesOf } from '../../report/what-if/report.ts';
import type {
  BudgetAnswer,
  ExecutedPlan,
  ExtraWork,
  FrontPoint,
  PoolAnswer,
  PoolSpec,
  WhatIfReport,
} from '../../report/what-if/types.ts';
import type { CallControl } from '../engines/engine-child.ts';
import type { Engines } from '../engines/engines.ts';
import { measure } from '../engines/measure.ts';
import { Failure } from '../failure.ts';
import { describeCost } from './plan-problem.ts';
import { type ExitStatus, formatBytes, formatMs, formatTable, print } from './terminal.ts';

export interface WhatIfValues {
  readonly whatIf?: boolean;
  readonly budget?: number;
  readonly pool?: readonly PoolSpec[];
  readonly json?: boolean;
}

/** Whether any of the options was given that ask what a model would need otherwise. */
export const asksWhatIf = ({ whatIf, budget, pool }: WhatIfValues): boolean =>
  whatIf === true || budget !== undefined || (pool?.length ?? 0) > 0;

const UNITS: Readonly<Record<string, number>> = { '': 1, B: 1, KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30 };

/** '256KiB', '1.5MiB', '65536'. */
export function byteCount(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  if (number === undefined || factor === undefined) {
    throw new InvalidArgumentError(`expected bytes as 65536, 256KiB or 1.5MiB, found "${text}"`);
  }
  return Math.floor(Number(number) * factor);
}

/** 'sram=256KiB:1', once for each memory: its name, its size, and the cost of a byte read or written. */
export function poolOption(text: string, before: readonly PoolSpec[] = []): PoolSpec[] {
  const [, id, size, cost = '1'] = /^([^=:]+)=([^:]+)(?::(.+))?$/.exec(text) ?? [];
  if (id === undefined || size === undefined) {
    throw new InvalidArgumentError(`expected NAME=SIZE:COST, found "${text}"`);
  }
  if (!(Number(cost) >= 0)) throw new InvalidArgumentError(`expected a cost from 0, found "${cost}"`);
  if (before.some(pool => pool.id === id)) {
    throw new InvalidArgumentError(`expected a name for each memory, found a second "${id}"`);
  }
  return [...before, { id, sizeBytes: byteCount(size), cost: Number(cost) }];
}

/** Asks, prints, and says whether what was asked to fit fits. */
export async function answerWhatIf(
  engines: Engines,
  model: string,
  options: CompileOptions,
  values: WhatIfValues,
  control: CallControl,
): Promise<ExitStatus> {
  const { whatIf = false, budget, pool = [], json } = values;
  const isAboutChanges = whatIf || budget !== undefined;
  const times = isAboutChanges ? await stepTimes(engines, model, options, control) : [];
  const request = { model, options, pools: [...pool], changes: whatIf, times };
  const report = await engines.call(
    'whatIf',
    { ...request, ...(budget !== undefined && { budgetBytes: budget }) },
    control,
  );
  print(report, json, () =>
    [
      baseLine(report),
      ...(report.order ? [describeOrder(report.order)] : []),
      ...(whatIf ? [itemsTable(report), frontTable(report), executedTable(report)] : []),
      ...(report.budget ? [describeBudget(report.budget, report)] : []),
      ...(report.pools ? [describePools(report.pools)] : []),
    ].join('\n\n'),
  );
  const misses = report.budget?.fits === false || report.pools?.fits === false;
  return misses ? 1 : 0;
}

/** Timed runs from which it is told what computing again costs. */
const TIMED_RUNS = 5;

/** How long each step takes here; nothing of a model that cannot be run: its plan can be asked about all the same. */
async function stepTimes(
  engines: Engines,
  model: string,
  options: CompileOptions,
  control: CallControl,
): Promise<StepTime[]> {
  if (!engines.summaryOf(model).runnable) return [];
  const inputs = { kind: 'seeded', seed: 0 } as const;
  const request = { model, variants: [options], iterations: TIMED_RUNS, check: 'none', inputs } as const;
  try {
    const [report] = await measure(engines, request, control);
    return stepTimesOf(report?.steps ?? []);
  } catch (error) {
    if (error instanceof Failure && error.id === 'bad-input') return [];
    throw error;
  }
}

function baseLine({ base, ms }: WhatIfReport): string {
  const proof = base.optimal ? 'proved' : `bound ${formatBytes(base.lowerBoundBytes)}`;
  return `as given ${formatBytes(base.peakBytes)} (${proof}), planned in ${formatMs(ms)}`;
}

function describeExtra({ multiplyAdds, trafficBytes, ms }: ExtraWork, total: number): string {
  const parts = [
    ...(multiplyAdds > 0
      ? [`+${((100 * multiplyAdds) / Math.max(1, total)).toFixed(1)} % multiply-adds`]
      : []),
    ...(trafficBytes > 0 ? [`${formatBytes(trafficBytes)} of traffic`] : []),
    ...(ms !== undefined && ms > 0 ? [`${formatMs(ms)} by a run`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'none';
}

/** Rows of the list; the JSON has all. */
const MAX_ROWS = 25;

function itemsTable({ items, multiplyAdds }: WhatIfReport): string {
  const found = items.filter(({ savedBytes }) => savedBytes > 0);
  const saving = found.filter(({ beaten }) => !beaten);
  const rows = saving
    .slice(0, MAX_ROWS)
    .map(({ savedBytes, peakBytes, optimal, extra, kind, executed, title }) => [
      formatBytes(savedBytes),
      formatBytes(peakBytes),
      optimal ? 'yes' : 'no',
      describeExtra(extra, multiplyAdds),
      kind,
      executed,
      title,
    ]);
  const left = found.length - rows.length;
  const more = left > 0 ? `\n${left} more with --json, most of them beaten by one of these` : '';
  return `${formatTable([['saves', 'peak', 'proved', 'extra work', 'change', 'as executed', ''], ...rows])}${more}`;
}

/** Changes that ask for nothing are counted, the others named. */
function describePoint({ changes }: FrontPoint, { items }: WhatIfReport): string {
  const named = items.filter(({ id, kind }) => changes.includes(id) && !isFree(kind));
  const free = changes.length - named.length;
  const names = named.map(({ title }) => title);
  return [...names, ...(free > 0 ? [`${free} that share memory or order`] : [])].join('; ') || 'as given';
}

const isFree = (kind: string): boolean => ['in-place', 'view', 'slices', 'unread', 'order'].includes(kind);

function frontTable(report: WhatIfReport): string {
  const rows = report.front.map(point => [
    formatBytes(point.peakBytes),
    point.optimal ? 'yes' : 'no',
    describeExtra(point.extra, report.multiplyAdds),
    describePoint(point, report),
  ]);
  return formatTable([['peak', 'proved', 'extra work', 'changes together'], ...rows]);
}

/** The order of the graph as given, and what is known of others. */
export function describeOrder({
  givenPeakBytes,
  peakBytes,
  lowerBoundBytes,
  proved,
  stoppedBy,
  ...found
}: OrderPeak): string {
  const live =
    peakBytes < givenPeakBytes
      ? `${formatBytes(peakBytes)} instead of ${formatBytes(givenPeakBytes)}`
      : formatBytes(peakBytes);
  const proof = proved
    ? 'proved: no order needs less'
    : `not proved: stopped by ${stoppedBy ?? 'work'} at a bound of ${formatBytes(lowerBoundBytes)}, a gap of ${formatBytes(peakBytes - lowerBoundBytes)}`;
  return `order as given: ${live} live at once, ${proof} (${found.states} sets of steps, ${formatMs(found.ms)})`;
}

function executedTable({ executed, multiplyAdds }: WhatIfReport): string {
  const rows = executed.map(({ title, peakBytes, savedBytes, optimal, extra, settings }) => [
    savedBytes > 0 ? formatBytes(savedBytes) : '–',
    formatBytes(peakBytes),
    optimal ? 'yes' : 'no',
    describeExtra(extra, multiplyAdds),
    describeSettings(settings),
    title,
  ]);
  return formatTable([['saves', 'peak', 'proved', 'extra work', 'as executed, with', ''], ...rows]);
}

const FLAGS: Readonly<Record<keyof ExecutedPlan['settings'], string>> = {
  planner: '--planner',
  inPlace: '--in-place',
  overlap: '--overlap',
  lean: '--lean',
  reorder: '--reorder',
  depthFirst: '--depth-first',
  threads: '--threads',
  disabledGroups: '--no-group',
};

/** As it is written on the command line; '–' for the program as it is. */
function describeSettings(settings: ExecutedPlan['settings']): string {
  const { disabledGroups = [], ...others } = settings;
  const texts = Object.entries(others).map(([name, value]) => {
    const text = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
    return `${FLAGS[name as keyof ExecutedPlan['settings']]} ${text}`;
  });
  const without = disabledGroups.length > 0 ? [`${disabledGroups.length} other chains off`] : [];
  return [...texts, ...without].join(' ') || '–';
}

function describeBudget(answer: BudgetAnswer, report: WhatIfReport): string {
  const { budgetBytes, fits, point, executed, missingBytes } = answer;
  const extra = (work: ExtraWork): string => `extra work: ${describeExtra(work, report.multiplyAdds)}`;
  const run = executed && [
    `${formatBytes(executed.peakBytes)} as executed, ${executed.title} (${describeSettings(executed.settings)}), ${extra(executed.extra)}`,
  ];
  const given = `${formatBytes(point.peakBytes)} of the graph as given with ${describePoint(point, report)}, ${extra(point.extra)}`;
  // A plan that runs is of more use than one that would have to be built.
  const plans = [...(run ?? []), given];
  const shown = fits && executed && executed.peakBytes > budgetBytes ? [given] : plans;
  return fits
    ? `fits ${formatBytes(budgetBytes)}: ${shown[0]}`
    : `does not fit ${formatBytes(budgetBytes)}: ${formatBytes(missingBytes)} missing; the least found is ${plans.join(', and ')}`;
}

function describePools(answer: PoolAnswer): string {
  const { fits, schedule, pools, missingBytes } = answer;
  if (!fits) return `does not fit the memories, ${schedule}: they lack ${formatBytes(missingBytes)}`;
  const rows = pools.map(pool => [
    pool.id,
    `${formatBytes(pool.peakBytes)} of ${formatBytes(pool.sizeBytes)}`,
    formatBytes(pool.trafficBytes),
    String(pool.cost),
  ]);
  const table = formatTable([['memory', 'used', 'traffic', 'cost per byte'], ...rows]);
  return `${table}\n${schedule}: ${describeCost(answer)}`;
}
