// Hashes of the files that lie outside the app archive, checked before any of them is started.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';

/** Path below a folder, with '/', → SHA-256 as hexadecimal digits. */
const hashes = z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/));
export type Hashes = z.infer<typeof hashes>;

/** Throws where the file is missing or isn't what packaging wrote. */
export const readHashes = async (file: string): Promise<Hashes> =>
  hashes.parse(JSON.parse(await readFile(file, 'utf8')));

/** The hashes of all files below a folder. */
export async function hashesOf(folder: string): Promise<Hashes> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter(entry => entry.isFile())
    .map(entry => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
  return Object.fromEntries(
    await Promise.all(names.map(async name => [name, await hashOf(path.join(folder, name))] as const)),
  );
}

/** What differs below a folder from what was expected: changed, missing and additional files; none when it is whole. */
export async function differences(folder: string, expected: Hashes): Promise<readonly string[]> {
  const found = await hashesOf(folder);
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])]
    .filter(name => expected[name] !== found[name])
    .map(name => {
      if (found[name] === undefined) return `${name} is missing`;
      return `${name} ${expected[name] === undefined ? 'does not belong there' : 'was changed'}`;
    });
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
