// Time cut at every birth and death, and where gaps begin and end: within a section nothing changes.
// Invariant: sections cover [first birth, last death) in order; buffer b is live in sections [first[b], end[b]).

import type { BufferIndex, Problem } from '../types.ts';
import { ascending } from './ascending.ts';
import { hasGaps, stretchesOf } from './distances.ts';

export interface Sections {
  readonly count: number;
  /** first step of each section */
  readonly starts: Float64Array;
  /** per buffer: its first section */
  readonly first: Int32Array;
  /** per buffer: the section after its last one */
  readonly end: Int32Array;
}

/** The sections of a problem: at most two for each buffer and gap. */
export function sectionsOf({ buffers }: Problem): Sections {
  const count = buffers.length;
  const gaps = buffers.flatMap(buffer => buffer.gaps ?? []);
  const times = new Float64Array((count + gaps.length) * 2);
  let at = 0;
  for (const { lower, upper } of buffers) {
    times[at++] = lower;
    times[at++] = upper;
  }
  for (const { lower, upper } of gaps) {
    times[at++] = lower;
    times[at++] = upper;
  }
  const starts = new Float64Array(times.length);
  const sectionOf = new Int32Array(times.length);
  let section = -1;
  let last = Number.NaN;
  const order = ascending(times);
  for (let i = 0; i < order.length; i++) {
    const index = order[i] as number;
    const time = times[index] as number;
    if (time !== last) starts[++section] = time;
    sectionOf[index] = section;
    last = time;
  }
  const first = new Int32Array(count);
  const end = new Int32Array(count);
  for (let b = 0; b < count; b++) {
    first[b] = sectionOf[2 * b] as number;
    end[b] = sectionOf[2 * b + 1] as number;
  }
  return { count: Math.max(0, section), starts: starts.slice(0, section + 1), first, end };
}

/** Position of a value in ascending values that contain it. */
function indexIn(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sum of `sizes` (one per buffer) over the buffers live in each section. O(buffers + sections). */
export function liveSums(sections: Sections, sizes: ArrayLike<number>): Float64Array {
  const steps = new Float64Array(sections.count + 1);
  for (let b = 0; b < sizes.length; b++) {
    add(steps, sections.first[b] ?? 0, sections.end[b] ?? 0, sizes[b] ?? 0);
  }
  return accumulated(steps);
}

/**
 * Sections [first, end) in which buffers need anything, as columns: those of buffer b are from at[b] to before at[b +
 * 1].
 */
export interface Spans {
  readonly at: Int32Array;
  readonly first: Int32Array;
  readonly end: Int32Array;
}

/** One span for each buffer without gaps; else one for each stretch in which it is needed. */
export function spansOf({ buffers }: Problem, sections: Sections): Spans {
  const spans = buffers.map((buffer, b) => {
    if (!hasGaps(buffer)) return [{ first: sections.first[b] ?? 0, end: sections.end[b] ?? 0 }];
    const at = (step: number) => indexIn(sections.starts, step);
    return stretchesOf(buffer).map(({ lower, upper }) => ({ first: at(lower), end: at(upper) }));
  });
  const at = new Int32Array(buffers.length + 1);
  for (const [b, { length }] of spans.entries()) at[b + 1] = (at[b] as number) + length;
  const all = spans.flat();
  return {
    at,
    first: Int32Array.from(all, ({ first }) => first),
    end: Int32Array.from(all, ({ end }) => end),
  };
}

/** What one buffer surely needs for itself in some of its sections, from `first` to before `end`. */
export interface Need {
  readonly buffer: BufferIndex;
  readonly first: number;
  readonly end: number;
  /** bytes; at least 0 */
  readonly bytes: number;
}

/**
 * What buffers need in sections where it is not simply their size: less in gaps, and less where a buffer may lie
 * over another. The needs of a section never add up to more than what its buffers cover together: the measure of
 * a union is at least the sum of its parts less all pairwise intersections.
 */
export function specialNeeds(problem: Problem, sections: Sections): Need[] {
  const { buffers, overlaps = [] } = problem;
  const shares = largestShares(problem);
  const special = new Set([...buffers.keys()].filter(b => shares.has(b) || hasGaps(buffers[b] ?? NOTHING)));
  if (overlaps.length === 0 && special.size === 0) return [];
  return [...special].flatMap(b => {
    const first = sections.first[b] ?? 0;
    const needs = new Float64Array((sections.end[b] ?? 0) - first);
    for (const { lower, upper, from, to } of stretchesOf(buffers[b] ?? NOTHING)) {
      needs.fill(to - from, indexIn(sections.starts, lower) - first, indexIn(sections.starts, upper) - first);
    }
    for (const [other, bytes] of shares.get(b) ?? []) {
      const end = Math.min(sections.end[b] ?? 0, sections.end[other] ?? 0);
      for (let s = Math.max(first, sections.first[other] ?? 0); s < end; s++) {
        needs[s - first] = Math.max(0, (needs[s - first] ?? 0) - bytes);
      }
    }
    return runsOf(b, first, needs);
  });
}

/** Neighbouring sections of equal needs are one. */
function runsOf(buffer: BufferIndex, first: number, needs: Float64Array): Need[] {
  const runs: Need[] = [];
  let from = 0;
  for (let to = 1; to <= needs.length; to++) {
    const bytes = needs[from] as number;
    if (needs[to] === bytes) continue;
    runs.push({ buffer, first: first + from, end: first + to, bytes });
    from = to;
  }
  return runs;
}

const NOTHING = { id: '', lower: 0, upper: 0, size: 0 };

/** Per buffer, the others that may lie over it and by how much at most; each pair is at one of its two. */
function largestShares({ buffers, overlaps = [] }: Problem): Map<BufferIndex, Map<BufferIndex, number>> {
  const shares = new Map<BufferIndex, Map<BufferIndex, number>>();
  for (const { below, above, distance } of overlaps) {
    const lowSize = buffers[below]?.size ?? 0;
    const highSize = buffers[above]?.size ?? 0;
    const bytes = Math.min(lowSize - distance, highSize);
    if (bytes <= 0) continue;
    const [a, b] = below < above ? [below, above] : [above, below];
    const row = shares.get(a) ?? new Map<BufferIndex, number>();
    shares.set(a, row);
    row.set(b, Math.max(row.get(b) ?? 0, bytes));
  }
  return shares;
}

/** Sum of what live buffers need in each section; `sizes` are those of the buffers without special needs. */
export function neededSums(
  sections: Sections,
  sizes: ArrayLike<number>,
  special: readonly Need[],
): Float64Array {
  const steps = new Float64Array(sections.count + 1);
  const known = new Set(special.map(need => need.buffer));
  for (let b = 0; b < sizes.length; b++) {
    if (!known.has(b)) add(steps, sections.first[b] ?? 0, sections.end[b] ?? 0, sizes[b] ?? 0);
  }
  for (const { first, end, bytes } of special) add(steps, first, end, bytes);
  return accumulated(steps);
}

function add(steps: Float64Array, first: number, end: number, bytes: number): void {
  steps[first] = (steps[first] ?? 0) + bytes;
  steps[end] = (steps[end] ?? 0) - bytes;
}

function accumulated(steps: Float64Array): Float64Array {
  for (let s = 1; s < steps.length; s++) steps[s] = (steps[s] ?? 0) + (steps[s - 1] ?? 0);
  return steps.subarray(0, steps.length - 1);
}
