// One placement problem searched by several threads, each from a seed of its own, that know the lowest plan and the
// best proof of all. What is found depends on which thread is first, so only one thread gives the same answer twice.
// None of them is this one: it stays free to be told to end.

import { Worker } from 'node:worker_threads';
import type { Strategy } from '../../options.ts';
import { MAX_SEARCHED } from '../../planner/exact/exact.ts';
import type { PlanControl } from '../../planner/plan.ts';
import { SharedBounds } from '../../planner/shared-bounds.ts';
import type { PlanResult, Problem } from '../../planner/types.ts';
import { entryFile } from '../program-files.ts';
import type { PlanMessage, PlanTask } from './plan-worker.ts';

export interface TogetherControl
  extends Pick<PlanControl, 'timeLimitMs' | 'nodeLimit' | 'capacity' | 'seed' | 'progress'> {
  /** ends the search: the answer is the best plan so far */
  readonly signal?: AbortSignal;
}

/**
 * The lowest plan of all threads with the highest bound that any proved. The others start when the first has searched
 * long enough to report progress, and end with it where a limit in time says so, or where it proves its plan.
 */
export async function planTogether(
  problem: Problem,
  strategy: Strategy,
  control: TogetherControl,
  threads: number,
): Promise<PlanResult> {
  const cancel = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const end = (): void => {
    Atomics.store(cancel, 0, 1);
  };
  const shared = { memory: new SharedBounds().memory, cancel: cancel.buffer as SharedArrayBuffer };
  const startMs = Date.now();
  const task = (index: number) => taskOf({ problem, strategy, ...shared }, control, startMs, index);
  // Larger ones are not searched but placed again and again, where threads have nothing to tell each other.
  const most = strategy === 'exact' && problem.buffers.length <= MAX_SEARCHED ? threads : 1;
  const helpers: Helper[] = [];
  const progress: PlanControl['progress'] = state => {
    if (!control.signal?.aborted) {
      for (let index = 1 + helpers.length; index < most; index++) helpers.push(startHelper(task(index)));
    }
    control.progress?.(state);
  };
  control.signal?.addEventListener('abort', end);
  if (control.signal?.aborted) end();
  const first = startHelper(task(0), progress);
  try {
    const own = await first.result;
    if (own.optimal) return own;
    const others = await Promise.all(helpers.map(({ result }) => result));
    return {
      ...together([own, ...others]),
      durationMs: helpers.length > 0 ? Date.now() - startMs : own.durationMs,
    };
  } finally {
    control.signal?.removeEventListener('abort', end);
    for (const { worker } of [first, ...helpers]) void worker.terminate();
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
  what: Pick<PlanTask, 'problem' | 'strategy' | 'memory' | 'cancel'>,
  { timeLimitMs, nodeLimit, capacity, seed = 1 }: TogetherControl,
  startMs: number,
  index: number,
): PlanTask {
  return {
    ...what,
    // Neighbouring seeds are taken by who asks again with the next one.
    seed: seed + 1_000_003 * index,
    ...(nodeLimit !== undefined && { nodeLimit }),
    ...(capacity !== undefined && { capacity }),
    ...(timeLimitMs !== undefined && { endMs: startMs + timeLimitMs }),
  };
}

function startHelper(task: PlanTask, progress?: PlanControl['progress']): Helper {
  const worker = new Worker(entryFile('threads/plan-worker'), { workerData: task });
  const result = new Promise<PlanResult>((resolve, reject) => {
    worker.on('message', (message: PlanMessage) => {
      if ('result' in message) resolve(message.result);
      else progress?.(message.progress);
    });
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('a planning thread ended without a result')));
  });
  // One that is not needed any more is ended, and nobody waits for its result.
  result.catch(() => {});
  return { worker, result };
}
