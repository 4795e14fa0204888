// A part of a problem: some of its buffers, and the overlaps between them. Indices are positions in the list given.

import type { BufferIndex, Problem } from '../types.ts';

/** The problem of some of its buffers. */
export function subProblem({ buffers, overlaps = [] }: Problem, kept: readonly BufferIndex[]): Problem {
  const indexOf = new Map(kept.map((b, index) => [b, index]));
  return {
    buffers: kept.flatMap(b => buffers[b] ?? []),
    overlaps: overlaps.flatMap(overlap => {
      const below = indexOf.get(overlap.below);
      const above = indexOf.get(overlap.above);
      return below === undefined || above === undefined ? [] : [{ ...overlap, below, above }];
    }),
  };
}
