// Which model a command line names. Electron puts the app's own folder among the arguments when it is not packaged.

import path from 'node:path';
import type { ModelSource } from '../engine/protocol.ts';

/** The last argument after the program that is no flag and not the app; relative paths are below `folder`. */
export function modelOf(argv: readonly string[], folder: string, appPath: string): ModelSource | undefined {
  const named = argv.slice(1).filter(argument => !argument.startsWith('-'));
  const model = named.filter(argument => path.resolve(folder, argument) !== appPath).at(-1);
  if (model === undefined) return undefined;
  if (model.startsWith('sample:')) return { kind: 'sample', name: model.slice('sample:'.length) };
  return { kind: 'path', path: path.resolve(folder, model) };
}
