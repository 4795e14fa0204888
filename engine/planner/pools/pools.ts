// Several memories, some faster than others: which buffer lies in which, so that the traffic costs least, and where.
// Invariant: every pool's plan is a plan of its own, and stays within the pool.

import { seededRandom } from '../../random.ts';
import type { PlanControl } from '../control.ts';
import { plan } from '../plan.ts';
import { type FixedClash, fixedClashes } from '../problem/fixed.ts';
import { subProblem } from '../problem/sub-problem.ts';
import type { BufferIndex, PoolProblem } from '../types.ts';
import { leastPoolCost, openPools, trafficOf } from './bound.ts';

export interface PoolPlan {
  readonly fits: true;
  /** per buffer: index of its pool, and bytes from the start of that pool */
  readonly poolOf: readonly number[];
  readonly offsets: readonly number[];
  /** per pool: bytes */
  readonly heights: readonly number[];
  /** traffic × cost over all buffers */
  readonly cost: number;
  /** no assignment costs less than that */
  readonly leastCost: number;
  /** the cost is the least */
  readonly proved: boolean;
}

/**
 * What the pools lack: with so much more in each of these there is a plan; perhaps there is one with less. None
 * where buffers are fixed at the same bytes, and no pools are found that have them apart.
 */
export interface PoolShortage {
  readonly fits: false;
  readonly lacks: readonly { readonly pool: number; readonly missingBytes: number }[];
}

/** Up to so many buffers all assignments are tried, as far as so many plans go. */
const MAX_EXACT = 14;
const MAX_EXACT_PLANS = 20_000;
/** Of the improvement: exchanges that are tried. */
const MAX_EXCHANGES = 400;
/** Further greedy starts with jittered gains, each improved, while fewer plans than this were made. */
const MAX_STARTS = 40;
const MAX_START_PLANS = 4000;
const MAX_STARTED = 100;
const START_NOISE = 1.5;
/**
 * Of the plans of one pool; where more than a few buffers may share bytes the search is too long to make it so often.
 */
const NODES_PER_PLAN = 2000;

/**
 * The cheapest plan found: the cheapest there is for a few buffers; for more, those with the most traffic per byte
 * and step come first into the cheapest pool that holds them, and exchanges improve on it.
 */
export function planPools(request: PoolProblem, control: PlanControl = {}): PoolPlan | PoolShortage {
  const { problem, pools } = request;
  if (pools.length === 0) throw new Error('no pools to plan for');
  const search = new PoolSearch(request, control);
  const greedy = search.wished() ?? search.greedy() ?? search.spilled();
  const floor = leastPoolCost(request);
  const complete = problem.buffers.length <= MAX_EXACT && search.all(greedy);
  const best = complete ? complete.assignment : search.restarted(greedy && search.exchange(greedy), floor);
  if (best === undefined) return search.shortage();
  const cost = search.costOf(best);
  const leastCost = complete === false ? Math.min(floor, cost) : cost;
  return { ...search.placed(best), cost, leastCost, proved: cost === leastCost };
}

type Assignment = readonly number[];

class PoolSearch {
  readonly #request: PoolProblem;
  readonly #control: PlanControl;
  /** per buffer: indices of the pools it may lie in, cheapest first */
  readonly #open: readonly (readonly number[])[];
  /** per buffer: bytes */
  readonly #traffic: readonly number[];
  /** fixed buffers that no pool can hold both of */
  readonly #clashes: readonly FixedClash[];
  /** whether what a pool was asked to hold fits it */
  readonly #known = new Map<string, boolean | undefined>();
  readonly #clock: () => number;
  readonly #deadline: number;
  #plans = 0;

  constructor(request: PoolProblem, { timeLimitMs, ...control }: PlanControl) {
    this.#request = request;
    this.#control = { nodeLimit: NODES_PER_PLAN, ...control };
    this.#clock = control.clock ?? (() => performance.now());
    this.#deadline = timeLimitMs === undefined ? Number.POSITIVE_INFINITY : this.#clock() + timeLimitMs;
    this.#open = openPools(request);
    this.#traffic = request.problem.buffers.map(trafficOf);
    this.#clashes = [...fixedClashes(request.problem)];
  }

  /** Whether what remains had better be done in the quickest way. */
  #isOver(): boolean {
    return this.#control.cancelled?.() === true || this.#clock() >= this.#deadline;
  }

  costOf(assignment: Assignment): number {
    const { pools } = this.#request;
    return assignment.reduce((sum, pool, b) => sum + (this.#traffic[b] ?? 0) * (pools[pool]?.cost ?? 0), 0);
  }

  /** Each buffer in the cheapest of its pools, where these hold them all: nothing costs less. */
  wished(): Assignment | undefined {
    const assignment = this.#open.map(([first = 0]) => first);
    return this.#request.pools.every((_, pool) => this.#holds(assignment, pool)) ? assignment : undefined;
  }

  /** Each buffer into the cheapest pool that still holds it; undefined when one fits nowhere. */
  greedy(jitter: () => number = () => 1): Assignment | undefined {
    const { problem } = this.#request;
    const gain = problem.buffers.map(
      ({ lower, upper, size }, b) =>
        ((this.#traffic[b] ?? 0) / Math.max(1, size * (upper - lower))) * jitter(),
    );
    const order = [...gain.keys()].sort((a, b) => (gain[b] ?? 0) - (gain[a] ?? 0) || a - b);
    const assignment: number[] = problem.buffers.map(() => -1);
    for (const b of order) {
      if (this.#isOver()) return undefined;
      const pool = this.#open[b]?.find(candidate => {
        assignment[b] = candidate;
        return this.#holds(assignment, candidate);
      });
      if (pool === undefined) return undefined;
    }
    return assignment;
  }

  /** The cheapest of an assignment and those that come of other starts; `floor` cannot be beaten. */
  restarted(start: Assignment | undefined, floor: number): Assignment | undefined {
    const random = seededRandom(this.#control.seed ?? 1);
    let best = start;
    if (this.#request.problem.buffers.length > MAX_STARTED) return best;
    for (let tries = 0; tries < MAX_STARTS && this.#plans < MAX_START_PLANS; tries++) {
      if (this.#isOver() || (best && this.costOf(best) <= floor)) break;
      const greedy = this.greedy(() => 1 + START_NOISE * random());
      const found = greedy && this.exchange(greedy);
      if (found && (best === undefined || this.costOf(found) < this.costOf(best))) best = found;
    }
    return best;
  }

  /** Moves a buffer to a cheaper pool, alone or in exchange for another one there, while that costs less. */
  exchange(start: Assignment): Assignment {
    let best = start;
    let cost = this.costOf(start);
    let left = MAX_EXCHANGES;
    const attempt = (changes: readonly (readonly [BufferIndex, number])[]): boolean => {
      const trial = [...best];
      for (const [b, pool] of changes) trial[b] = pool;
      const reached = this.costOf(trial);
      if (reached >= cost || left-- <= 0 || this.#isOver()) return false;
      if (!changes.every(([, pool]) => this.#holds(trial, pool))) return false;
      [best, cost] = [trial, reached];
      return true;
    };
    for (const a of start.keys()) {
      for (const pool of this.#open[a] ?? []) {
        const from = best[a] ?? 0;
        if (from === pool || attempt([[a, pool]])) continue;
        const others = [...best.keys()].filter(b => best[b] === pool && this.#open[b]?.includes(from));
        others.find(b =>
          attempt([
            [a, pool],
            [b, from],
          ]),
        );
      }
    }
    return best;
  }

  /** The cheapest of all assignments, if there is one; false when some pool's plan could not be decided. */
  all(start: Assignment | undefined): { readonly assignment: Assignment | undefined } | false {
    const { problem, pools } = this.#request;
    let best = start;
    let least = start === undefined ? Number.POSITIVE_INFINITY : this.costOf(start);
    let decided = true;
    const assignment: number[] = problem.buffers.map(() => -1);
    const visit = (b: number, cost: number): void => {
      if (cost >= least || !decided) return;
      if (b === assignment.length) {
        best = [...assignment];
        least = cost;
        return;
      }
      for (const pool of this.#open[b] ?? []) {
        assignment[b] = pool;
        const fits = this.#decide(assignment, pool);
        if (fits === undefined || this.#plans > MAX_EXACT_PLANS || this.#isOver()) decided = false;
        if (fits) visit(b + 1, cost + (this.#traffic[b] ?? 0) * (pools[pool]?.cost ?? 0));
      }
      assignment[b] = -1;
    };
    visit(0, 0);
    return decided && { assignment: best };
  }

  /** Offsets and heights of an assignment that fits. */
  placed(assignment: Assignment): Pick<PoolPlan, 'fits' | 'poolOf' | 'offsets' | 'heights'> {
    const offsets: number[] = assignment.map(() => 0);
    const heights = this.#request.pools.map((_, pool) => {
      const { members, result } = this.#planOf(assignment, pool);
      members.forEach((b, i) => {
        offsets[b] = result.solution.offsets[i] ?? 0;
      });
      return result.solution.height;
    });
    return { fits: true, poolOf: assignment, offsets, heights };
  }

  /** The last resort: what fits no other pool goes to the largest of its own; undefined when these do not hold it. */
  spilled(): Assignment | undefined {
    const assignment = this.#spill();
    return this.#request.pools.every((_, pool) => this.#holds(assignment, pool)) ? assignment : undefined;
  }

  /** Where the last resort does not fit, and by how much. */
  shortage(): PoolShortage {
    const assignment = this.#spill();
    if (this.#request.pools.some((_, pool) => this.#clashesIn(assignment, pool)))
      return { fits: false, lacks: [] };
    const lacks = this.#request.pools.map(({ size }, pool) => ({
      pool,
      missingBytes: this.#planOf(assignment, pool).result.solution.height - size,
    }));
    return { fits: false, lacks: lacks.filter(({ missingBytes }) => missingBytes > 0) };
  }

  #spill(): Assignment {
    const { pools } = this.#request;
    const sizeOf = (pool: number): number => pools[pool]?.size ?? 0;
    const largest: number[] = [];
    for (const [b, open] of this.#open.entries()) {
      const taken = this.#clashes.flatMap(({ earlier, later }) => {
        if (earlier === b) return largest[later] ?? [];
        return later === b ? (largest[earlier] ?? []) : [];
      });
      const apart = open.filter(pool => !taken.includes(pool));
      const among = apart.length > 0 ? apart : open;
      largest.push(among.reduce((most, pool) => (sizeOf(pool) > sizeOf(most) ? pool : most), among[0] ?? 0));
    }
    const assignment = [...largest];
    for (const [b, last] of largest.entries()) {
      const other = this.#open[b]?.find(pool => {
        assignment[b] = pool;
        return pool !== last && !this.#isOver() && this.#holds(assignment, pool);
      });
      assignment[b] = other ?? last;
    }
    return assignment;
  }

  #clashesIn(assignment: Assignment, pool: number): boolean {
    return this.#clashes.some(
      ({ earlier, later }) => assignment[earlier] === pool && assignment[later] === pool,
    );
  }

  #holds(assignment: Assignment, pool: number): boolean {
    return this.#decide(assignment, pool) === true;
  }

  /** Whether what is assigned to a pool fits it; undefined when the search did not decide. */
  #decide(assignment: Assignment, pool: number): boolean | undefined {
    const { size = 0 } = this.#request.pools[pool] ?? {};
    const key = `${pool}: ${[...assignment.keys()].filter(b => assignment[b] === pool).join(' ')}`;
    if (this.#known.has(key)) return this.#known.get(key);
    if (this.#clashesIn(assignment, pool)) {
      this.#known.set(key, false);
      return false;
    }
    const { result } = this.#planOf(assignment, pool);
    const isTooMuch = result.lowerBound.bytes > size ? false : undefined;
    const fits = result.solution.height <= size ? true : isTooMuch;
    this.#known.set(key, fits);
    return fits;
  }

  /** The quick plan where it fits, or where a longer search would take too long. */
  #planOf(assignment: Assignment, pool: number) {
    this.#plans++;
    const { problem, pools } = this.#request;
    const members = [...assignment.keys()].filter(b => assignment[b] === pool);
    const { size: capacity = 0 } = pools[pool] ?? {};
    const part = subProblem(problem, members);
    const quick = members.length > MAX_EXACT ? plan(part, 'size', this.#control) : undefined;
    const isEnough =
      quick !== undefined &&
      ((part.overlaps?.length ?? 0) > 0 ||
        quick.solution.height <= capacity ||
        quick.lowerBound.bytes > capacity ||
        this.#isOver());
    if (isEnough) return { members, result: quick };
    const timeLimitMs = Math.max(0, this.#deadline - this.#clock());
    const limit = Number.isFinite(timeLimitMs) ? { timeLimitMs } : {};
    return { members, result: plan(part, 'exact', { ...this.#control, ...limit, capacity }) };
  }
}
