// Many benchmarks as one table: per model and number of threads our median, what fusion and planning change in it,
// the peers, ratios with their geometric means, and our FLOP/s as a share of what registers allow.

import type { BenchResult, BenchVariant } from './bench.ts';

export interface BenchRow {
  readonly model: string;
  readonly threads: number;
  /** ms; NaN where it did not run */
  readonly medianMs: number;
  /** times of others divided by ours: above 1 ours is faster */
  readonly ratios: Readonly<Record<string, number | undefined>>;
  /** how many times faster than on one thread, and how many times the register-only loop is */
  readonly scaling: number | undefined;
  readonly peakScaling: number;
  /** share of the register-only peak of so many threads */
  readonly peakShare: number | undefined;
  /** every variant gave the peer's outputs */
  readonly agree: boolean;
}

/** What our best is compared with, in the order of the columns. */
const COMPARED = ['ort-web', 'ort-node', 'fusion off', 'planner off'] as const;

/** A row per number of threads. */
function rowsOf({ model, variants, peakFlopsPerSecond, sharedPeaks }: BenchResult): BenchRow[] {
  const peakOf = (threads: number): number =>
    sharedPeaks.find(shared => shared.threads === threads)?.flopsPerSecond ?? peakFlopsPerSecond * threads;
  return variants
    .filter(({ variant }) => variant === 'arenascope')
    .map(own => {
      const { threads, medianMs, flops } = own;
      const other = (name: string): BenchVariant | undefined =>
        variants.find(one => one.threads === threads && one.variant === name);
      const ratios = COMPARED.map(name => {
        const time = other(name)?.medianMs;
        return [name, time === undefined ? undefined : time / medianMs] as const;
      });
      const alone = variants.find(one => one.threads === 1 && one.variant === 'arenascope');
      const perSecond = flops === undefined ? undefined : (flops / medianMs) * 1000;
      return {
        model,
        threads,
        medianMs,
        ratios: Object.fromEntries(ratios),
        scaling: alone && alone.medianMs / medianMs,
        peakScaling: peakOf(threads) / peakFlopsPerSecond,
        peakShare: perSecond === undefined ? undefined : perSecond / peakOf(threads),
        agree: variants.every(one => one.threads !== threads || (one.check?.ok ?? true)),
      };
    });
}

/** Of the values that are there; undefined without any. */
function geometricMean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter(value => value !== undefined);
  if (known.length === 0) return undefined;
  return Math.exp(known.reduce((sum, value) => sum + Math.log(value), 0) / known.length);
}

const ratio = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(2)}×`);
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** A table in Markdown for each number of threads, geometric means at the end. */
export function benchMarkdown(results: readonly BenchResult[]): string {
  const rows = results.flatMap(rowsOf);
  const counts = [...new Set(rows.map(({ threads }) => threads))].sort((a, b) => a - b);
  return counts.map(threads => tableOf(rows.filter(row => row.threads === threads))).join('\n\n');
}

function tableOf(rows: readonly BenchRow[]): string {
  const threads = rows[0]?.threads ?? 1;
  const scales = threads > 1;
  const head = ['model', 'ms', ...COMPARED, ...(scales ? ['1 thread'] : []), 'of peak'];
  const body = rows.map(({ model, medianMs, ratios, scaling, peakShare, agree }) => [
    agree ? model : `${model} (outputs differ)`,
    medianMs.toPrecision(3),
    ...COMPARED.map(name => ratio(ratios[name])),
    ...(scales ? [ratio(scaling)] : []),
    peakShare === undefined ? '–' : `${(100 * peakShare).toFixed(0)} %`,
  ]);
  const means = COMPARED.map(name => ratio(geometricMean(rows.map(({ ratios }) => ratios[name]))));
  if (scales) means.push(ratio(geometricMean(rows.map(({ scaling }) => scaling))));
  const reach = ratio(geometricMean(rows.map(({ peakScaling }) => peakScaling)));
  const best = scales ? `; multiply-adds in registers reach ${reach} of one thread's` : '';
  return [
    `${threads} ${scales ? 'threads' : 'thread'}: our median, and the time of others as a multiple of it${best}`,
    '',
    line(head),
    line(head.map((_, column) => (column === 0 ? '---' : '---:'))),
    ...body.map(line),
    line([`geometric mean of ${rows.length}`, '', ...means, '']),
  ].join('\n');
}
