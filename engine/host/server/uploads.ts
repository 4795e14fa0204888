// Models dropped on a page: streamed into a private temporary folder, limited in size and number, with the paths
// they had below the dropped folder (external data is found by them). Large files come in parts, several at a time:
// one connection alone leaves the browser and this process waiting for each other. Deleted some time after the last
// page that opened them has gone (a page that comes back finds them), and when the shell ends.

import { randomUUID } from 'node:crypto';
import { constants, writeSync } from 'node:fs';
import { mkdir, mkdtemp, open, realpath, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { badInput, Failure } from '../failure.ts';

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

/** How long a page may take to come back, in milliseconds. */
export interface UploadGrace {
  /** that was left, or is loaded again */
  readonly left: number;
  /** whose connection was lost: a machine sleeps, a tunnel is down */
  readonly lost: number;
}

const GRACE: UploadGrace = { left: 600_000, lost: 3_600_000 };
/** How long an upload waits for its next part, or for a page that opens it: its page may be gone. */
const UNCLAIMED_MS = 600_000;

/** Part of a file of an upload: the bytes from `at` on. */
export interface PartPlace {
  readonly file: string;
  readonly at: number;
}

interface Upload {
  readonly folder: string;
  /** of all parts that were let in */
  bytes: number;
  /** where parts of each file begin, by its path */
  readonly parts: Map<string, Set<number>>;
  /** parts under way */
  coming: number;
  /** pages that have opened something of it */
  holders: number;
  /** deletes it */
  timer?: NodeJS.Timeout;
}

/** All uploads of one server, in one folder. */
export class Uploads {
  readonly #limits: UploadLimits;
  readonly #grace: UploadGrace;
  readonly #unclaimedMs: number;
  readonly #stored = new Map<string, Upload>();
  #base: Promise<string> | undefined;
  /** what stands before the name of an uploaded file in JSON, once there is a folder */
  #prefix: RegExp | undefined;

  constructor(limits: UploadLimits = LIMITS, grace = GRACE, unclaimedMs = UNCLAIMED_MS) {
    this.#limits = limits;
    this.#grace = grace;
    this.#unclaimedMs = unclaimedMs;
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

  /** An upload without files yet; what it is called. */
  async begin(): Promise<string> {
    const id = randomUUID();
    const folder = path.join(await this.folder(), id);
    await mkdir(folder, { mode: 0o700 });
    this.#stored.set(id, { folder, bytes: 0, parts: new Map(), coming: 0, holders: 0 });
    this.#deleteAfter(id, this.#unclaimedMs);
    return id;
  }

  /**
   * Stores what a request brings. Parts of one file may come in any order, several at a time. Throws bad-input, and
   * keeps nothing of the upload, when one of them is not sound.
   */
  async receive(upload: string, place: PartPlace, request: IncomingMessage): Promise<void> {
    const known = this.#stored.get(upload);
    if (!known) throw badInput('expected an upload that has begun, found none', place.file);
    known.coming++;
    try {
      const target = this.#admit(known, place, Number(request.headers['content-length']));
      await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
      await writePart(target, place.at, request);
    } catch (error) {
      await this.delete(upload);
      if (error instanceof Failure) throw error;
      // A name used as a file and as a folder; a full disk.
      const reason = error instanceof Error && 'code' in error ? error.code : error;
      throw badInput(`expected a file that can be stored, found one that cannot (${reason})`, place.file);
    } finally {
      known.coming--;
      // What was under way when another part was refused may have made the folder again.
      if (!this.#stored.has(upload)) await rm(known.folder, { recursive: true, force: true });
      this.#deleteAfter(upload, this.#unclaimedMs);
    }
  }

  /** Where the part is to be written. Its size is known beforehand: the request says it, and Node holds it to that. */
  #admit(upload: Upload, { file, at }: PartPlace, sizeBytes: number): string {
    const { totalBytes, files } = this.#limits;
    const relative = safeRelativePath(file);
    if (relative === undefined) throw badInput('expected a relative path without "..", found another', file);
    if (!Number.isSafeInteger(at) || at < 0) throw badInput('expected the place of a part, found none', file);
    if (Number.isNaN(sizeBytes)) throw badInput('expected the size of a part, found none', file);
    const starts = upload.parts.get(relative) ?? new Set();
    if (starts.has(at)) throw badInput(`expected byte ${at} once, found it again`, file);
    upload.parts.set(relative, starts.add(at));
    upload.bytes += sizeBytes;
    if (upload.parts.size > files) throw badInput(`expected at most ${files} files, found more`);
    // What a part far behind leaves open counts too.
    if (Math.max(upload.bytes, at + sizeBytes) > totalBytes)
      throw badInput(`expected at most ${totalBytes} bytes, found more`);
    return path.join(upload.folder, relative);
  }

  /** Path of an uploaded file. Throws bad-input for what was not uploaded. */
  resolve(upload: string, entry: string): string {
    const folder = this.#stored.get(upload)?.folder;
    const relative = safeRelativePath(entry);
    if (!folder || relative === undefined) {
      throw badInput(
        'expected an uploaded file, found none; what a page left for too long is deleted: drop it again',
        entry,
      );
    }
    return path.join(folder, relative);
  }

  /** A page has opened something of it, or will: it stays until `release` was called as often. */
  hold(upload: string): void {
    const known = this.#stored.get(upload);
    if (known) known.holders++;
  }

  release(upload: string, how: keyof UploadGrace): void {
    const known = this.#stored.get(upload);
    if (known) known.holders--;
    this.#deleteAfter(upload, this.#grace[how]);
  }

  /** Unless a page holds it by then, or a part of it is still under way. */
  #deleteAfter(upload: string, ms: number): void {
    const known = this.#stored.get(upload);
    if (!known) return;
    clearTimeout(known.timer);
    known.timer = setTimeout(() => {
      if (known.holders <= 0 && known.coming === 0) void this.delete(upload);
    }, ms);
    known.timer.unref();
  }

  async delete(upload: string): Promise<void> {
    const known = this.#stored.get(upload);
    this.#stored.delete(upload);
    if (known) await rm(known.folder, { recursive: true, force: true });
  }

  async deleteAll(): Promise<void> {
    this.#stored.clear();
    if (this.#base) await rm(await this.#base, { recursive: true, force: true });
    this.#base = undefined;
  }
}

/**
 * Chunks of some 40 KiB are written as they come: handing them to another thread takes longer than copying them to the
 * system. On an error the request stays open, so that it can be answered.
 */
async function writePart(target: string, at: number, request: IncomingMessage): Promise<void> {
  // Whichever part comes first makes the file.
  const handle = await open(target, constants.O_CREAT | constants.O_WRONLY, 0o600);
  const chunks: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  let place = at;
  try {
    for await (const chunk of chunks) {
      for (let done = 0; done < chunk.length; )
        done += writeSync(handle.fd, chunk, done, chunk.length - done, place + done);
      place += chunk.length;
    }
  } catch (error) {
    throw request.destroyed ? badInput('the upload was broken off') : error;
  } finally {
    await handle.close();
  }
}
