// Checks a solution against its problem: every rule on every pair, and nothing taken from the solvers.
// It is quadratic on purpose: what is obvious needs no proof.

import type { BufferIndex, Problem, Solution } from './types.ts';

export interface Violation {
  readonly kind: 'count' | 'offset' | 'alignment' | 'fixed' | 'overlap' | 'height';
  readonly buffers: readonly BufferIndex[];
  /** one sentence: what was expected and what was found, in bytes and steps */
  readonly message: string;
}

/** All rules the solution breaks; empty when it is valid. */
export function validate(problem: Problem, solution: Solution): readonly Violation[] {
  const { buffers } = problem;
  const { offsets, height } = solution;
  const violations: Violation[] = [];
  const report = (kind: Violation['kind'], at: readonly BufferIndex[], message: string): void => {
    violations.push({ kind, buffers: at, message });
  };

  if (offsets.length !== buffers.length) {
    report('count', [], `expected ${buffers.length} offsets, found ${offsets.length}`);
    return violations;
  }

  let top = 0;
  buffers.forEach((buffer, b) => {
    const offset = offsets[b] ?? Number.NaN;
    const { id, size, alignment = 1 } = buffer;
    if (!Number.isSafeInteger(offset) || offset < 0) {
      report('offset', [b], `${id}: expected an offset of 0 or more whole bytes, found ${offset}`);
    } else if (offset % alignment !== 0) {
      report('alignment', [b], `${id}: expected a multiple of ${alignment} bytes, found offset ${offset}`);
    }
    if (buffer.offset !== undefined && offset !== buffer.offset) {
      report('fixed', [b], `${id}: is fixed at ${buffer.offset}, found at ${offset}`);
    }
    if (size > 0) top = Math.max(top, offset + size);
  });

  for (const [i, a] of buffers.entries()) {
    for (let j = i + 1; j < buffers.length; j++) {
      const b = buffers[j];
      if (b === undefined || b.lower >= a.upper || a.lower >= b.upper) continue;
      const low = Math.max(offsets[i] ?? 0, offsets[j] ?? 0);
      const high = Math.min((offsets[i] ?? 0) + a.size, (offsets[j] ?? 0) + b.size);
      if (low >= high) continue;
      const steps = `[${Math.max(a.lower, b.lower)}, ${Math.min(a.upper, b.upper)})`;
      report('overlap', [i, j], `${a.id} and ${b.id} share bytes [${low}, ${high}) in steps ${steps}`);
    }
  }

  if (height !== top) report('height', [], `expected a height of ${top} bytes, found ${height}`);
  return violations;
}
