// How long a cancelled request may go on before its worker is replaced, which loses all that is open in it: two seconds
// of its own. On a busy machine those take longer, and a worker that had no time did not ignore anything.

const OWN_MS = 2000;
/** One that waits for what never comes uses no time at all. */
const MOST_MS = 15_000;

export interface Waited {
  readonly wallMs: number;
  /** what the threads of the process have used of the processors meanwhile */
  readonly processorMs: number;
}

/** Returns how long it was since. */
export function startWaiting(): () => Waited {
  const start = performance.now();
  const used = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(used);
    return { wallMs: performance.now() - start, processorMs: (user + system) / 1000 };
  };
}

/** Whether a cancelled request has had its time. */
export const isOverdue = ({ wallMs, processorMs }: Waited): boolean =>
  wallMs >= MOST_MS || (wallMs >= OWN_MS && processorMs >= OWN_MS);
