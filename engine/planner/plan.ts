// The planner's front door: one problem, one strategy, one result with its bound. All strategies are listed
// here. Invariant: the result respects lifetimes, alignment and fixed offsets, whatever the strategy.

import type { Strategy } from '../options.ts';
import { alignUp } from './align.ts';
import { lowerBound } from './bound.ts';
import { climb } from './climb.ts';
import type { PlanControl } from './control.ts';
import { exact } from './exact.ts';
import { birthOrder, breadthOrder, sizeOrder } from './greedy.ts';
import { type Layout, placeInOrder } from './place.ts';
import type { LowerBound, Placement, PlanResult, Problem } from './types.ts';

export type { PlanControl } from './control.ts';

const SOLVERS: Readonly<
  Record<Strategy, (problem: Problem, bound: LowerBound, control: PlanControl) => Layout>
> = {
  off: separate,
  refcount: problem => placeInOrder(problem, birthOrder(problem), 'heap'),
  size: problem => placeInOrder(problem, sizeOrder(problem), 'first'),
  breadth: problem => placeInOrder(problem, breadthOrder(problem), 'first'),
  bestfit: problem => placeInOrder(problem, sizeOrder(problem), 'best'),
  climb,
  exact,
};

/** Offsets for all buffers. The problem must be well-formed (csv.ts and liveness.ts only make such). */
export function plan(problem: Problem, strategy: Strategy, control: PlanControl = {}): PlanResult {
  const clock = control.clock ?? (() => performance.now());
  const start = clock();
  checkProblem(problem);
  const live = lowerBound(problem);
  const { offsets, height, placements, provedBytes = live.bytes } = SOLVERS[strategy](problem, live, control);
  const bound: LowerBound = provedBytes > live.bytes ? { ...live, bytes: provedBytes, searched: true } : live;
  return {
    solution: { offsets, height },
    placements,
    lowerBound: bound,
    unplannedBytes: separate(problem).height,
    optimal: height === bound.bytes,
    durationMs: clock() - start,
  };
}

/** `off`: every buffer in memory of its own, above all fixed ones. */
function separate(problem: Problem): Layout {
  const { buffers } = problem;
  let top = 0;
  for (const { offset, size } of buffers) if (offset !== undefined) top = Math.max(top, offset + size);
  const placements = buffers.map((buffer, b): Placement => {
    if (buffer.offset !== undefined) return { buffer: b, offset: buffer.offset };
    const offset = alignUp(top, buffer.alignment ?? 1);
    if (buffer.size > 0) top = offset + buffer.size;
    return { buffer: b, offset };
  });
  return { offsets: placements.map(({ offset }) => offset), height: top, placements };
}

function checkProblem(problem: Problem): void {
  for (const { id, lower, upper, size, alignment = 1, offset = 0 } of problem.buffers) {
    const numbers = [lower, upper, size, alignment, offset];
    if (!numbers.every(Number.isSafeInteger) || upper <= lower || size < 0 || alignment < 1 || offset < 0) {
      throw new Error(
        `malformed buffer ${id}: [${lower}, ${upper}) × ${size}, alignment ${alignment}, offset ${offset}`,
      );
    }
  }
}
