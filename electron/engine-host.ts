// Where engines run: the package's own Node once its files were found whole; the repository's when run from there;
// inside Electron where a package has no Node for its machine.

import path from 'node:path';
import { type App, utilityProcess } from 'electron';
import { type EngineHost, nodeHost } from '../engine/host/engines/engine-link.ts';
import { packagedEngine } from '../engine/host/program-files.ts';
import { differences, readHashes } from './integrity.ts';
import { utilityHost } from './utility-host.ts';

/** Throws when a file of the package is not what it was when it was made. */
export async function engineHost(app: App): Promise<EngineHost> {
  if (!app.isPackaged) return nodeHost();
  const folder = path.join(process.resourcesPath, 'engine');
  const expected = await readHashes(path.join(app.getAppPath(), 'hashes.json'));
  const wrong = await differences(folder, expected);
  if (wrong.length > 0)
    throw new Error(`This installation is damaged, install it again. In ${folder}: ${wrong.join(', ')}`);
  const program = packagedEngine(folder);
  return program.node === undefined ? utilityHost(utilityProcess.fork, program.entry) : nodeHost(program);
}
