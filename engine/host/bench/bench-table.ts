// Many benchmarks as one table: per model and number of threads our median, what fusion, planning and minimal filtering
// change in it, the peers, ratios with their geometric means, and our FLOP/s as a share of what registers allow.

import { type BenchResult, type BenchVariant, WITHOUT_WINOGRAD } from './types.ts';

export interface BenchRow {
  readonly model: string;
  readonly threads: number;
  /** ms; NaN where it did not run */
  readonly medianMs: number;
  /** times of others divided by ours: above 1 ours is faster */
  readonly ratios: Readonly<Record<string, number | undefined>>;
  /** how many times faster than on one thread in the same turns, and how many times the register-only loop is */
  readonly scaling: number | undefined;
  readonly peakScaling: number;
  /** create + first run of the faster flags of the first peer as a multiple of ours */
  readonly start: number | undefined;
  /** shares of the register-only peak of so many threads */
  readonly shares: PeakShares;
  /** most that any variant waited for a core, as a share of its turns; undefined where it is not known */
  readonly waited: number | undefined;
  /** every variant gave the peer's outputs */
  readonly agree: boolean;
}

/** Undefined where the FLOP are not known. */
interface PeakShares {
  /** of what is computed */
  readonly computed: number | undefined;
  /** of the FLOP that operators define: more than is computed where minimal filtering does without some */
  readonly nominal: number | undefined;
  /** without minimal filtering; as computed where there is none */
  readonly direct: number | undefined;
}

/** What our best is compared with, in the order of the columns. */
const COMPARED = ['ort-web', 'ort-node', 'fusion off', 'planner off', WITHOUT_WINOGRAD] as const;
const FIRST_PEER = COMPARED[0];

/** A row per number of threads. */
function rowsOf({ model, variants, peakFlopsPerSecond, sharedPeaks }: BenchResult): BenchRow[] {
  const peakOf = (threads: number): number =>
    sharedPeaks.find(shared => shared.threads === threads)?.flopsPerSecond ?? peakFlopsPerSecond * threads;
  return variants
    .filter(({ variant }) => variant === 'arenascope')
    .map(own => {
      const { threads, medianMs } = own;
      const other = (name: string): BenchVariant | undefined =>
        variants.find(one => one.threads === threads && one.variant === name);
      const ratios = COMPARED.map(name => {
        const time = other(name)?.medianMs;
        return [name, time === undefined ? undefined : time / medianMs] as const;
      });
      return {
        model,
        threads,
        medianMs,
        ratios: Object.fromEntries(ratios),
        scaling: own.oneThreadMs && own.oneThreadMs / medianMs,
        peakScaling: peakOf(threads) / peakFlopsPerSecond,
        start: startRatio(own, variants),
        shares: sharesOf(own, other(WITHOUT_WINOGRAD), peakOf(threads)),
        waited: mostWaited(variants.filter(one => one.threads === threads)),
        agree: variants.every(one => one.threads !== threads || (one.check?.ok ?? true)),
      };
    });
}

function mostWaited(variants: readonly BenchVariant[]): number | undefined {
  const known = variants.flatMap(({ waited }) => waited ?? []);
  return known.length > 0 ? Math.max(...known) : undefined;
}

const startMs = ({ createMs, firstRunMs }: BenchVariant): number => createMs + firstRunMs;

function startRatio(own: BenchVariant, variants: readonly BenchVariant[]): number | undefined {
  // Of both kinds of flags the one that begins sooner counts, which need not be the one that runs faster.
  const peers = variants.filter(
    ({ variant, threads }) => threads === own.threads && variant.startsWith(FIRST_PEER),
  );
  return peers.length === 0 ? undefined : Math.min(...peers.map(startMs)) / startMs(own);
}

function sharesOf(own: BenchVariant, direct: BenchVariant | undefined, peak: number): PeakShares {
  const share = ({ medianMs }: BenchVariant, flops: number | undefined): number | undefined =>
    flops === undefined ? undefined : (flops / medianMs / peak) * 1000;
  const { flops, sparedFlops = 0 } = own;
  return {
    computed: share(own, flops && flops - sparedFlops),
    nominal: share(own, flops),
    direct: direct || sparedFlops === 0 ? share(direct ?? own, flops) : undefined,
  };
}

/** Of the values that are there; undefined without any. */
function geometricMean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter(value => value !== undefined);
  if (known.length === 0) return undefined;
  return Math.exp(known.reduce((sum, value) => sum + Math.log(value), 0) / known.length);
}

const ratio = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(2)}×`);
const percent = (value: number | undefined): string =>
  value === undefined ? '–' : `${(100 * value).toFixed(0)} %`;
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
  const scaled = scales ? ['1 thread'] : [];
  const head = ['model', 'ms', ...COMPARED, ...scaled, 'start', 'of peak', 'nominal', 'direct', 'waited'];
  const body = rows.map(({ model, medianMs, ratios, scaling, start, shares, waited, agree }) => [
    agree ? model : `${model} (outputs differ)`,
    medianMs.toPrecision(3),
    ...COMPARED.map(name => ratio(ratios[name])),
    ...(scales ? [ratio(scaling)] : []),
    ratio(start),
    ...[shares.computed, shares.nominal, shares.direct, waited].map(percent),
  ]);
  const means = COMPARED.map(name => ratio(geometricMean(rows.map(({ ratios }) => ratios[name]))));
  if (scales) means.push(ratio(geometricMean(rows.map(({ scaling }) => scaling))));
  means.push(ratio(geometricMean(rows.map(({ start }) => start))));
  const reach = ratio(geometricMean(rows.map(({ peakScaling }) => peakScaling)));
  const best = scales ? `; multiply-adds in registers reach ${reach} of one thread's` : '';
  return [
    `${threads} ${scales ? 'threads' : 'thread'}: our median, and the time of others as a multiple of it${best}`,
    '',
    `Start: create and first run of ${FIRST_PEER} as a multiple of ours. Of peak: FLOP as computed; nominal: as the operators define them (minimal filtering does without some); direct: without minimal filtering. Waited: the most that any of them had work and no core, as a share of its time: what other programs took, and two threads lose more by it than one.`,
    '',
    line(head),
    line(head.map((_, column) => (column === 0 ? '---' : '---:'))),
    ...body.map(line),
    line([`geometric mean of ${rows.length}`, '', ...means, '', '', '', '']),
  ].join('\n');
}
