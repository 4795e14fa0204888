// Folders and models below the folder a user allowed with --root. Nothing leads out of it: not '..', no links.

import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { BrowseEntry } from '../../protocol.ts';
import { badInput } from '../failure.ts';

const MODEL = /\.(onnx|ort|pb)$/i;

/** The real path that `relative` names below `root`. Throws bad-input for what is not there or lies outside. */
export async function belowRoot(root: string, relative: string): Promise<string> {
  const base = await realpath(root);
  const target = await realpath(path.resolve(base, relative)).catch(() => undefined);
  const inside = target === base || target?.startsWith(base.endsWith(path.sep) ? base : base + path.sep);
  if (target === undefined || !inside)
    throw badInput('expected a path below the root, found none there', relative);
  return target;
}

/** The first of these folders that lies below the root, relative to it; the root itself if none does. */
export async function firstBelow(root: string, folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    const found = await belowRoot(root, folder).catch(() => undefined);
    if (found !== undefined) return relativeTo(await realpath(root), found);
  }
  return '';
}

/** With '/' on every system, as pages name folders. */
const relativeTo = (base: string, file: string): string =>
  path.relative(base, file).split(path.sep).join('/');

/** What is in a folder below the root: folders first, then models, by name. Paths are relative to the root. */
export async function browseFolder(root: string, folder: string): Promise<BrowseEntry[]> {
  const target = await belowRoot(root, folder);
  const entries = await readdir(target, { withFileTypes: true }).catch(() => {
    throw badInput('expected a folder, found a file', folder);
  });
  const base = await realpath(root);
  const found: BrowseEntry[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const full = path.join(target, entry.name);
    const { name } = entry;
    const relative = relativeTo(base, full);
    if (entry.isDirectory()) found.push({ name, kind: 'folder', path: relative });
    else if (entry.isFile() && MODEL.test(name)) {
      found.push({ name, kind: 'model', path: relative, bytes: (await stat(full)).size });
    }
  }
  return found.sort((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name));
}
