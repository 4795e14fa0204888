// Which plans answer the same question: what is proved of one holds for all of them.

import type { Problem } from '../planner/types.ts';

/**
 * Equal for problems of the same buffers, lifetimes and overlaps, whatever they are called; different, but for one
 * case in 2^32, for others. FNV-1a (Fowler, Noll, Vo) of the problem as text.
 */
export function problemKey({ buffers, overlaps = [] }: Problem): number {
  const text = JSON.stringify([buffers.map(({ id: _, ...buffer }) => buffer), overlaps]);
  let key = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) key = Math.imul(key ^ text.charCodeAt(i), 0x01000193);
  return key >>> 0;
}
