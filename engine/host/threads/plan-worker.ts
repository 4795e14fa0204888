// Entry of a planning thread: searches one problem, maybe beside others that do, says how far it is, and answers with
// what it found: all of it, or its best so far when it is told to end.

import { parentPort, workerData } from 'node:worker_threads';
import type { Strategy } from '../../options.ts';
import type { PlanProgress } from '../../planner/control.ts';
import { plan } from '../../planner/plan.ts';
import { SharedBounds } from '../../planner/shared-bounds.ts';
import type { PlanResult, Problem } from '../../planner/types.ts';

export interface PlanTask {
  readonly problem: Problem;
  readonly strategy: Strategy;
  /** of the bounds that all threads share */
  readonly memory: SharedArrayBuffer;
  /** an Int32 that all threads share: not 0 when they are to end */
  readonly cancel: SharedArrayBuffer;
  readonly seed?: number;
  readonly nodeLimit?: number;
  readonly capacity?: number;
  /** when to stop, milliseconds of Date.now() */
  readonly endMs?: number;
}

/** What a planning thread says: how far it is, at last the result. */
export type PlanMessage = { readonly progress: PlanProgress } | { readonly result: PlanResult };

const { problem, strategy, memory, cancel, endMs, ...limits } = workerData as PlanTask;
const flag = new Int32Array(cancel);
const say = (message: PlanMessage): void => parentPort?.postMessage(message);

const result = plan(problem, strategy, {
  ...limits,
  shared: new SharedBounds(memory),
  cancelled: () => Atomics.load(flag, 0) !== 0,
  progress: progress => say({ progress }),
  ...(endMs !== undefined && { timeLimitMs: Math.max(0, endMs - Date.now()) }),
});
say({ result });
