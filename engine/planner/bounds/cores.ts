// A lower bound from parts of a problem: what a few buffers that live close together need is needed by all. Around the
// steps that matter a search soon ends, which in the whole loses itself in what far-off buffers could do besides.

import { isConclusive } from '../problem/forbidden.ts';
import { subProblem } from '../problem/sub-problem.ts';
import { unitOf } from '../problem/unit.ts';
import { CanonicalSearch, type Outcome } from '../search/canonical.ts';
import type { BufferIndex, Problem } from '../types.ts';

/** Births from the first to the last step of a core, and the most buffers that live in it. */
const BIRTHS = [3, 6, 9] as const;
const MAX_LIVE = 28;
/** Where between low and high the cores are tried that do not soon fit at `low`. */
const AIMS = [1, 1 / 2, 0] as const;
/** Nodes for every core, then for those that are still open, up to the last. */
const NODES = [256, 4096, 65_536] as const;
/** Over all cores of one aim. */
const MAX_NODES = 130_000;

/**
 * Bytes below which nothing fits: at least `low`, at most `high`, the height of a known solution. Exact overlaps count
 * as leave to lie further apart too, which only eases a problem. Deterministic; some 100 ms at most.
 */
export function coreBound(problem: Problem, low: number, high: number): number {
  if (low >= high) return low;
  const unit = unitOf(problem);
  // A core that fits at `low` fits everywhere above, and nearly all of them do.
  const cores = coresOf(problem)
    .map(core => new CanonicalSearch(core))
    .filter(search => attempt(search, low, NODES[0]) !== 'found');
  if (cores.length === 0) return low;
  for (const share of AIMS) {
    const aim = low + Math.ceil(((high - unit - low) / unit) * share) * unit;
    if (aim >= low && aim < high && isTooSmall(aim, cores)) return Math.min(high, aim + unit);
  }
  return low;
}

function attempt(search: CanonicalSearch, capacity: number, nodeLimit: number): Outcome {
  return search.run({ capacity, ranking: ['total', 'area', 'width'], nodeLimit });
}

/** Whether some core does not fit the capacity; false as well when that was not found out. */
function isTooSmall(capacity: number, cores: readonly CanonicalSearch[]): boolean {
  let open = cores;
  let nodes = 0;
  for (const nodeLimit of NODES) {
    const hard: CanonicalSearch[] = [];
    for (const search of open) {
      if (nodes > MAX_NODES) return false;
      const before = search.nodes;
      const outcome = attempt(search, capacity, nodeLimit);
      nodes += search.nodes - before;
      if (outcome === 'none') return true;
      if (outcome === 'stopped') hard.push(search);
    }
    open = hard;
  }
  return false;
}

/** Buffers that live between a birth and a few births later, the fewest buffers first. */
function coresOf({ buffers, overlaps = [] }: Problem): Problem[] {
  const eased = { buffers, overlaps: overlaps.map(({ exact: _, ...overlap }) => overlap) };
  const sized = [...buffers.keys()].filter(b => (buffers[b]?.size ?? 0) > 0);
  const births = [...new Set(sized.map(b => buffers[b]?.lower ?? 0))].sort((a, b) => a - b);
  const lists = new Map<string, BufferIndex[]>();
  for (const count of BIRTHS) {
    for (let i = 0; i < births.length; i += Math.ceil(count / 3)) {
      const first = births[i] ?? 0;
      const last = births[Math.min(i + count, births.length) - 1] ?? 0;
      const live = sized.filter(b => (buffers[b]?.lower ?? 0) <= last && (buffers[b]?.upper ?? 0) > first);
      if (live.length <= MAX_LIVE) lists.set(live.join(' '), live);
    }
  }
  return [...lists.values()]
    .sort((a, b) => a.length - b.length)
    .map(list => subProblem(eased, list))
    .filter(isConclusive);
}
