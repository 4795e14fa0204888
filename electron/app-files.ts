// Which file a URL of our own scheme names. Kept free of Electron, so that it can be tried anywhere.

import { realpath } from 'node:fs/promises';
import path from 'node:path';

/** The file that a URL path names, if it lies below `folder` after links are followed. */
export async function fileBelow(folder: string, urlPath: string): Promise<string | undefined> {
  try {
    const name = decodeURIComponent(urlPath === '/' ? '/index.html' : urlPath);
    const [base, file] = await Promise.all([realpath(folder), realpath(path.join(folder, name))]);
    return file.startsWith(base + path.sep) ? file : undefined;
  } catch {
    // No such file, or a path that cannot be decoded: both are not found.
    return undefined;
  }
}
