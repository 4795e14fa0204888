// What the app consists of, bundled to single files: the desktop shell (main as an ES module, preload as CommonJS),
// and for a package the engine's four entries and the command line. Node's and Electron's modules stay outside.

import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashesOf } from './integrity.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const HOST = path.join(ROOT, 'engine', 'host');

/** Not in a package: what only the repository has. The command line says so where it would need them. */
const LEFT_OUT = ['vite', 'onnxruntime-web', 'onnxruntime-node'];

/** Writes main.js and preload.cjs into `folder`. */
export async function buildShell(folder: string): Promise<void> {
  const here = import.meta.dirname;
  await bundle(path.join(here, 'main.ts'), folder, 'es', 'main.js');
  await bundle(path.join(here, 'preload.ts'), folder, 'cjs', 'preload.cjs');
}

/** Writes the engine's entries and the command line into `folder`, each a single file. */
async function buildEngine(folder: string): Promise<void> {
  await bundle(path.join(HOST, 'process', 'engine-process.ts'), folder, 'es', 'engine-process.mjs');
  await bundle(path.join(HOST, 'process', 'engine-worker.ts'), folder, 'es', 'engine-worker.mjs');
  await bundle(path.join(HOST, 'threads', 'compute-worker.ts'), folder, 'es', 'compute-worker.mjs');
  await bundle(path.join(HOST, 'threads', 'plan-worker.ts'), folder, 'es', 'plan-worker.mjs');
  await bundle(path.join(HOST, 'cli.mjs'), folder, 'es', 'cli.mjs');
}

export interface PackageParts {
  /** what goes into the app archive */
  readonly app: string;
  /** what lies beside it, readable by any program: the engine, its Node, the command line, the pages it serves */
  readonly engine: string;
}

/**
 * Everything a package holds besides Electron, in two folders below `folder`. `node` is the binary of the target
 * machine; without one, engines run inside Electron, which has no 256-bit kernels.
 */
export async function buildPackage(
  folder: string,
  of: { readonly node?: string; readonly version: string; readonly description: string },
): Promise<PackageParts> {
  const parts = { app: path.join(folder, 'app'), engine: path.join(folder, 'engine') };
  await rm(folder, { recursive: true, force: true });
  await mkdir(parts.engine, { recursive: true });
  await buildShell(parts.app);
  await buildEngine(parts.engine);
  await buildPages(path.join(parts.app, 'pages'));
  await cp(path.join(parts.app, 'pages'), path.join(parts.engine, 'pages'), { recursive: true });
  if (of.node !== undefined) {
    const name = of.node.endsWith('.exe') ? 'node.exe' : 'node';
    await cp(of.node, path.join(parts.engine, name), { dereference: true });
    await chmod(path.join(parts.engine, name), 0o755);
    await writeLaunchers(parts.engine);
  }
  const metadata = {
    name: 'arenascope',
    productName: 'Arenascope',
    version: of.version,
    description: of.description,
    author: 'Arenascope',
    license: 'MIT',
    type: 'module',
    main: 'main.js',
  };
  await writeFile(path.join(parts.app, 'package.json'), JSON.stringify(metadata, null, 2));
  // In the archive, which Electron checks itself: the hashes of what lies outside it.
  await writeFile(path.join(parts.app, 'hashes.json'), JSON.stringify(await hashesOf(parts.engine), null, 1));
  return parts;
}

/** The renderer, into a folder of its own: what is served from the repository may hold older builds. */
async function buildPages(folder: string): Promise<void> {
  const { build } = await import('vite');
  const root = path.join(ROOT, 'renderer');
  await build({
    configFile: path.join(root, 'vite.config.ts'),
    root,
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true },
  });
}

/** The command line by its name, for a shell. */
async function writeLaunchers(folder: string): Promise<void> {
  const unix = '#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nexec "$here/node" "$here/cli.mjs" "$@"\n';
  await writeFile(path.join(folder, 'arenascope'), unix, { mode: 0o755 });
  await writeFile(path.join(folder, 'arenascope.cmd'), '@"%~dp0node.exe" "%~dp0cli.mjs" %*\r\n');
}

async function bundle(entry: string, folder: string, format: 'es' | 'cjs', fileName: string): Promise<void> {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    build: {
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      target: 'esnext',
      ssr: entry,
      rolldownOptions: {
        external: [/^node:/, 'electron', ...LEFT_OUT],
        output: { format, entryFileNames: fileName, codeSplitting: false },
      },
    },
    ssr: { noExternal: true },
  });
}
