// Where the program's own files are. In the repository entries run from source; in a package each is bundled to one
// file, and they lie side by side with the Node that runs them.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from './failure.ts';

/** What starts an engine process: a Node, the file it runs, and what it must be able to read for that. */
export interface EngineProgram {
  /** undefined: there is none, the shell must run the entry itself */
  readonly node: string | undefined;
  readonly entry: string;
  readonly readable: readonly string[];
}

const HERE = import.meta.dirname;
const BUNDLED = '.mjs';
const NODE_NAME = process.platform === 'win32' ? 'node.exe' : 'node';
const OLDEST_NODE = 26;

/** Whether this file is part of a bundle in a package. */
export const isPackaged = import.meta.filename.endsWith(BUNDLED);

/** The entry of another process or thread of ours, named by its source below this folder; bundles lie side by side. */
export const entryFile = (name: string): string =>
  path.join(HERE, isPackaged ? `${path.basename(name)}${BUNDLED}` : `${name}.ts`);

/** Folder of the built pages. */
export const pagesFolder = (): string =>
  isPackaged ? path.join(HERE, 'pages') : path.join(repository(), 'renderer', 'dist');

/** Also right in the desktop shell's bundle, which lies as deep below the repository as this file. */
export const repository = (): string => fileURLToPath(new URL('../..', import.meta.url));

/** The engine of a package: everything it needs is in one folder. */
export function packagedEngine(folder: string): EngineProgram {
  const node = path.join(folder, NODE_NAME);
  return {
    node: existsSync(node) ? node : undefined,
    entry: path.join(folder, `engine-process${BUNDLED}`),
    readable: [folder],
  };
}

/** The engine that belongs to this file: the package's, or the repository's from source. */
export function ownEngine(): EngineProgram {
  if (isPackaged) return packagedEngine(HERE);
  const root = repository();
  return {
    node: nodeBinary(),
    entry: path.join(root, 'engine', 'host', 'process', 'engine-process.ts'),
    readable: ['engine', 'node_modules', 'package.json'].map(name => path.join(root, name)),
  };
}

/** The Node that runs engines: this one, or the one that was installed with the program. */
export function nodeBinary(): string {
  if (process.env.ARENASCOPE_NODE) return process.env.ARENASCOPE_NODE;
  if (!process.versions.electron && Number(process.versions.node.split('.')[0]) >= OLDEST_NODE)
    return process.execPath;
  const folder = path.dirname(createRequire(import.meta.url).resolve('node/package.json'));
  const binary = path.join(folder, 'bin', NODE_NAME);
  if (!existsSync(binary))
    throw new Failure('engine-lost', `expected Node ${OLDEST_NODE} in ${binary}: npm ci brings it`);
  return binary;
}
