// Compiled programs kept on disk: a file for everything that decided what the compiler made of a model, with the
// module, the plan and the packed weights. Losing one is no error: what is damaged, or of another kind, is compiled
// again. Files appear whole (renamed into place), so that processes may share the folder; the oldest go first.
// V8 gives Node no way to keep a module's machine code: WebAssembly.Module has no serialised form, and
// v8.serialize refuses one (DataCloneError). So V8 compiles the module each time.

import { createHash, randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import v8 from 'node:v8';
import { crc32 } from 'node:zlib';
import type { CompileReport } from '../../report/types/compile.ts';
import type { Program } from '../../runtime/program.ts';

/** What is kept of a compilation. */
export interface KeptProgram {
  readonly program: Program;
  readonly report: CompileReport;
}

/** How much is kept. */
export interface CacheContents {
  readonly programs: number;
  readonly sizeBytes: number;
}

/** An entry whose bytes are not those that were written. */
export class DamagedEntry extends Error {
  override readonly name = 'DamagedEntry';
}

/** All programs together; one that takes more than a quarter is not kept. */
const LIMIT_BYTES = 2 ** 31;
const LARGEST_SHARE = 0.25;
const SUFFIX = '.program';
/** Files that a process left when it ended while it wrote them. */
const ABANDONED_MS = 3_600_000;

const MAGIC = 0x50_4e_45_41;
/** Magic, bytes of the description, CRC-32 of the description, CRC-32 of the weights. */
const HEADER_BYTES = 16;
/** What is read or written at once. */
const PART_BYTES = 2 ** 24;

/** Programs in one folder, which several processes may use at once. */
export class ProgramCache {
  readonly #folder: string;
  readonly #limitBytes: number;
  #refused: ((reason: string) => void) | undefined;

  /**
   * The folder is made when something is kept, for this user alone. `refused` hears why the disk would not keep a
   * program, the first time.
   */
  constructor(folder: string, limitBytes = LIMIT_BYTES, refused?: (reason: string) => void) {
    this.#folder = folder;
    this.#limitBytes = limitBytes;
    this.#refused = refused;
  }

  /**
   * The program kept under a key. Its weights are read when they are loaded, which throws a DamagedEntry when they
   * are not what was written. Undefined when there is none, or none that can be read.
   */
  find(key: string): KeptProgram | undefined {
    const file = this.#fileOf(key);
    try {
      const { description, weightsAt, weightsSum } = withFile(file, readEntry);
      const now = new Date();
      utimesSync(file, now, now);
      const { program, report } = description;
      const weights = loaders(file, program, weightsAt, weightsSum);
      return { program: { ...program, weights }, report };
    } catch (error) {
      if (error instanceof DamagedEntry || isFileError(error)) return undefined;
      throw error;
    }
  }

  /**
   * Keeps a program and the weights it packed, as they lie in its weights space, and drops the oldest where all
   * together are too large. False when it is not kept: too large, not to be written down, or the disk refuses.
   */
  keep(key: string, { program, report }: KeptProgram, weights: Uint8Array): boolean {
    const description = describe(program, report);
    if (!description) return false;
    const sizeBytes = HEADER_BYTES + description.length + weights.length;
    if (sizeBytes > this.#limitBytes * LARGEST_SHARE) return false;
    const fresh = `${this.#fileOf(key)}.${randomUUID()}`;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      chmodSync(this.#folder, 0o700);
      this.#makeRoom(sizeBytes);
      writeEntry(fresh, description, weights);
      renameSync(fresh, this.#fileOf(key));
      return true;
    } catch (error) {
      removed(fresh);
      if (!isFileError(error)) throw error;
      this.#refused?.(error.message);
      this.#refused = undefined;
      return false;
    }
  }

  /** Forgets one entry. */
  drop(key: string): void {
    removed(this.#fileOf(key));
  }

  contents(): CacheContents {
    const files = this.#files();
    return { programs: files.length, sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
  }

  /** Forgets everything, and says what that was. */
  clear(): CacheContents {
    const contents = this.contents();
    for (const { file } of this.#files()) removed(file);
    return contents;
  }

  #fileOf(key: string): string {
    const name = createHash('sha256').update(key).digest('hex');
    return path.join(this.#folder, `${name}${SUFFIX}`);
  }

  /** Entries, and what is left of unfinished ones; whichever was used last comes last. */
  #files(): { readonly file: string; readonly sizeBytes: number; readonly usedMs: number }[] {
    const names = readNames(this.#folder).filter(name => name.includes(SUFFIX));
    const files = names.flatMap(name => {
      const file = path.join(this.#folder, name);
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat ? [{ file, sizeBytes: stat.size, usedMs: stat.mtimeMs }] : [];
    });
    return files.sort((a, b) => a.usedMs - b.usedMs);
  }

  #makeRoom(neededBytes: number): void {
    const files = this.#files();
    let room = this.#limitBytes - files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const { file, sizeBytes, usedMs } of files) {
      const abandoned = !file.endsWith(SUFFIX) && Date.now() - usedMs > ABANDONED_MS;
      if (room >= neededBytes && !abandoned) continue;
      if (!file.endsWith(SUFFIX) && !abandoned) continue;
      if (removed(file)) room += sizeBytes;
    }
  }
}

/** The file system refused: no such file, no room, no right. Anything else that is thrown is a bug. */
const isFileError = (error: unknown): error is Error =>
  error instanceof Error && ('syscall' in error || ('code' in error && error.code === 'ERR_ACCESS_DENIED'));

/** Whether a file is gone: another process may hold it, or its folder be none. */
function removed(file: string): boolean {
  try {
    rmSync(file, { force: true });
    return true;
  } catch {
    return false;
  }
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Undefined when something in it has no written form, as a function has none. */
function describe(program: Program, report: CompileReport): Uint8Array | undefined {
  const described: KeptProgram = { program: { ...program, weights: [] }, report };
  try {
    return v8.serialize(described);
  } catch {
    return undefined;
  }
}

function described(description: Uint8Array): KeptProgram {
  try {
    return v8.deserialize(description) as KeptProgram;
  } catch (error) {
    throw new DamagedEntry('of another version of V8', { cause: error });
  }
}

function writeEntry(file: string, description: Uint8Array, weights: Uint8Array): void {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  header.setUint32(0, MAGIC, true);
  header.setUint32(4, description.length, true);
  header.setUint32(8, crc32(description), true);
  header.setUint32(12, sumOf(weights), true);
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    for (const bytes of [new Uint8Array(header.buffer), description, weights]) writeAll(descriptor, bytes);
  } finally {
    closeSync(descriptor);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, Math.min(bytes.length - done, PART_BYTES));
  }
}

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    sum = crc32(bytes.subarray(at, at + PART_BYTES), sum);
  }
  return sum;
}

function withFile<T>(file: string, use: (descriptor: number) => T): T {
  const descriptor = openSync(file, 'r');
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function readEntry(descriptor: number) {
  const header = new DataView(readPart(descriptor, 0, new Uint8Array(HEADER_BYTES)).buffer);
  if (header.getUint32(0, true) !== MAGIC) throw new DamagedEntry('no entry');
  const length = header.getUint32(4, true);
  const weightsAt = HEADER_BYTES + length;
  const size = fstatSync(descriptor).size;
  if (weightsAt > size) throw new DamagedEntry('cut off');
  const bytes = readPart(descriptor, HEADER_BYTES, new Uint8Array(length));
  if (crc32(bytes) !== header.getUint32(8, true)) throw new DamagedEntry('changed');
  const description = described(bytes);
  if (weightsAt + description.program.weightsBytes !== size) throw new DamagedEntry('cut off');
  return { description, weightsAt, weightsSum: header.getUint32(12, true) };
}

/** Reads all of `target` from its place in the file. */
function readPart<T extends Uint8Array>(descriptor: number, at: number, target: T): T {
  for (let done = 0; done < target.length; ) {
    const count = readSync(descriptor, target, done, Math.min(target.length - done, PART_BYTES), at + done);
    if (count === 0) throw new DamagedEntry('cut off');
    done += count;
  }
  return target;
}

/** One segment for all weights: they lie in the file as they do in memory. */
function loaders(file: string, program: Program, weightsAt: number, weightsSum: number): Program['weights'] {
  if (program.weightsBytes === 0) return [];
  const load = (target: Uint8Array): void => {
    withFile(file, descriptor => readPart(descriptor, weightsAt, target));
    if (sumOf(target) !== weightsSum) throw new DamagedEntry('changed');
  };
  return [{ name: 'weights', offset: 0, bytes: program.weightsBytes, load }];
}
