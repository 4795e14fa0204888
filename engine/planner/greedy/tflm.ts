// What TFLite-Micro's greedy memory planner does, after its description: buffers that are fixed first, then the
// others, largest first and those of one size as they come, each into the first gap that is large enough among
// the buffers it lives together with, else above them. To compare with.

import { ascending } from '../problem/ascending.ts';
import type { BufferIndex, Problem } from '../types.ts';

/** Buffers in the order it places them. */
export function tflmOrder({ buffers }: Problem): BufferIndex[] {
  return [...ascending(Float64Array.from(buffers, ({ size }) => -size))];
}
