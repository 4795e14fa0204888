// How long a search may take, and how it tells how far it is. Limits in nodes give the same plan everywhere,
// limits in time don't; without either a search gets the node limit that its strategy names.

import type { KnownAnswers } from './known-answers.ts';
import type { SharedBounds } from './shared-bounds.ts';

/** What the caller lends a search, and when it must stop. A search that stops returns its best so far. */
export interface PlanControl {
  /** milliseconds; defaults to the engine's clock */
  readonly clock?: () => number;
  /** milliseconds from the start of plan() */
  readonly timeLimitMs?: number;
  /** nodes of a search tree, or tries of a climb */
  readonly nodeLimit?: number;
  /** of a search for an order, in what it looks at (Effect.work) */
  readonly workLimit?: number;
  /** bytes; a search that has a plan within it tries the bound no longer than it took to get there */
  readonly capacity?: number;
  /** asked every few milliseconds; true ends the search */
  readonly cancelled?: () => boolean;
  /** called a few times a second */
  readonly progress?: (progress: PlanProgress) => void;
  /** of all randomness; 1 when absent */
  readonly seed?: number;
  /** answers of earlier searches, for whoever doesn't time this one */
  readonly known?: KnownAnswers;
  /** with other searches of the same problem: each looks only below what any has found, so it may return more */
  readonly shared?: SharedBounds;
}

/** The answer to a question that is plain data, remembered if `control` has a memory and no limit in time. */
export function remembered<T>(
  kind: string,
  question: () => unknown,
  control: PlanControl,
  search: () => T,
): T {
  const { known, timeLimitMs, nodeLimit, workLimit, capacity, seed, cancelled } = control;
  if (!known || timeLimitMs !== undefined) return search();
  return known.answer(
    JSON.stringify([kind, nodeLimit, workLimit, capacity, seed, question()]),
    search,
    cancelled,
  );
}

/** Which limit ended a search that was not through. */
export type StopReason = 'work' | 'time' | 'cancelled';

/** How far a search is. */
export interface PlanProgress {
  /** bytes: the best so far, and the floor under it */
  readonly height: number;
  readonly lowerBound: number;
  readonly nodes: number;
  readonly elapsedMs: number;
}

const PROGRESS_INTERVAL_MS = 200;

/** The limits of one search, counted from when it is made. */
export class Budget {
  readonly nodeLimit: number;
  readonly #control: PlanControl;
  readonly #clock: () => number;
  readonly #start: number;
  #reported: number;
  #stoppedBy: StopReason | undefined;

  constructor(control: PlanControl, defaultNodeLimit: number) {
    this.#control = control;
    this.#clock = control.clock ?? (() => performance.now());
    this.#start = this.#clock();
    this.#reported = this.#start;
    const unlimited = control.timeLimitMs === undefined ? defaultNodeLimit : Number.POSITIVE_INFINITY;
    this.nodeLimit = control.nodeLimit ?? unlimited;
  }

  /** Whether to stop now. Reports progress on the way, from the state that `now` gives. */
  spent(nodes: number, now: () => Pick<PlanProgress, 'height' | 'lowerBound'>): boolean {
    const { timeLimitMs = Number.POSITIVE_INFINITY, cancelled, progress } = this.#control;
    const time = this.#clock();
    if (progress !== undefined && time - this.#reported >= PROGRESS_INTERVAL_MS) {
      this.#reported = time;
      progress({ ...now(), nodes, elapsedMs: time - this.#start });
    }
    if (nodes >= this.nodeLimit) this.#stoppedBy = 'work';
    else if (time - this.#start >= timeLimitMs) this.#stoppedBy = 'time';
    else if (cancelled?.() === true) this.#stoppedBy = 'cancelled';
    else return false;
    return true;
  }

  /** The limit that was reached last; none while there was room. */
  get stoppedBy(): StopReason | undefined {
    return this.#stoppedBy;
  }
}
