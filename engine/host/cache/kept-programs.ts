// What is kept on this machine of models compiled earlier, and of our own modules, to be looked at and forgotten. The
// command line and every shell do it alike.

import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { codeFolder, programFolder } from './cache-folder.ts';
import { ProgramCache } from './program-cache.ts';

/** What lies in the cache of compiled programs. */
export interface KeptPrograms {
  readonly folder: string;
  readonly programs: number;
  readonly sizeBytes: number;
  /** of what V8 made of our own modules */
  readonly codeBytes: number;
}

/** What there is; with `clear`, what there was: it is gone then. Programs that are loaded go on running. */
export function keptPrograms(clear = false): KeptPrograms {
  const folder = programFolder();
  const cache = new ProgramCache(folder);
  const { programs, sizeBytes } = clear ? cache.clear() : cache.contents();
  const codeBytes = bytesBelow(codeFolder());
  if (clear) rmSync(codeFolder(), { recursive: true, force: true });
  return { folder, programs, sizeBytes, codeBytes };
}

/** Bytes of all files below a folder; 0 where there is none. */
function bytesBelow(folder: string): number {
  if (!statSync(folder, { throwIfNoEntry: false })) return 0;
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.reduce((sum, name) => {
    const stat = statSync(path.join(folder, name), { throwIfNoEntry: false });
    return sum + (stat?.isFile() ? stat.size : 0);
  }, 0);
}
