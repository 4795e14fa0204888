// Where this user's caches are. Engines may write below the folder of programs, and nowhere else.

import { mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The folder of this program in the user's cache folder; it need not be there. */
export function cacheFolder(): string {
  return path.join(userCache(), 'arenascope');
}

function userCache(): string {
  const home = os.homedir();
  if (process.platform === 'win32') return process.env.LOCALAPPDATA ?? path.join(home, 'AppData', 'Local');
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches');
  return process.env.XDG_CACHE_HOME ?? path.join(home, '.cache');
}

/** Of compiled programs; it may not exist. */
export const programFolder = (): string => path.join(cacheFolder(), 'programs');

/** Of the code that V8 makes of our own modules. Engines write it, and only engines run it. */
export const codeFolder = (programs = programFolder()): string => path.join(programs, 'code');

/** The folder of compiled programs, made for this user alone; undefined where it cannot be. */
export function madeProgramFolder(): string | undefined {
  const folder = programFolder();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch {
    return undefined;
  }
}
