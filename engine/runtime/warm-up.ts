// When is a session warm? V8 runs a fresh kernel in its baseline compiler and replaces it in the background, on cores
// that threads of the session want too: early runs are up to six times slower, for a few hundred ms. Untimed runs go on
// until all of these hold, or the limits are reached: at least MIN_RUNS runs, MIN_NS spent in them, and the fastest of
// the last WINDOW_NS no longer improves on the fastest before them by more than SETTLED.

const MIN_RUNS = 5;
const MIN_NS = 300e6;
const WINDOW_NS = 100e6;
const SETTLED = 0.03;
const MAX_RUNS = 2000;
const MAX_NS = 5e9;

/** Does a session that took these times (ns, in order) need another untimed run? */
export function needsWarmUp(totalsNs: readonly number[]): boolean {
  const runs = totalsNs.length;
  const spentNs = totalsNs.reduce((sum, ns) => sum + ns, 0);
  if (runs >= MAX_RUNS || (spentNs >= MAX_NS && runs >= 2)) return false;
  if (runs < MIN_RUNS || spentNs < MIN_NS) return true;
  const begin = beginOfLast(totalsNs, WINDOW_NS);
  return lowest(totalsNs.slice(begin)) < lowest(totalsNs.slice(0, begin)) * (1 - SETTLED);
}

/** Index of the first of the last runs that together take so long. */
function beginOfLast(totalsNs: readonly number[], windowNs: number): number {
  let begin = totalsNs.length;
  for (let ns = 0; begin > 0 && ns < windowNs; begin--) ns += totalsNs[begin - 1] ?? 0;
  return begin;
}

const lowest = (values: readonly number[]): number =>
  values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
