// Paths without links in their folders. Node's permission model grants real paths only: a file named through a link
// to its folder would be refused although the folder was allowed.

import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';

/** The same file, its folder without links; its own name stays (a link may name what its target does not). */
export function unlinked(file: string): string {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) return realOr(path.resolve(file));
  return path.join(realOr(path.dirname(path.resolve(file))), path.basename(file));
}

/** A folder without links, and where a link in it leads: all that must be readable to read `file`. */
export function foldersFor(file: string): readonly string[] {
  const folder = realOr(path.dirname(path.resolve(file)));
  return [...new Set([folder, path.dirname(realOr(path.resolve(file)))])];
}

/** The real path, or the path as it is where there is nothing: opening it says so. */
export function realOr(named: string): string {
  try {
    return realpathSync(named);
  } catch {
    return named;
  }
}
