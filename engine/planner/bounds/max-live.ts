// The floor under every plan: buffers live at the same time lie beside each other, so no arena is smaller than the
// largest sum of live sizes, less what they may share. The bound comes with its witness: a step and the buffers live
// in it.

import { alignUp } from '../align.ts';
import { isPlain } from '../problem/distances.ts';
import { neededSums, sectionsOf, specialNeeds } from '../problem/sections.ts';
import type { LowerBound, Problem } from '../types.ts';

/**
 * Largest sum of live sizes in bytes, and a step that needs it. All offsets are multiples of the greatest
 * common divisor of the alignments, so sizes count rounded up to it, but for the buffer on top, which may be
 * the one with the most padding. A fixed buffer's end is a bound as well. O(n log n) but for ties.
 */
export function lowerBound(problem: Problem): LowerBound {
  const found = known.get(problem) ?? bounded(problem);
  known.set(problem, found);
  return found;
}

/** Asked for by whoever compares arenas, and by whoever places their buffers. */
const known = new WeakMap<Problem, LowerBound>();

function bounded(problem: Problem): LowerBound {
  const { buffers } = problem;
  if (buffers.length === 0) return { bytes: 0, step: 0, witness: [] };
  // Where buffers may lie over each other, one need not start where another ends.
  const grain = isPlain(problem) ? commonAlignment(problem) : 1;
  const sections = sectionsOf(problem);
  const padded = new Float64Array(buffers.length);
  buffers.forEach(({ size }, b) => {
    padded[b] = alignUp(size, grain);
  });
  const special = specialNeeds(problem, sections);
  const sums = neededSums(sections, padded, special);
  const liveIn = (section: number): number[] => {
    const absent = new Set(
      special.flatMap(({ buffer, bytes, first, end }) =>
        bytes === 0 && first <= section && section < end ? [buffer] : [],
      ),
    );
    const live: number[] = [];
    for (let b = 0; b < buffers.length; b++) {
      if ((sections.first[b] as number) > section || section >= (sections.end[b] as number)) continue;
      if (!absent.has(b)) live.push(b);
    }
    return live;
  };
  let bytes = -1;
  let best = 0;
  // Sections in falling order of their padded sum: once a sum is no more than the best, no later one is.
  const order =
    grain === 1
      ? [fullestOf(sums)]
      : Array.from(sums.keys()).sort((a, b) => (sums[b] ?? 0) - (sums[a] ?? 0) || a - b);
  for (const section of order) {
    const sum = sums[section] ?? 0;
    if (sum <= bytes) break;
    const pad = grain === 1 ? 0 : largestPadding(problem, padded, liveIn(section));
    if (sum - pad > bytes) {
      bytes = sum - pad;
      best = section;
    }
  }
  const largest = buffers.reduce((most, { size }, b) => (size > (buffers[most]?.size ?? 0) ? b : most), 0);
  if ((buffers[largest]?.size ?? 0) > bytes) {
    bytes = buffers[largest]?.size ?? 0;
    best = sections.first[largest] ?? 0;
  }
  const fixed = highestFixed(problem);
  if (fixed !== undefined && fixed.end > bytes) {
    bytes = fixed.end;
    best = sections.first[fixed.buffer] ?? 0;
  }
  return { bytes: Math.max(0, bytes), step: sections.starts[best] ?? 0, witness: liveIn(best) };
}

/** The first of the largest. */
function fullestOf(sums: Float64Array): number {
  return sums.reduce((best, sum, s) => (sum > (sums[best] ?? 0) ? s : best), 0);
}

function largestPadding(problem: Problem, padded: Float64Array, live: readonly number[]): number {
  return live.reduce((pad, b) => Math.max(pad, (padded[b] ?? 0) - (problem.buffers[b]?.size ?? 0)), 0);
}

function commonAlignment(problem: Problem): number {
  let grain = 0;
  for (const { alignment = 1, offset, size } of problem.buffers) {
    if (size === 0) continue;
    grain = gcd(grain, alignment);
    if (offset !== undefined) grain = gcd(grain, offset);
  }
  return grain === 0 ? 1 : grain;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function highestFixed(problem: Problem): { buffer: number; end: number } | undefined {
  let highest: { buffer: number; end: number } | undefined;
  problem.buffers.forEach(({ offset, size }, buffer) => {
    if (offset === undefined || size === 0) return;
    if (highest === undefined || offset + size > highest.end) highest = { buffer, end: offset + size };
  });
  return highest;
}
