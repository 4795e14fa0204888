// How far a kernel's result must lie below an operand that it may write over: one worker goes through both in the
// same direction, and what it writes stays behind what it has still to read. The distances follow from what the
// templates say of their loops (traversal.ts). Invariant: with the operand so far above, or further, no byte is
// written before it is read for the last time.

import type { SimdClass } from '../options.ts';
import type { KernelSpec } from '../select/spec.ts';
import { templateOf } from './emit.ts';
import type { Moment } from './traversal.ts';

/** A result that may lie under an operand, at this distance or a larger one. */
export interface Trailing {
  /** ids of buffers of the arena */
  readonly result: number;
  readonly operand: number;
  /** least bytes from the start of the result's buffer to that of the operand's; 0 or more */
  readonly distance: number;
}

/** Kernels that one worker runs one after the other. Empty where the order of one of them is not known. */
export function trailingOf(specs: readonly KernelSpec[], simd: SimdClass): Trailing[] {
  const moments: Moment[] = [];
  for (const spec of specs) {
    const traversal = templateOf(spec).traverse?.(spec, simd);
    if (!traversal) return [];
    for (const moment of traversal) moments.push(moment);
  }
  const operands = buffersOf(moments.map(({ reads }) => reads));
  const results = buffersOf(moments.map(({ writes }) => writes));
  return [...operands].flatMap(operand => {
    if (results.has(operand)) return [];
    const unread = lowestUnread(moments, operand);
    return [...results].map(result => ({ result, operand, distance: distanceOf(moments, unread, result) }));
  });
}

const buffersOf = (touches: readonly Moment['reads'][]): Set<number> =>
  new Set(touches.flat().map(({ buffer }) => buffer));

/** Per moment: the lowest byte of the operand that is read then or later. */
function lowestUnread(moments: readonly Moment[], operand: number): Float64Array {
  const lowest = new Float64Array(moments.length);
  let least = Number.POSITIVE_INFINITY;
  for (let at = moments.length - 1; at >= 0; at--) {
    for (const { buffer, byte } of moments[at]?.reads ?? []) {
      if (buffer === operand) least = Math.min(least, byte);
    }
    lowest[at] = least;
  }
  return lowest;
}

function distanceOf(moments: readonly Moment[], unread: Float64Array, result: number): number {
  let distance = 0;
  let written = 0;
  moments.forEach(({ writes }, at) => {
    for (const { buffer, byte } of writes) if (buffer === result) written = Math.max(written, byte);
    distance = Math.max(distance, written - (unread[at] ?? 0));
  });
  return distance;
}
