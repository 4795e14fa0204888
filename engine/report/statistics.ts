// From repeated timings to the few numbers a report keeps. All in whole nanoseconds.

import { seededRandom } from '../random.ts';
import type { TimeStatistics } from './types/run.ts';

/** Draws per interval: enough for a stable interval, and a bound on the work for long series. */
const RESAMPLES = 1000;
const MAX_DRAWS = 1_000_000;

/**
 * Minimum, median, 95th percentile (nearest rank) and the 95 % percentile-bootstrap interval of the median
 * (Efron 1979). Deterministic for a seed. Throws on no samples: whoever measured nothing has nothing to report.
 */
export function timeStatistics(samplesNs: readonly number[], seed = 1): TimeStatistics {
  if (samplesNs.length === 0) throw new Error('statistics of no samples');
  const sorted = Float64Array.from(samplesNs).sort();
  const medians = bootstrapMedians(sorted, seed);
  return {
    minNs: Math.round(sorted[0] ?? 0),
    medianNs: median(sorted),
    p95Ns: Math.round(quantile(sorted, 0.95)),
    lowNs: quantile(medians, 0.025),
    highNs: quantile(medians, 0.975),
  };
}

/** Middle sample, or the mean of the two, rounded. */
function median(sorted: Float64Array): number {
  const upper = sorted.length >> 1;
  const lower = (sorted.length - 1) >> 1;
  return Math.round(((sorted[lower] ?? 0) + (sorted[upper] ?? 0)) / 2);
}

/** The smallest sample that at least `share` of all do not exceed. */
function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** Medians of samples drawn with replacement, ascending. A draw is a rank, so counting replaces sorting. */
function bootstrapMedians(sorted: Float64Array, seed: number): Float64Array {
  const random = seededRandom(seed);
  const n = sorted.length;
  const drawn = new Uint32Array(n);
  const resamples = Math.min(RESAMPLES, Math.max(200, Math.floor(MAX_DRAWS / n)));
  const medians = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    drawn.fill(0);
    for (let k = 0; k < n; k++) {
      const rank = Math.floor(random() * n);
      drawn[rank] = (drawn[rank] ?? 0) + 1;
    }
    const lower = sorted[rankOf(drawn, (n - 1) >> 1)] ?? 0;
    const upper = sorted[rankOf(drawn, n >> 1)] ?? 0;
    medians[i] = Math.round((lower + upper) / 2);
  }
  return medians.sort();
}

/** Rank of the `position`-th smallest draw. */
function rankOf(drawn: Uint32Array, position: number): number {
  let seen = 0;
  for (let rank = 0; rank < drawn.length; rank++) {
    seen += drawn[rank] ?? 0;
    if (seen > position) return rank;
  }
  return drawn.length - 1;
}
