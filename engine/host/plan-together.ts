// One placement problem searched by several threads, each from a seed of its own, that know the lowest plan and the
// best proof of all. What is found depends on which thread is first, so only one thread gives the same answer twice.

import { Worker } from 'node:worker_threads';
import { MAX_SEARCHED } from '../planner/exact.ts';
import { type PlanControl, plan } from '../planner/plan.ts';
import { SharedBounds } from '../planner/shared-bounds.ts';
import type { PlanResult, Problem } from '../planner/types.ts';
import type { PlanTask } from './plan-worker.ts';
import { entryFile } from './program-files.ts';

/**
 * The lowest plan of all threads with the highest bound that any proved. This thread searches too; the others start
 * when it has searched long enough to report progress, and end with it where a limit in time says so. When cancelled,
 * the plan that this thread has.
 */
export async function planTogether(
  problem: Problem,
  control: PlanControl,
  threads: number,
): Promise<PlanResult> {
  const shared = new SharedBounds();
  const helpers: Helper[] = [];
  const startMs = Date.now();
  const progress: PlanControl['progress'] = state => {
    // Larger ones are not searched but placed again and again, where threads have nothing to tell each other.
    if (helpers.length === 0 && problem.buffers.length <= MAX_SEARCHED) {
      for (let index = 1; index < threads; index++) {
        helpers.push(startHelper(taskOf(problem, control, shared, startMs, index)));
      }
    }
    control.progress?.(state);
  };
  try {
    const own = plan(problem, 'exact', { ...control, shared, progress });
    if (own.optimal || control.cancelled?.()) return own;
    const others = await Promise.all(helpers.map(({ result }) => result));
    return { ...together([own, ...others]), durationMs: Date.now() - startMs };
  } finally {
    for (const { worker } of helpers) void worker.terminate();
  }
}

/** The lowest plan, the first of equals, under the highest bound. */
function together(results: readonly [PlanResult, ...PlanResult[]]): PlanResult {
  const best = results.reduce((a, b) => (b.solution.height < a.solution.height ? b : a));
  const { lowerBound } = results.reduce((a, b) => (b.lowerBound.bytes > a.lowerBound.bytes ? b : a));
  return { ...best, lowerBound, optimal: best.solution.height === lowerBound.bytes };
}

interface Helper {
  readonly worker: Worker;
  readonly result: Promise<PlanResult>;
}

function taskOf(
  problem: Problem,
  control: PlanControl,
  shared: SharedBounds,
  startMs: number,
  index: number,
): PlanTask {
  const { timeLimitMs, nodeLimit, capacity, seed = 1 } = control;
  return {
    problem,
    memory: shared.memory,
    // Neighbouring seeds are taken by who asks again with the next one.
    seed: seed + 1_000_003 * index,
    ...(nodeLimit !== undefined && { nodeLimit }),
    ...(capacity !== undefined && { capacity }),
    ...(timeLimitMs !== undefined && { endMs: startMs + timeLimitMs }),
  };
}

function startHelper(task: PlanTask): Helper {
  const worker = new Worker(entryFile('plan-worker'), { workerData: task });
  const result = new Promise<PlanResult>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('a planning thread ended without a result')));
  });
  // One that is not needed any more is ended, and nobody waits for its result.
  result.catch(() => {});
  return { worker, result };
}
