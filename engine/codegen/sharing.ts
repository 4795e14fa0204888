// What it costs to share a step among workers, in a rough model of their speed: whether steps are shared decides how
// their results may lie in memory, and how workers go through them.

/** What a step's time is told from. */
interface Work {
  readonly flops: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Rough speeds of one thread, for steps of which no time is known: operations, and bytes of operands, per ns. */
const FLOPS_PER_NS = 40;
const BYTES_PER_NS = 20;
/** Opening a stage and waiting for the others at its end. */
const MEETING_NS = 1500;

/** One band more: besides meeting, workers get unlike parts of it, and find rows in the cache of another core. */
const BAND_NS = 7000;

/** Most bands, and what they may add to a step's time: a share of it. */
const MOST_BANDS = 12;
const MOST_WAITING = 0.1;

/** What the step takes one thread. */
export const aloneNs = ({ flops, bytesRead, bytesWritten }: Work): number =>
  flops / FLOPS_PER_NS + (bytesRead + bytesWritten) / BYTES_PER_NS;

/** What sharing a step among so many threads saves. */
export const gainNs = (step: Work, threads: number): number => aloneNs(step) * (1 - 1 / threads) - MEETING_NS;

/** Whether workers may share the step at all; otherwise the first runs it alone. */
export const canShare = (step: Work, threads: number): boolean => gainNs(step, threads) > 0;

/** How many bands of units a step may be cut into that begin when the one before is complete. */
export const mostBands = (step: Work, threads: number): number =>
  Math.min(MOST_BANDS, 1 + Math.floor((MOST_WAITING * aloneNs(step)) / threads / BAND_NS));
