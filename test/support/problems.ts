// Planning problems for tests: the example of the design, random ones, and the instances beside the checkout.

import { readdirSync, readFileSync } from 'node:fs';
import { readCsv } from '../../engine/planner/csv.ts';
import type { Buffer, Overlap, Problem } from '../../engine/planner/types.ts';
import { seededRandom } from '../../engine/random.ts';
import { shared } from './shared.ts';

/** Layers 1: A→B, 2: B→C, 3: C→D, 4: C→E, 5: D,E→F in the order 1, 2, 4, 3, 5; all tensors 100 bytes. */
export const SIX_TENSORS: Problem = {
  buffers: [
    { id: 'A', lower: 0, upper: 1, size: 100 },
    { id: 'B', lower: 0, upper: 2, size: 100 },
    { id: 'C', lower: 1, upper: 4, size: 100 },
    { id: 'E', lower: 2, upper: 5, size: 100 },
    { id: 'D', lower: 3, upper: 5, size: 100 },
    { id: 'F', lower: 4, upper: 5, size: 100 },
  ],
};

export interface RandomProblem {
  readonly buffers: number;
  readonly steps: number;
  readonly maxSize: number;
  /** some buffers get an alignment */
  readonly aligned?: boolean;
  /** some buffers get a fixed offset, each in a place of its own */
  readonly fixed?: boolean;
}

export function randomProblem(seed: number, shape: RandomProblem): Problem {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  let fixedTop = 0;
  const buffers = Array.from({ length: shape.buffers }, (_, b): Buffer => {
    const lower = below(shape.steps);
    const upper = lower + 1 + below(Math.max(1, shape.steps - lower));
    const size = below(10) === 0 ? 0 : 1 + below(shape.maxSize);
    const alignment = shape.aligned && below(2) === 0 ? 2 ** below(5) : 1;
    const offset = Math.ceil(fixedTop / alignment) * alignment;
    const fixed = shape.fixed && below(6) === 0;
    if (fixed) fixedTop = offset + size;
    return {
      id: `b${b}`,
      lower,
      upper,
      size,
      ...(alignment === 1 ? {} : { alignment }),
      ...(fixed ? { offset } : {}),
    };
  });
  return { buffers };
}

/** The same, where about half of the buffers need nothing for some steps. */
export function gappedProblem(seed: number, shape: RandomProblem): Problem {
  const random = seededRandom(-seed);
  const buffers = randomProblem(seed, shape).buffers.map((buffer): Buffer => {
    const { lower, upper } = buffer;
    if (random() < 0.5) return buffer;
    const start = lower + Math.floor(random() * (upper - lower));
    const end = start + 1 + Math.floor(random() * (upper - start));
    return { ...buffer, gaps: [{ lower: start, upper: Math.min(upper, end) }] };
  });
  return { buffers };
}

/** The minimalloc instances of the test data, by name. Empty where the data is not here. */
export function sharedProblems(): readonly { readonly name: string; readonly problem: Problem }[] {
  const folder = shared('planner');
  const names = readdirSync(folder).filter(name => name.endsWith('.csv'));
  return names.map(name => {
    const result = readCsv(readFileSync(`${folder}/${name}`, 'utf8'));
    if (!result.ok) throw new Error(`${name}:${result.error.line}: ${result.error.message}`);
    return { name, problem: result.problem };
  });
}

/** The problem with leave for some pairs to overlap, and with gaps in some lives. */
export function loosened(
  problem: Problem,
  seed: number,
  kinds: { readonly overlaps?: 'exact' | 'least' | 'both'; readonly gaps?: boolean },
): Problem {
  const random = seededRandom(seed + 7919);
  const below = (limit: number): number => Math.floor(random() * limit);
  const buffers = problem.buffers.map((buffer): Buffer => {
    const { lower, upper, size } = buffer;
    if (!kinds.gaps || upper - lower < 2 || below(2) === 0) return buffer;
    const start = lower + below(upper - lower - 1);
    const end = start + 1 + below(upper - start);
    const from = below(size + 1);
    const window = { from, to: from + below(size - from + 1) };
    return { ...buffer, gaps: [{ lower: start, upper: end, ...(below(3) === 0 ? {} : { window }) }] };
  });
  const overlaps = buffers.flatMap((low, i) =>
    buffers.flatMap((high, j): Overlap[] => {
      const meet = i !== j && low.lower < high.upper && high.lower < low.upper;
      if (kinds.overlaps === undefined || !meet || below(4) > 0) return [];
      const exact = kinds.overlaps === 'exact' || (kinds.overlaps === 'both' && below(2) === 0);
      const distance = below(2) === 0 ? 0 : below(low.size + 1);
      return [{ below: i, above: j, distance, ...(exact ? { exact } : {}) }];
    }),
  );
  return { buffers, ...(overlaps.length === 0 ? {} : { overlaps }) };
}
