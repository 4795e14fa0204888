// What TFLite-Micro's greedy memory planner does, after its description: buffers that are fixed first, then the
// others, largest first and those of one size as they come, each into the first gap that is large enough among
// the buffers it lives together with, else above them. To compare with.

import type { BufferIndex, Problem } from '../types.ts';
import { type Layout, placeInOrder } from './place.ts';

/** Buffers in the order it places them. */
export function tflmOrder({ buffers }: Problem): BufferIndex[] {
  return [...buffers.keys()].sort((a, b) => (buffers[b]?.size ?? 0) - (buffers[a]?.size ?? 0) || a - b);
}

/** The offsets it gives them. */
export function tflm(problem: Problem): Layout {
  return placeInOrder(problem, tflmOrder(problem), 'first');
}
