// How long a process had work and no core to do it on: what other programs took from a measurement. Priorities say
// little of it (where Linux groups tasks by session, nice counts within a session only), so it is looked at. Two
// threads lose more than one: each waits for the other, too.

import { readdirSync, readFileSync } from 'node:fs';

/** ns that each thread has waited for a core since it began. */
export type Waits = ReadonlyMap<string, number>;

/** Of the threads of a process; undefined where the system does not tell (it does on Linux). */
export function waitsOf(pid: number | undefined): Waits | undefined {
  const folder = `/proc/${pid}/task`;
  const threads = ifThere(() => readdirSync(folder));
  const waits = threads?.flatMap((thread): [string, number][] => {
    // Ran for so long, waited for so long, so many times; a thread that has ended has none.
    const found = ifThere(() => readFileSync(`${folder}/${thread}/schedstat`, 'utf8'))?.split(' ')[1];
    return found === undefined ? [] : [[thread, Number(found)]];
  });
  return waits && waits.length > 0 ? new Map(waits) : undefined;
}

/** What a process that is gone, or a system that has none, answers. */
const ABSENT = ['ENOENT', 'ESRCH', 'ENOTDIR'];

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.includes(String(error.code))) return undefined;
    throw error;
  }
}

/** ns that all threads together waited between two looks. */
export function waitedNs(before: Waits, after: Waits): number {
  return [...after].reduce((sum, [thread, ns]) => sum + ns - (before.get(thread) ?? 0), 0);
}
