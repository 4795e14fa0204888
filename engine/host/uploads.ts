// Models dropped on a page: streamed into a private temporary folder, limited in size and number, with the paths
// they had below the dropped folder (external data is found by them). Deleted a moment after the last page that
// opened them has gone (a page that is loaded again finds them), and when the shell ends.

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import { badInput, Failure } from './failure.ts';

export interface UploadLimits {
  readonly totalBytes: number;
  readonly files: number;
}

const LIMITS: UploadLimits = { totalBytes: 8 * 2 ** 30, files: 2000 };
const LONGEST_PATH = 1024;

/** A relative path without '..', drive, or absolute part; undefined for any other. */
function safeRelativePath(name: string): string | undefined {
  if (name === '' || name.length > LONGEST_PATH || name.includes('\0')) return undefined;
  const parts = name.split(/[\\/]/);
  const sound = parts.every(part => part !== '' && part !== '.' && part !== '..' && !part.includes(':'));
  return sound ? path.join(...parts) : undefined;
}

/** How long a page that is loaded again, or whose connection was lost, may take to come back. */
const GRACE_MS = 15_000;

export class Uploads {
  readonly #limits: UploadLimits;
  readonly #graceMs: number;
  readonly #folders = new Map<string, string>();
  /** pages that have opened something of an upload */
  readonly #holders = new Map<string, number>();
  #base: Promise<string> | undefined;
  /** what stands before the name of an uploaded file in JSON, once there is a folder */
  #prefix: RegExp | undefined;

  constructor(limits: UploadLimits = LIMITS, graceMs = GRACE_MS) {
    this.#limits = limits;
    this.#graceMs = graceMs;
  }

  /** The folder all uploads lie in; made on first use, for this user only. */
  folder(): Promise<string> {
    this.#base ??= this.#makeFolder();
    return this.#base;
  }

  /** JSON for a page: uploaded files have the names they came under, not those they lie under. */
  named(json: string): string {
    return this.#prefix ? json.replaceAll(this.#prefix, '') : json;
  }

  async #makeFolder(): Promise<string> {
    // mkdtemp makes it with mode 0700. What is said of a file may name it without links.
    const base = await realpath(await mkdtemp(path.join(os.tmpdir(), 'arenascope-')));
    const quoted = JSON.stringify(base + path.sep).slice(1, -1);
    const separator = JSON.stringify(path.sep).slice(1, -1);
    this.#prefix = new RegExp(`${RegExp.escape(quoted)}[0-9a-f-]{36}${RegExp.escape(separator)}`, 'g');
    return base;
  }

  /** Stores the files of a multipart request. Throws bad-input, and keeps nothing, when it is not sound. */
  async receive(request: IncomingMessage): Promise<string> {
    const id = randomUUID();
    const folder = path.join(await this.folder(), id);
    await mkdir(folder, { mode: 0o700 });
    try {
      await this.#store(request, folder);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    this.#folders.set(id, folder);
    return id;
  }

  /** Path of an uploaded file. Throws bad-input for what was not uploaded. */
  resolve(upload: string, entry: string): string {
    const folder = this.#folders.get(upload);
    const relative = safeRelativePath(entry);
    if (!folder || relative === undefined) throw badInput('expected an uploaded file, found none', entry);
    return path.join(folder, relative);
  }

  /** A page has opened something of it, or will: it stays until `release` was called as often. */
  hold(upload: string): void {
    if (!this.#folders.has(upload)) return;
    this.#holders.set(upload, (this.#holders.get(upload) ?? 0) + 1);
  }

  release(upload: string): void {
    if (!this.#folders.has(upload)) return;
    const holders = (this.#holders.get(upload) ?? 0) - 1;
    this.#holders.set(upload, holders);
    if (holders > 0) return;
    const timer = setTimeout(() => {
      if ((this.#holders.get(upload) ?? 0) <= 0) void this.delete(upload);
    }, this.#graceMs);
    timer.unref();
  }

  async delete(upload: string): Promise<void> {
    const folder = this.#folders.get(upload);
    this.#folders.delete(upload);
    this.#holders.delete(upload);
    if (folder) await rm(folder, { recursive: true, force: true });
  }

  async deleteAll(): Promise<void> {
    this.#folders.clear();
    this.#holders.clear();
    if (this.#base) await rm(await this.#base, { recursive: true, force: true });
    this.#base = undefined;
  }

  #store(request: IncomingMessage, folder: string): Promise<void> {
    const { files } = this.#limits;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const parser = parserOf(request, files);
    const count = byteCounter(this.#limits.totalBytes);
    const writes: Promise<void>[] = [];
    const fail = (error: unknown): void => {
      request.unpipe(parser);
      reject(error);
    };
    parser.on('file', (_field, stream, { filename }) => {
      const relative = safeRelativePath(filename ?? '');
      if (relative === undefined) {
        stream.resume();
        fail(badInput('expected a relative path without "..", found another', filename));
        return;
      }
      const write = writeFileBelow(folder, relative, stream, count);
      write.catch(fail);
      writes.push(write);
    });
    parser.on('filesLimit', () => fail(badInput(`expected at most ${files} files, found more`)));
    parser.on('error', error => fail(badInput(`expected a whole multipart form (${String(error)})`)));
    parser.on('close', () => {
      if (writes.length === 0) fail(badInput('expected at least one file, found none'));
      Promise.all(writes).then(() => resolve(), reject);
    });
    request.on('aborted', () => fail(badInput('the upload was broken off')));
    request.pipe(parser);
    return promise;
  }
}

function parserOf(request: IncomingMessage, files: number): busboy.Busboy {
  try {
    return busboy({ headers: request.headers, preservePath: true, limits: { files, fields: 0 } });
  } catch (error) {
    throw badInput(`expected a multipart form (${error instanceof Error ? error.message : error})`);
  }
}

type Counted = (stream: Readable) => void;

/** Ends any of the streams it was given once more than so many bytes have come through them in all. */
function byteCounter(mostBytes: number): Counted {
  let bytes = 0;
  return stream => {
    stream.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes > mostBytes) stream.destroy(badInput(`expected at most ${mostBytes} bytes, found more`));
    });
  };
}

/** Chunks of some 40 KiB are written many at a time. */
const WRITTEN_AT_ONCE_BYTES = 2 ** 21;

async function writeFileBelow(
  folder: string,
  relative: string,
  stream: Readable,
  count: Counted,
): Promise<void> {
  const target = path.join(folder, relative);
  try {
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    const options = { flags: 'wx', mode: 0o600, highWaterMark: WRITTEN_AT_ONCE_BYTES } as const;
    count(stream);
    await pipeline(stream, createWriteStream(target, options));
  } catch (error) {
    if (error instanceof Failure) throw error;
    // A name used twice, or as a file and a folder; a full disk.
    const reason = error instanceof Error && 'code' in error ? error.code : error;
    throw badInput(`expected a file that can be stored, found one that cannot (${reason})`, relative);
  }
}
