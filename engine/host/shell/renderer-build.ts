// Builds the renderer when it was never built, or when a source is newer than what was built.

import { existsSync, globSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { isPackaged, pagesFolder, repository } from '../program-files.ts';

const PROGRAM = repository();
const PAGES = pagesFolder();

/** What the built pages are made from. */
const SOURCES = ['renderer/**/*.{ts,tsx,css,html}', 'engine/*.ts', 'engine/report/*.ts', 'package-lock.json'];

function isFresh(): boolean {
  const built = path.join(PAGES, 'index.html');
  if (!existsSync(built)) return false;
  const builtAt = statSync(built).mtimeMs;
  const sources = globSync(SOURCES, { cwd: PROGRAM, exclude: ['renderer/dist/**'] });
  return sources.every(file => statSync(path.join(PROGRAM, file)).mtimeMs <= builtAt);
}

/** Folder of the built renderer, built now if need be; a package has it built. */
export async function builtRenderer(): Promise<string> {
  const config = path.join(PROGRAM, 'renderer', 'vite.config.ts');
  if (isPackaged || isFresh()) return PAGES;
  process.stderr.write('building the pages…\n');
  const { build } = await import('vite');
  const begun = new Date();
  await build({ configFile: config, root: path.join(PROGRAM, 'renderer'), logLevel: 'error' });
  // What was changed meanwhile may not be in it.
  utimesSync(path.join(PAGES, 'index.html'), begun, begun);
  return PAGES;
}
