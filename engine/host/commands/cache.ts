// `cache`: what is kept of models compiled earlier on this machine; `cache --clear` forgets it.

import type { Command } from 'commander';
import { programFolder } from '../cache-folder.ts';
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
      const found = { folder, programs, sizeBytes, cleared: values.clear === true };
      const what = `${programs} ${programs === 1 ? 'program' : 'programs'}, ${formatBytes(sizeBytes)}`;
      print(found, values.json, () => `${what} in ${folder}${found.cleared ? ': cleared' : ''}`);
      done(0);
    });
}
