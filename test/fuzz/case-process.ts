// Runs cases in a process of its own, one after the other, and says on standard output which one it is at: when the
// process ends, the last one named is why. A second thread watches: a case that takes too long or too much memory
// ends the process, whatever the first thread is doing.
// Started as: node case-process.ts SEED FIRST LAST

import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { makeCase } from './cases.ts';
import { runCase } from './targets.ts';

/** Processor time, so that a busy machine is no hang; and time on the clock, for what waits and does nothing. */
const CPU_LIMIT_MS = 12_000;
const CLOCK_LIMIT_MS = 120_000;
/** Resident, above the process before its first case. Seeds have up to 1.4 MB, and messages are bounded. */
const MEMORY_LIMIT_BYTES = 2 ** 30;
const LOOK_MS = 20;

export interface CaseReport {
  readonly index: number;
  readonly status: 'begun' | 'done' | 'failed';
  readonly reason?: string;
}

const say = (report: CaseReport): void => {
  writeSync(1, `${JSON.stringify(report)}\n`);
};

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function runCases(seed: number, first: number, last: number): Promise<void> {
  const at = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
  const watch = new Worker(new URL(import.meta.url), { workerData: { at, idle: process.memoryUsage.rss() } });
  await new Promise(resolve => watch.once('online', resolve));
  const folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-fuzz-'));
  for (let index = first; index <= last; index++) {
    say({ index, status: 'begun' });
    try {
      const one = makeCase(seed, index);
      Atomics.store(at, 0, index);
      await runCase(one, path.join(folder, String(index)));
      say({ index, status: 'done' });
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      say({ index, status: 'failed', reason });
    }
    Atomics.store(at, 0, -1);
  }
  rmSync(folder, { recursive: true });
  await watch.terminate();
}

/** Ends the process, with a reason, when the case that runs is over a limit. */
function watchCases({ at, idle }: { readonly at: Int32Array; readonly idle: number }): void {
  let index = -1;
  let begun = { cpu: 0, clock: 0 };
  const stop = (reason: string): void => {
    say({ index, status: 'failed', reason });
    process.kill(process.pid, 'SIGKILL');
  };
  setInterval(() => {
    const now = Atomics.load(at, 0);
    if (now !== index) begun = { cpu: cpuMs(), clock: performance.now() };
    index = now;
    if (index < 0) return;
    const bytes = process.memoryUsage.rss() - idle;
    if (bytes > MEMORY_LIMIT_BYTES) stop(`it took ${Math.round(bytes / 2 ** 20)} MiB`);
    if (cpuMs() - begun.cpu > CPU_LIMIT_MS) stop(`it computed for more than ${CPU_LIMIT_MS} ms`);
    if (performance.now() - begun.clock > CLOCK_LIMIT_MS) stop('it did not end');
  }, LOOK_MS);
}

if (isMainThread) {
  const [seed = 1, first = 0, last = first] = process.argv.slice(2).map(Number);
  await runCases(seed, first, last);
} else watchCases(workerData as { at: Int32Array; idle: number });
