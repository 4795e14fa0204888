// What traffic costs at least over several memories: at any step a memory holds no more than its size of what lives
// then, and the rest pays for another one. Steps that no buffer lives in both of add up.

import { sectionsOf } from '../problem/sections.ts';
import type { Buffer, BufferIndex, Pool, PoolProblem, Problem } from '../types.ts';

/** Bytes read and written over the whole run. */
export const trafficOf = ({ traffic, size }: Buffer): number => traffic ?? 2 * size;

/** Per buffer: indices of the pools it may lie in, cheapest first. */
export function openPools({ problem, pools }: PoolProblem): number[][] {
  const byCost = [...pools.keys()].sort((a, b) => (pools[a]?.cost ?? 0) - (pools[b]?.cost ?? 0) || a - b);
  return problem.buffers.map(({ pools: names }) =>
    byCost.filter(pool => names === undefined || names.includes(pools[pool]?.id ?? '')),
  );
}

/** No assignment costs less. */
export function leastPoolCost(request: PoolProblem): number {
  const { problem, pools } = request;
  const wishes = openPools(request).map((open, b) => wishOf(problem.buffers[b], open, pools));
  const cheapest = wishes.reduce((sum, { cost }) => sum + cost, 0);
  return cheapest + crowdedOut(problem, wishes, pools);
}

/** The cheapest pool that a buffer is small enough for. */
interface Wish {
  readonly pool: number;
  readonly cost: number;
  /** what the next cheapest costs more; Infinity where there is none */
  readonly extra: number;
}

function wishOf(buffer: Buffer | undefined, open: readonly number[], pools: readonly Pool[]): Wish {
  if (!buffer) throw new Error('a wish of no buffer');
  const [first = -1, second] = open.filter(pool => buffer.size <= (pools[pool]?.size ?? 0));
  const costIn = (pool: number): number => trafficOf(buffer) * (pools[pool]?.cost ?? 0);
  const cost = costIn(first);
  return {
    pool: first,
    cost,
    extra: second === undefined ? Number.POSITIVE_INFINITY : costIn(second) - cost,
  };
}

/** Steps that are looked at, those with the most live bytes first. */
const MOST_STEPS = 1000;

/** The most that steps, none of which share a buffer, make cost more than every buffer's wish. */
function crowdedOut(problem: Problem, wishes: readonly Wish[], pools: readonly Pool[]): number {
  const sections = sectionsOf(problem);
  const apart = whatNeverShares(problem);
  const live: BufferIndex[][] = Array.from({ length: sections.count }, () => []);
  const bytes = new Float64Array(sections.count);
  for (const b of apart) {
    const size = problem.buffers[b]?.size ?? 0;
    for (let s = sections.first[b] ?? 0; s < (sections.end[b] ?? 0); s++) {
      live[s]?.push(b);
      bytes[s] = (bytes[s] ?? 0) + size;
    }
  }
  const largest = [...live.keys()].sort((a, b) => (bytes[b] ?? 0) - (bytes[a] ?? 0)).slice(0, MOST_STEPS);
  const looked = new Set(largest);
  // most[s + 1]: of sections up to s
  const most = new Float64Array(sections.count + 1);
  for (let s = 0; s < sections.count; s++) {
    most[s + 1] = most[s] ?? 0;
    const members = looked.has(s) ? (live[s] ?? []) : [];
    if (members.length === 0) continue;
    const first = Math.min(...members.map(b => sections.first[b] ?? 0));
    const here = extraOf(problem, members, wishes, pools);
    most[s + 1] = Math.max(most[s] ?? 0, here + (most[first] ?? 0));
  }
  return most[sections.count] ?? 0;
}

/** Buffers of which no two may lie over each other, and that need all of their bytes as long as they live. */
function whatNeverShares({ buffers, overlaps = [] }: Problem): BufferIndex[] {
  const shared = new Set(overlaps.map(({ above }) => above));
  return [...buffers.keys()].filter(b => !shared.has(b) && (buffers[b]?.gaps ?? []).length === 0);
}

/**
 * What buffers that live at once cost more than their wishes: parts of them could stay, those that save most per byte.
 */
function extraOf(
  { buffers }: Problem,
  members: readonly BufferIndex[],
  wishes: readonly Wish[],
  pools: readonly Pool[],
): number {
  const sizeOf = (b: BufferIndex): number => buffers[b]?.size ?? 0;
  const extra = (b: BufferIndex): number => wishes[b]?.extra ?? 0;
  let sum = 0;
  for (const [pool, those] of Map.groupBy(members, b => wishes[b]?.pool ?? -1)) {
    let room = pools[pool]?.size ?? 0;
    const byGain = those.toSorted((a, b) => extra(b) / sizeOf(b) - extra(a) / sizeOf(a));
    for (const b of byGain) {
      const stays = Math.min(sizeOf(b), room);
      room -= stays;
      if (Number.isFinite(extra(b)) && sizeOf(b) > 0) sum += extra(b) * (1 - stays / sizeOf(b));
    }
  }
  return sum;
}
