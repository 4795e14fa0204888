// The runtime's threads, as Node's worker threads.

import { Worker } from 'node:worker_threads';
import type { Threads } from '../../runtime/session.ts';
import type { WorkerSetup } from '../../runtime/worker.ts';
import { entryFile } from '../program-files.ts';

/** Starts workers 1 … threads − 1 and waits until each has instantiated the program. */
export async function startThreads(setup: WorkerSetup): Promise<Threads> {
  const workers = Array.from(
    { length: setup.threads - 1 },
    (_, index) =>
      new Worker(entryFile('threads/compute-worker'), {
        workerData: { setup, worker: index + 1 },
        stderr: true,
      }),
  );
  const ready = workers.map(
    worker =>
      new Promise<void>((resolve, reject) => {
        worker.once('message', () => resolve());
        worker.once('error', reject);
      }),
  );
  try {
    await Promise.all(ready);
  } catch (error) {
    for (const worker of workers) void worker.terminate();
    throw error;
  }
  // A failure after this reaches the session through its control words.
  for (const worker of workers) worker.on('error', () => {});
  return {
    close() {
      for (const worker of workers) void worker.terminate();
    },
  };
}
