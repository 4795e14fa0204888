// A memory-planning problem and its solution: buffers and times, no tensors.
// Everything here can be read from and written to a CSV (csv.ts), so the planner runs without a model.

/** Index into Problem.buffers. */
export type BufferIndex = number;

/** Memory that something needs for some steps. Without `overlaps` it shares no byte with what lives when it does. */
export interface Buffer {
  readonly id: string;
  /** first step in which the buffer is live */
  readonly lower: number;
  /** first step after that in which it no longer is: lifetimes are half-open, [lower, upper) */
  readonly upper: number;
  /** bytes */
  readonly size: number;
  /** bytes; offsets are multiples of it. 1 when absent */
  readonly alignment?: number;
  /** fixed position, bytes */
  readonly offset?: number;
  /** position that somebody proposed, bytes: kept for whoever reads the problem next, the planner does not heed it */
  readonly hint?: number;
  /** steps in which it needs less than its size; disjoint, ascending, within its lifetime */
  readonly gaps?: readonly Gap[];
  /** names of the memories it may lie in; any of them when absent (pools/pools.ts) */
  readonly pools?: readonly string[];
  /** bytes read and written over the whole run, for the choice among memories; written and read once when absent */
  readonly traffic?: number;
}

/** In steps [lower, upper) a buffer needs only its bytes [from, to), or none where these are absent. */
export interface Gap {
  readonly lower: number;
  readonly upper: number;
  /** bytes from the start of the buffer */
  readonly window?: { readonly from: number; readonly to: number };
}

/**
 * Leave for two buffers that live together to share bytes: where offset(above) − offset(below) ≥ distance.
 * An operator that writes its result over an input it reads in the same direction, no less than `distance` bytes
 * behind: below is the result, above the input. `exact`: only where the difference is the distance, as for an
 * elementwise result that takes the place of its input (distance 0). Several for a pair are alternatives.
 */
export interface Overlap {
  readonly below: BufferIndex;
  readonly above: BufferIndex;
  /** bytes, 0 or more; from the size of `below` on it says nothing new */
  readonly distance: number;
  readonly exact?: boolean;
}

/**
 * No two buffers need the same byte in the same step, unless an overlap allows them to lie as they do. In general one
 * is then the lower, and the other's offset at least its size above (problem/distances.ts); of buffers that need less
 * in gaps, one may also lie where the other leaves room (problem/forbidden.ts).
 */
export interface Problem {
  readonly buffers: readonly Buffer[];
  readonly overlaps?: readonly Overlap[];
}

/** Where every buffer lies. Valid if validate.ts finds no violation. */
export interface Solution {
  /** bytes, one per buffer */
  readonly offsets: readonly number[];
  /** bytes: the largest offset + size */
  readonly height: number;
}

/** The largest sum of live sizes, or what a search proved beyond it: no placement of these buffers is smaller. */
export interface LowerBound {
  readonly bytes: number;
  /** an exhausted search raised `bytes` above what the step's live sizes add up to */
  readonly searched?: boolean;
  /** the step whose live sizes add up to the most */
  readonly step: number;
  /** buffers live in it */
  readonly witness: readonly BufferIndex[];
}

/** How one buffer was placed, for replay: in order of placement. */
export interface Placement {
  readonly buffer: BufferIndex;
  readonly offset: number;
}

/** A solution and how good it is known to be. */
export interface PlanResult {
  readonly solution: Solution;
  readonly placements: readonly Placement[];
  readonly lowerBound: LowerBound;
  /** what `off` needs: every buffer in memory of its own, the sum of all sizes and their alignment padding */
  readonly unplannedBytes: number;
  /** the height meets the lower bound */
  readonly optimal: boolean;
  readonly durationMs: number;
}

/** One of several memories. */
export interface Pool {
  readonly id: string;
  /** bytes */
  readonly size: number;
  /** of one byte read or written, in any unit */
  readonly cost: number;
}

/** Which buffer lies in which memory, and where. */
export interface PoolProblem {
  /** buffers with the pools they may lie in and their traffic */
  readonly problem: Problem;
  readonly pools: readonly Pool[];
}
