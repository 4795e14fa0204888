// Which files the page may have opened: those the user picked, dropped or opened before, or that the system handed us.
// A page that was taken over cannot read another file by naming it.

import path from 'node:path';
import { badInput } from '../engine/host/failure.ts';
import type { ModelSource } from '../engine/protocol.ts';

/**
 * Absolute paths that the user chose, in a dialog, by dropping or on the command line: the page may name no others.
 */
export class AllowedPaths {
  readonly #paths = new Set<string>();

  allow(file: string): void {
    this.#paths.add(path.resolve(file));
  }

  /** The source itself. Throws bad-input for an upload (there are none here) and for a path nobody gave us. */
  check(source: ModelSource, recent: readonly string[]): Exclude<ModelSource, { kind: 'upload' }> {
    if (source.kind === 'upload') throw badInput('expected a path or a sample, found an upload', 'source');
    if (source.kind === 'sample') return source;
    const file = path.resolve(source.path);
    if (this.#paths.has(file) || recent.includes(file)) return { kind: 'path', path: file };
    throw badInput('expected a file that was picked, dropped or opened before, found another', source.path);
  }
}
