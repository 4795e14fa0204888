// What decides the program that is made of a model, as text: two compilations with the same key give the same
// program. The engine counts with its own files, so that a changed compiler never meets what another one made.

import { readdirSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { subgraphsOf } from '../../ir/graph.ts';
import type { Graph } from '../../ir/types.ts';
import type { CompileOptions } from '../../options.ts';
import type { Measured } from '../../select/choices.ts';
import type { OpenModel } from '../process/open-model.ts';
import { isPackaged, repository } from '../program-files.ts';
import { VERSION } from '../version.ts';

/**
 * The key of a model's program. The model file counts with the hash of its bytes, external data with what the file
 * system says of it, and both with their paths: what runs on the interpreter reads its constants there.
 */
export function programKey(
  { model, summary }: Pick<OpenModel, 'model' | 'summary'>,
  options: CompileOptions,
  measured: Measured,
): string {
  const files = [...dataFiles(model.graph)].filter(file => file !== summary.path).sort();
  return JSON.stringify([
    engineIdentity(),
    [process.versions.v8, process.arch, os.cpus()[0]?.model ?? ''],
    [summary.sha256, summary.path ?? summary.name],
    files.map(file => [file, fileIdentity(file)]),
    sorted(options),
    sorted(measured),
  ]);
}

/** Files that constants lie in, those of bodies too. */
function dataFiles(graph: Graph, found = new Set<string>()): Set<string> {
  for (const value of graph.values) if (value?.constant?.kind === 'file') found.add(value.constant.file);
  for (const node of graph.nodes) for (const body of subgraphsOf(node)) dataFiles(body, found);
  return found;
}

/** Changes whenever the file is written or another one takes its name. */
function fileIdentity(file: string): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** Entries in the order of their names, all the way down: how an object came about does not count. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, inner]) => [name, sorted(inner)]);
}

let identity: string | undefined;

/** Version and files of this engine; looked up once, as what runs does not change any more. */
function engineIdentity(): string {
  identity ??= [VERSION, ...ownFiles().map(file => `${file} ${fileIdentity(file)}`)].join('\n');
  return identity;
}

/** The bundle of a package; the sources where the engine runs from them. */
function ownFiles(): string[] {
  if (isPackaged) return [import.meta.filename];
  const folder = path.join(repository(), 'engine');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .sort()
    .map(name => path.join(folder, name));
}
