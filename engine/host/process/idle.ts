// When has a process come to rest? Thread pools go on spinning after their work, some for tens of milliseconds, and
// whoever is measured beside them has fewer cores; so has a compiler that works in the background. Nobody's turn ends
// before its process is idle.

import { setTimeout as pause } from 'node:timers/promises';

/** CPU time is looked at this often. */
const WINDOW_MS = 2;
/** A process that uses less of a core than this is idle: looking takes time itself. */
const IDLE_SHARE = 0.25;
/** It must be for so many windows in a row. */
const IDLE_WINDOWS = 2;
/** One that never rests is measured all the same. */
const PATIENCE_MS = 1000;

/** Waits until all threads of this process have stopped working. */
export async function untilIdle(): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  let idle = 0;
  while (idle < IDLE_WINDOWS && performance.now() < endMs) {
    const startMs = performance.now();
    const before = process.cpuUsage();
    await pause(WINDOW_MS);
    const { user, system } = process.cpuUsage(before);
    const share = (user + system) / 1000 / (performance.now() - startMs);
    idle = share < IDLE_SHARE ? idle + 1 : 0;
  }
}
