// `cache`: what is kept of models compiled earlier on this machine, and of our own modules; `cache --clear` forgets it.

import type { Command } from 'commander';
import { keptPrograms } from '../cache/kept-programs.ts';
import { type ExitStatus, formatBytes, print } from './terminal.ts';

export function cacheCommand(program: Command, done: (status: ExitStatus) => void): void {
  program
    .command('cache')
    .description('what is kept of models compiled earlier')
    .option('--clear', 'forget it all')
    .option('--json', 'print one JSON object')
    .action(values => {
      const cleared = values.clear === true;
      const { folder, programs, sizeBytes, codeBytes } = keptPrograms(cleared);
      const kept = `${programs} ${programs === 1 ? 'program' : 'programs'}, ${formatBytes(sizeBytes)}`;
      const what = `${kept}, and ${formatBytes(codeBytes)} of our own code`;
      const found = { folder, programs, sizeBytes, codeBytes, cleared };
      print(found, values.json, () => `${what} in ${folder}${cleared ? ': cleared' : ''}`);
      done(0);
    });
}
