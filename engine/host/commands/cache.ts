// `cache`: what is kept of models compiled earlier on this machine, and of our own modules; `cache --clear` forgets it.

import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { codeFolder, programFolder } from '../cache-folder.ts';
import { ProgramCache } from '../program-cache.ts';
import { type ExitStatus, formatBytes, print } from './terminal.ts';

export function cacheCommand(program: Command, done: (status: ExitStatus) => void): void {
  program
    .command('cache')
    .description('what is kept of models compiled earlier')
    .option('--clear', 'forget it all')
    .option('--json', 'print one JSON object')
    .action(values => {
      const folder = programFolder();
      const cache = new ProgramCache(folder);
      const { programs, sizeBytes } = values.clear ? cache.clear() : cache.contents();
      const codeBytes = bytesBelow(codeFolder());
      if (values.clear) rmSync(codeFolder(), { recursive: true, force: true });
      const found = { folder, programs, sizeBytes, codeBytes, cleared: values.clear === true };
      const kept = `${programs} ${programs === 1 ? 'program' : 'programs'}, ${formatBytes(sizeBytes)}`;
      const what = `${kept}, and ${formatBytes(codeBytes)} of our own code`;
      print(found, values.json, () => `${what} in ${folder}${found.cleared ? ': cleared' : ''}`);
      done(0);
    });
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
