// Several memories, some faster than others: which buffer lies in which, so that the traffic costs least, and where.
// Invariant: every pool's plan is a plan of its own, and stays within the pool.

import type { PlanControl } from './control.ts';
import { plan } from './plan.ts';
import { subProblem } from './sub-problem.ts';
import type { BufferIndex, Problem } from './types.ts';

export interface Pool {
  readonly id: string;
  /** bytes */
  readonly size: number;
  /** of one byte read or written, in any unit */
  readonly cost: number;
}

export interface PoolProblem {
  readonly problem: Problem;
  readonly pools: readonly Pool[];
  /** per buffer: bytes read and written over the whole run */
  readonly traffic: readonly number[];
}

export interface PoolPlan {
  readonly fits: true;
  /** per buffer: index of its pool, and bytes from the start of that pool */
  readonly poolOf: readonly number[];
  readonly offsets: readonly number[];
  /** per pool: bytes */
  readonly heights: readonly number[];
  /** traffic × cost over all buffers */
  readonly cost: number;
  /** no assignment costs less */
  readonly proved: boolean;
}

/** What the budget lacks: with so much more in the largest pool there is a plan. */
export interface PoolShortage {
  readonly fits: false;
  readonly pool: number;
  readonly missingBytes: number;
}

/** Up to so many buffers all assignments are tried. */
const MAX_EXACT = 10;
/** Of the improvement: exchanges that are tried. */
const MAX_EXCHANGES = 400;
const NODES_PER_PLAN = 2000;

/**
 * The cheapest plan found: the cheapest there is for a few buffers; for more, those with the most traffic per byte
 * and step come first into the cheapest pool that holds them, and exchanges improve on it.
 */
export function planPools(request: PoolProblem, control: PlanControl = {}): PoolPlan | PoolShortage {
  const { problem, pools, traffic } = request;
  if (pools.length === 0) throw new Error('no pools to plan for');
  if (traffic.length !== problem.buffers.length) throw new Error('expected the traffic of every buffer');
  const search = new PoolSearch(request, control);
  const least = pools.reduce((low, { cost }) => Math.min(low, cost), Number.POSITIVE_INFINITY);
  const floor = traffic.reduce((sum, bytes) => sum + bytes * least, 0);
  const greedy = search.greedy() ?? search.spilled();
  const complete = problem.buffers.length <= MAX_EXACT && search.all(greedy);
  const best = complete ? complete.assignment : greedy && search.exchange(greedy);
  if (best === undefined) return search.shortage();
  const cost = search.costOf(best);
  return { ...search.placed(best), cost, proved: complete !== false || cost <= floor };
}

type Assignment = readonly number[];

class PoolSearch {
  readonly #request: PoolProblem;
  readonly #control: PlanControl;
  /** pool indices, cheapest first */
  readonly #byCost: readonly number[];

  constructor(request: PoolProblem, control: PlanControl) {
    this.#request = request;
    this.#control = { nodeLimit: NODES_PER_PLAN, ...control };
    const { pools } = request;
    this.#byCost = [...pools.keys()].sort((a, b) => (pools[a]?.cost ?? 0) - (pools[b]?.cost ?? 0) || a - b);
  }

  costOf(assignment: Assignment): number {
    const { pools, traffic } = this.#request;
    return assignment.reduce((sum, pool, b) => sum + (traffic[b] ?? 0) * (pools[pool]?.cost ?? 0), 0);
  }

  /** Each buffer into the cheapest pool that still holds it; undefined when one fits nowhere. */
  greedy(): Assignment | undefined {
    const { problem, traffic } = this.#request;
    const gain = problem.buffers.map(
      ({ lower, upper, size }, b) => (traffic[b] ?? 0) / Math.max(1, size * (upper - lower)),
    );
    const order = [...gain.keys()].sort((a, b) => (gain[b] ?? 0) - (gain[a] ?? 0) || a - b);
    const assignment: number[] = problem.buffers.map(() => -1);
    for (const b of order) {
      const pool = this.#byCost.find(candidate => {
        assignment[b] = candidate;
        return this.#holds(assignment, candidate);
      });
      if (pool === undefined) return undefined;
    }
    return assignment;
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
      if (reached >= cost || left-- <= 0 || this.#control.cancelled?.()) return false;
      if (!changes.every(([, pool]) => this.#holds(trial, pool))) return false;
      [best, cost] = [trial, reached];
      return true;
    };
    for (const a of start.keys()) {
      for (const pool of this.#byCost) {
        const from = best[a] ?? 0;
        if (from === pool || attempt([[a, pool]])) continue;
        const others = [...best.keys()].filter(b => best[b] === pool);
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
    const { problem, pools, traffic } = this.#request;
    let best = start;
    let least = start === undefined ? Number.POSITIVE_INFINITY : this.costOf(start);
    let decided = true;
    const assignment: number[] = problem.buffers.map(() => -1);
    const visit = (b: number, cost: number): void => {
      if (cost >= least) return;
      if (b === assignment.length) {
        best = [...assignment];
        least = cost;
        return;
      }
      for (const pool of this.#byCost) {
        assignment[b] = pool;
        const fits = this.#decide(assignment, pool);
        if (fits === undefined) decided = false;
        if (fits) visit(b + 1, cost + (traffic[b] ?? 0) * (pools[pool]?.cost ?? 0));
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

  /** The last resort: what fits no other pool goes to the largest; undefined when that does not hold it. */
  spilled(): Assignment | undefined {
    const assignment = this.#spill();
    return this.#holds(assignment, this.#largest()) ? assignment : undefined;
  }

  /** How much larger the largest pool must be for the last resort. */
  shortage(): PoolShortage {
    const pool = this.#largest();
    const { result } = this.#planOf(this.#spill(), pool);
    const missingBytes = result.solution.height - (this.#request.pools[pool]?.size ?? 0);
    return { fits: false, pool, missingBytes };
  }

  #largest(): number {
    const { pools } = this.#request;
    return pools.reduce((most, { size }, p) => (size > (pools[most]?.size ?? 0) ? p : most), 0);
  }

  #spill(): Assignment {
    const largest = this.#largest();
    const assignment: number[] = this.#request.problem.buffers.map(() => largest);
    for (const b of assignment.keys()) {
      const other = this.#byCost.find(pool => {
        assignment[b] = pool;
        return pool !== largest && this.#holds(assignment, pool);
      });
      assignment[b] = other ?? largest;
    }
    return assignment;
  }

  #holds(assignment: Assignment, pool: number): boolean {
    return this.#decide(assignment, pool) === true;
  }

  /** Whether what is assigned to a pool fits it; undefined when the search did not decide. */
  #decide(assignment: Assignment, pool: number): boolean | undefined {
    const { size = 0 } = this.#request.pools[pool] ?? {};
    const { result } = this.#planOf(assignment, pool);
    if (result.solution.height <= size) return true;
    return result.lowerBound.bytes > size ? false : undefined;
  }

  #planOf(assignment: Assignment, pool: number) {
    const { problem, pools } = this.#request;
    const members = [...assignment.keys()].filter(b => assignment[b] === pool);
    const control = { ...this.#control, capacity: pools[pool]?.size ?? 0 };
    return { members, result: plan(subProblem(problem, members), 'exact', control) };
  }
}
