// Entry of a planning thread: searches one problem, beside others that do, and answers with what it found.

import { parentPort, workerData } from 'node:worker_threads';
import { plan } from '../planner/plan.ts';
import { SharedBounds } from '../planner/shared-bounds.ts';
import type { Problem } from '../planner/types.ts';

export interface PlanTask {
  readonly problem: Problem;
  /** of the bounds that all threads share */
  readonly memory: SharedArrayBuffer;
  readonly seed: number;
  readonly nodeLimit?: number;
  readonly capacity?: number;
  /** when to stop, milliseconds of Date.now() */
  readonly endMs?: number;
}

const { problem, memory, endMs, ...limits } = workerData as PlanTask;

const result = plan(problem, 'exact', {
  ...limits,
  shared: new SharedBounds(memory),
  ...(endMs !== undefined && { timeLimitMs: Math.max(0, endMs - Date.now()) }),
});
parentPort?.postMessage(result);
