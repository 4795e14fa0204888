// Reading a model's bytes from disk: the file itself and external data below its folder, nothing else.
// Files stay open while the model is; reads are synchronous and never larger than the system takes at once.

import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { badInput } from '../failure.ts';

const LARGEST_READ_BYTES = 2 ** 30;
const SMALL_READ_BYTES = 2 ** 16;

export interface ModelFiles {
  readonly path: string;
  readonly sizeBytes: number;
  readonly read: ReadBytes;
  /** of the model file alone */
  sha256(): string;
  close(): void;
}

/**
 * Where a file of a model really is. Throws an Error when that is outside the model's folder, links followed, and when
 * there is no such file.
 */
export function confinedTo(model: string, file: string): string {
  const real = realpathSync(model);
  const target = realpathSync(file);
  if (target === real || target.startsWith(path.dirname(real) + path.sep)) return target;
  throw new Error(`${file} lies outside the model's folder`);
}

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Opens a model file. Throws bad-input when there is none or it is no regular file. */
export function openModelFiles(file: string): ModelFiles {
  try {
    realpathSync(file);
  } catch (error) {
    throw badInput(`expected a model file, found none (${errorText(error)})`, file);
  }
  const descriptors = new Map<string, number>();
  const descriptorOf = (name: string): number => {
    const known = descriptors.get(name);
    if (known !== undefined) return known;
    const real = confinedTo(file, name);
    // Before it is opened: a pipe would wait for its writer for ever.
    if (!statSync(real).isFile()) throw new Error(`${name} is no regular file`);
    const descriptor = openSync(real, 'r');
    descriptors.set(name, descriptor);
    return descriptor;
  };
  const into = (name: string, offset: number, target: Uint8Array): number => {
    const descriptor = descriptorOf(name);
    let done = 0;
    while (done < target.length) {
      const part = Math.min(target.length - done, LARGEST_READ_BYTES);
      const count = readSync(descriptor, target, done, part, offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  };
  const read = (name: string, offset: number, length: number): Uint8Array => {
    const descriptor = descriptorOf(name);
    // A length that a file claims may be anything; a small one costs nothing.
    const available = length <= SMALL_READ_BYTES ? length : Math.max(0, fstatSync(descriptor).size - offset);
    const bytes = new Uint8Array(Math.min(length, available));
    return bytes.subarray(0, into(name, offset, bytes));
  };
  let sizeBytes: number;
  try {
    sizeBytes = fstatSync(descriptorOf(file)).size;
  } catch (error) {
    throw badInput(`expected a readable model file (${errorText(error)})`, file);
  }
  return {
    path: file,
    sizeBytes,
    read: Object.assign(read, { fresh: true, into }),
    sha256: () => hashOf(descriptorOf(file)),
    close() {
      for (const descriptor of descriptors.values()) closeSync(descriptor);
      descriptors.clear();
    },
  };
}

const HASH_CHUNK_BYTES = 2 ** 22;

/** One buffer for all of it: a file is hashed in the memory of a chunk. */
function hashOf(descriptor: number): string {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(HASH_CHUNK_BYTES);
  for (let at = 0; ; ) {
    const count = readSync(descriptor, chunk, 0, chunk.length, at);
    if (count === 0) return hash.digest('hex');
    hash.update(chunk.subarray(0, count));
    at += count;
  }
}
