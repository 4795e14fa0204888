// `serve` and `open`: the app in a browser from a local server, or on the desktop where Electron can be had.

import { existsSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { hasDisplay, launchElectron } from '../../../electron/launch.ts';
import type { ModelSource } from '../../protocol.ts';
import type { EngineSource } from '../engines/engine-requests.ts';
import { badInput } from '../failure.ts';
import { startServer } from '../server/server.ts';
import { rememberFile } from '../shell/recent-files.ts';
import { builtRenderer } from '../shell/renderer-build.ts';
import type { ExitStatus } from './terminal.ts';
import { resolvePath, sourceOf, wholeNumber } from './toggles.ts';

/** What the app shows when it is opened on nothing: small, and with something to see in every view. */
const FIRST_SAMPLE = 'sample:mobilenet-v2';

const LAST_PORT = 65_535;

interface ServeValues {
  readonly port?: number;
  readonly root?: string;
}

export function serveCommand(program: Command, done: (status: ExitStatus) => void): void {
  program
    .command('serve')
    .description('the app in a browser, from a server on this machine')
    .argument('[model]', 'a file, or sample:NAME')
    .option('--port <n>', 'port to listen on (default: a free one)', wholeNumber(0, LAST_PORT))
    .option('--root <dir>', 'folder whose models may be browsed and opened')
    .action(async (model: string | undefined, values: ServeValues) => {
      await serve(model, values, false);
      done(0);
    });
}

export function openCommand(program: Command, done: (status: ExitStatus) => void): void {
  program
    .command('open', { isDefault: true })
    .description('the desktop app')
    .argument('[model]', 'a file, or sample:NAME', FIRST_SAMPLE)
    .action(async (model: string) => {
      const source = existing(sourceOf(model));
      await builtRenderer();
      const launched = await launchElectron(source.kind === 'path' ? source.path : model);
      if (launched) return;
      await serve(model, {}, hasDisplay());
      done(0);
    });
}

/** The app would say so too, but the one who typed the name looks here. */
function existing(source: EngineSource): EngineSource {
  if (source.kind === 'path' && !existsSync(source.path)) {
    throw badInput('expected a model file, found none', source.path);
  }
  return source;
}

function existingFolder(folder: string): string {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw badInput('expected a folder, found none', folder);
  }
  return folder;
}

/** Serves until it is told to stop. */
async function serve(model: string | undefined, values: ServeValues, openBrowser: boolean): Promise<void> {
  const start: ModelSource | undefined = model === undefined ? undefined : existing(sourceOf(model));
  const root = values.root === undefined ? undefined : existingFolder(resolvePath(values.root));
  const pages = await builtRenderer();
  if (start?.kind === 'path') await rememberFile(start.path);
  const server = await startServer({
    pages,
    ...(values.port !== undefined && { port: values.port }),
    ...(root !== undefined && { root }),
    ...(start && { start }),
  });
  const address = server.address();
  process.stdout.write(`${address}\n`);
  process.stderr.write('the address works once, in one browser; Ctrl+C stops the server\n');
  if (openBrowser) await openInBrowser(address);
  await new Promise<void>(resolve => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    process.once('SIGHUP', () => resolve());
  });
  await server.close();
}

async function openInBrowser(address: string): Promise<void> {
  const { default: open } = await import('open');
  try {
    const child = await open(address);
    child.on('error', () => process.stderr.write('no browser could be opened: open the address above\n'));
  } catch {
    process.stderr.write('no browser could be opened: open the address above\n');
  }
}
