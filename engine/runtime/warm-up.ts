// When is a session warm? V8 runs a fresh kernel in its baseline compiler and replaces it in the background, so
// early runs are up to six times slower. Untimed runs go on until all of these hold, or the limits are reached:
// at least MIN_RUNS runs, MIN_MS passed, and the fastest of the last WINDOW runs no longer improves on the fastest
// before them by more than SETTLED.

const MIN_RUNS = 5;
const MIN_NS = 100e6;
const WINDOW = 3;
const SETTLED = 0.03;
const MAX_RUNS = 60;
const MAX_NS = 5e9;

/** Does a session that took these times (ns, in order) need another untimed run? */
export function needsWarmUp(totalsNs: readonly number[]): boolean {
  const spentNs = totalsNs.reduce((sum, ns) => sum + ns, 0);
  if (totalsNs.length >= MAX_RUNS || (spentNs >= MAX_NS && totalsNs.length >= 2)) return false;
  if (totalsNs.length < MIN_RUNS || spentNs < MIN_NS) return true;
  const recent = Math.min(...totalsNs.slice(-WINDOW));
  const before = Math.min(...totalsNs.slice(0, -WINDOW));
  return recent < before * (1 - SETTLED);
}
