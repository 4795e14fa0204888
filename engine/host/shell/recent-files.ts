// Models opened lately, kept in the user's configuration folder. Losing the list is no error.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';

const LONGEST = 20;
const recentList = z.array(z.string()).max(1000);

function configFolder(): string {
  const home = os.homedir();
  if (process.platform === 'win32') return process.env.APPDATA ?? path.join(home, 'AppData', 'Roaming');
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Application Support');
  return process.env.XDG_CONFIG_HOME ?? path.join(home, '.config');
}

const listFile = (): string => path.join(configFolder(), 'arenascope', 'recent.json');

/** Absolute paths, the latest first. */
export async function recentFiles(): Promise<readonly string[]> {
  try {
    return recentList.parse(JSON.parse(await readFile(listFile(), 'utf8')));
  } catch {
    // There is no list yet, or no readable one: the next model opened starts it.
    return [];
  }
}

/** Puts a file first in the list. Written beside the list and moved there, so that others never read half of it. */
export async function rememberFile(file: string): Promise<void> {
  const absolute = path.resolve(file);
  const list = [absolute, ...(await recentFiles()).filter(other => other !== absolute)].slice(0, LONGEST);
  const target = listFile();
  try {
    await mkdir(path.dirname(target), { recursive: true });
    const fresh = `${target}.${process.pid}`;
    await writeFile(fresh, JSON.stringify(list, null, 1));
    await rename(fresh, target);
  } catch (error) {
    console.error(`recent files are not kept: ${error instanceof Error ? error.message : error}`);
  }
}
