// Files that commands write where --out says. What the file system refuses is bad input: where, and why.

import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { badInput } from '../failure.ts';

/** Writes a file in a folder that exists. Throws bad-input when it cannot be written. */
export function writeOutput(file: string, content: string | Uint8Array): void {
  attempt('a file that can be written', file, () => writeFileSync(file, content));
}

/** Creates a folder and those above it. Throws bad-input when it cannot be made. */
export function makeFolder(folder: string): void {
  attempt('a folder that can be made', folder, () => mkdirSync(folder, { recursive: true }));
}

/** Throws bad-input, before anything is computed for it, when a file of this name could not be written. */
export function checkOutput(file: string): void {
  const folder = path.dirname(file);
  if (!isFolder(folder))
    throw badInput('expected a file in a folder that exists, found no such folder', file);
  if (isFolder(file)) throw badInput('expected a file to write, found a folder', file);
}

const isFolder = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;

function attempt(expected: string, where: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw badInput(`expected ${expected}, found that it is refused (${found})`, where);
  }
}
