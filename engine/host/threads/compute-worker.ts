// Entry of a compute worker: runs its share of every step of one session until the session ends.

import { parentPort, workerData } from 'node:worker_threads';
import { serveRuns, type WorkerSetup } from '../../runtime/worker.ts';

const { setup, worker } = workerData as { readonly setup: WorkerSetup; readonly worker: number };

serveRuns(setup, worker, () => parentPort?.postMessage('ready'));
