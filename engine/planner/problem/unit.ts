// What all heights of a problem are multiples of.

import type { Problem } from '../types.ts';

/** The greatest common divisor of everything that heights are sums of. */
export function unitOf({ buffers, overlaps = [] }: Problem): number {
  let unit = 0;
  const take = (value: number): void => {
    for (let a = value; a !== 0; ) [unit, a] = [a, unit % a];
  };
  for (const { distance } of overlaps) take(distance);
  for (const { size, alignment = 1, offset = 0, gaps = [] } of buffers) {
    if (size === 0) continue;
    for (const { window } of gaps) {
      take(window?.from ?? 0);
      take(window?.to ?? 0);
    }
    take(size);
    take(offset);
    // An offset is rounded up to the alignment; with an alignment of 1 it stays the end of another buffer.
    if (alignment > 1) take(alignment);
  }
  return Math.max(1, unit);
}
