// What was measured to be fastest on this machine, register tiles and orders of loops, kept in the user's cache folder:
// one file per kind of processor and version of this program. Losing it is no error; whoever compiles reads it,
// `arenascope tune` writes it.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { Measured } from '../../select/choices.ts';
import { LOOP_ORDERS } from '../../select/spec/product.ts';
import { VERSION } from '../version.ts';
import { cacheFolder } from './cache-folder.ts';

const tile = z.tuple([z.int().min(1), z.int().min(1)]);
const measured = z.record(z.string(), z.union([tile, z.enum(LOOP_ORDERS)]));

/** The file for this machine. */
export function tuningFile(): string {
  const machine = [os.cpus()[0]?.model ?? '', process.arch, VERSION].join('\n');
  const name = createHash('sha256').update(machine).digest('hex').slice(0, 16);
  return path.join(cacheFolder(), `tuning-${name}.json`);
}

/** What was measured; nothing where there is no file, or no readable one. */
export function readMeasured(file: string): Measured {
  try {
    return measured.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}

/** Adds to what was measured. Throws when the file cannot be written. */
export function addMeasured(file: string, found: Measured): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify({ ...readMeasured(file), ...found }, null, 1));
  renameSync(fresh, file);
}
