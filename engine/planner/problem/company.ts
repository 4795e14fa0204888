// Which buffers meet, and how far apart each pair must lie: worked out once for a problem that is placed in many
// orders, so that placing a buffer looks at those it meets only. Invariant: pairs that may lie anywhere are left out.

import type { BufferIndex, Problem } from '../types.ts';
import { ascending } from './ascending.ts';
import { type Distances, distancesOf } from './distances.ts';

/** Rows of pairs as columns: those of buffer b are from first[b] to before end[b]. */
export interface Company {
  readonly first: Int32Array;
  readonly end: Int32Array;
  readonly other: Int32Array;
  /** bytes by which the other must lie above the buffer, when it does */
  readonly under: Float64Array;
  /** bytes by which the buffer must lie above the other, when it does */
  readonly over: Float64Array;
}

/** Pairs per buffer up to which they are looked at one by one, and all pairs that are kept in memory. */
const MOST_EACH = 64;
const MOST_PAIRS = 2 ** 18;

/** Making the table takes as long as so many placements without it. */
const PAYS_AFTER = 3;

interface Known {
  asked: number;
  company: Company | undefined;
}

const known = new WeakMap<Problem, Known>();

/** Asked once for each placement. Undefined for the first few, and where too many buffers meet. */
export function companyOf(problem: Problem): Company | undefined {
  const found = known.get(problem) ?? { asked: 0, company: undefined };
  known.set(problem, found);
  if (found.asked++ === PAYS_AFTER) found.company = pairsOf(problem);
  return found.company;
}

function pairsOf(problem: Problem): Company | undefined {
  const { buffers } = problem;
  const count = buffers.length;
  const lower = Float64Array.from(buffers, buffer => buffer.lower);
  const upper = Float64Array.from(buffers, buffer => buffer.upper);
  const size = Float64Array.from(buffers, buffer => buffer.size);
  const born = ascending(lower).filter(b => (size[b] as number) > 0);
  const most = Math.min(MOST_PAIRS, MOST_EACH * count);
  const met = new Int32Array(count);
  let pairs = 0;
  for (let i = 0; i < born.length; i++) {
    const a = born[i] as BufferIndex;
    for (let j = i + 1; j < born.length && (lower[born[j] as number] as number) < (upper[a] as number); j++) {
      const b = born[j] as BufferIndex;
      met[a] = (met[a] as number) + 1;
      met[b] = (met[b] as number) + 1;
      pairs += 2;
    }
    if (pairs > most) return undefined;
  }
  return filled({ lower, upper, size }, born, met, distancesOf(problem));
}

interface Columns {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly size: Float64Array;
}

/** `met`: how many each buffer meets, at most. */
function filled(
  { lower, upper, size }: Columns,
  born: Int32Array,
  met: Int32Array,
  distances: Distances,
): Company {
  const count = met.length;
  const first = new Int32Array(count);
  let pairs = 0;
  for (let b = 0; b < count; b++) {
    first[b] = pairs;
    pairs += met[b] as number;
  }
  const other = new Int32Array(pairs);
  const under = new Float64Array(pairs);
  const over = new Float64Array(pairs);
  const end = first.slice();
  const add = (a: BufferIndex, b: BufferIndex, below: number, above: number): void => {
    const at = end[a] as number;
    other[at] = b;
    under[at] = below;
    over[at] = above;
    end[a] = at + 1;
  };
  for (let i = 0; i < born.length; i++) {
    const a = born[i] as BufferIndex;
    const unusual = distances.get(a);
    for (let j = i + 1; j < born.length && (lower[born[j] as number] as number) < (upper[a] as number); j++) {
      const b = born[j] as BufferIndex;
      const pair = unusual?.get(b);
      const below = pair === undefined ? (size[a] as number) : pair.under;
      const above = pair === undefined ? (size[b] as number) : pair.over;
      // Bytes strictly between are forbidden: there are none.
      if (below + above <= 0) continue;
      add(a, b, below, above);
      add(b, a, above, below);
    }
  }
  return { first, end, other, under, over };
}
