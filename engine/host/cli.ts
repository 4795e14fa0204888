// The command line: one file per command in commands/. Exit status 0 done, 1 the check failed, 2 bad input,
// 3 a bug of ours.

import { Command, CommanderError } from 'commander';
import { benchCommand } from './commands/bench.ts';
import { cacheCommand } from './commands/cache.ts';
import { conformanceCommand } from './commands/conformance.ts';
import { diffCommand } from './commands/diff.ts';
import { infoCommand } from './commands/info.ts';
import { planCommand } from './commands/plan.ts';
import { runCommand } from './commands/run.ts';
import { openCommand, serveCommand } from './commands/serve.ts';
import { clearProgress, type ExitStatus, INTERRUPTED, linesText } from './commands/terminal.ts';
import { tuneCommand } from './commands/tune.ts';
import { verifyCommand } from './commands/verify.ts';
import { Failure } from './failure.ts';
import { VERSION } from './version.ts';

const COMMANDS = [
  openCommand,
  serveCommand,
  infoCommand,
  diffCommand,
  planCommand,
  runCommand,
  verifyCommand,
  benchCommand,
  tuneCommand,
  cacheCommand,
  conformanceCommand,
];

const BAD_INPUT = 2;
const BUG = 3;

const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, ' ');

/** Runs a command and resolves with the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  let status = 0;
  const done = (result: ExitStatus): void => {
    status = result;
  };
  const program = new Command('arenascope')
    .description("where a neural network's memory and time go, and what fusion and memory planning buy")
    .version(VERSION)
    // An error is one line.
    .configureOutput({
      outputError: (text, write) => write(`${oneLine(text)} (--help shows what there is)\n`),
    })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  for (const add of COMMANDS) {
    add(program, done);
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return process.exitCode === undefined ? status : Number(process.exitCode);
  } catch (error) {
    clearProgress();
    return statusOf(error);
  }
}

function statusOf(error: unknown): number {
  // Commander has printed its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_INPUT;
  if (error instanceof Failure && error.id !== 'internal') {
    if (error.id === 'cancelled') return INTERRUPTED;
    process.stderr.write(
      linesText(`${error.where === undefined ? '' : `${error.where}: `}${error.message}\n`),
    );
    return BAD_INPUT;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return BUG;
}
