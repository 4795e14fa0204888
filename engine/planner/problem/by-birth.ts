// Buffers of a problem as columns in order of birth: worked out once, since to look at very many buffers one by one in an
// order that is not theirs in memory takes as long as to place them. Invariant: ties are in order of index.

import type { BufferIndex, Problem } from '../types.ts';
import { ascending } from './ascending.ts';

export interface Births {
  readonly buffer: Int32Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly size: Float64Array;
  readonly alignment: Float64Array;
  /** the latest death of any buffer born no later */
  readonly lastDeath: Float64Array;
}

const known = new WeakMap<Problem, Births>();

/** All buffers, whatever their size. */
export function birthsOf(problem: Problem): Births {
  const births = known.get(problem) ?? sortedByBirth(problem);
  known.set(problem, births);
  return births;
}

function sortedByBirth({ buffers }: Problem): Births {
  const count = buffers.length;
  const lower = new Float64Array(count);
  const upper = new Float64Array(count);
  const size = new Float64Array(count);
  const alignment = new Float64Array(count);
  for (let b = 0; b < count; b++) {
    const buffer = buffers[b];
    lower[b] = buffer?.lower ?? 0;
    upper[b] = buffer?.upper ?? 0;
    size[b] = buffer?.size ?? 0;
    alignment[b] = buffer?.alignment ?? 1;
  }
  const buffer = ascending(lower);
  const deaths = inOrder(upper, buffer);
  const lastDeath = deaths.slice();
  for (let i = 1; i < count; i++) {
    lastDeath[i] = Math.max(lastDeath[i] as number, lastDeath[i - 1] as number);
  }
  return {
    buffer,
    lower: inOrder(lower, buffer),
    upper: deaths,
    size: inOrder(size, buffer),
    alignment: inOrder(alignment, buffer),
    lastDeath,
  };
}

function inOrder(column: Float64Array, order: Int32Array): Float64Array {
  const ordered = new Float64Array(order.length);
  for (let i = 0; i < order.length; i++) ordered[i] = column[order[i] as number] as number;
  return ordered;
}

/**
 * Those that live in any of the steps [lower, upper), gaps or not, by birth. Looks at all born since the first that did
 * not die before, so where one lives very long at many more.
 */
export function livingBetween(births: Births, lower: number, upper: number): BufferIndex[] {
  const found: BufferIndex[] = [];
  const { buffer, lower: born, upper: dead, lastDeath } = births;
  for (let i = firstAbove(lastDeath, lower); i < buffer.length && (born[i] as number) < upper; i++) {
    if ((dead[i] as number) > lower) found.push(buffer[i] as BufferIndex);
  }
  return found;
}

/** Position of the first of ascending values that is larger than one. */
function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
