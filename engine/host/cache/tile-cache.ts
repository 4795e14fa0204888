// Register tiles measured on this machine, kept in the user's cache folder: one file per kind of processor and
// version of this program. Losing it is no error; whoever compiles reads it, `arenascope tune` writes it.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { MeasuredTiles } from '../../select/tile-choice.ts';
import { VERSION } from '../version.ts';
import { cacheFolder } from './cache-folder.ts';

const measuredTiles = z.record(z.string(), z.tuple([z.int().min(1), z.int().min(1)]));

/** The file for this machine. */
export function tileFile(): string {
  const machine = [os.cpus()[0]?.model ?? '', process.arch, VERSION].join('\n');
  const name = createHash('sha256').update(machine).digest('hex').slice(0, 16);
  return path.join(cacheFolder(), `tiles-${name}.json`);
}

/** What was measured; nothing where there is no file, or no readable one. */
export function readTiles(file: string): MeasuredTiles {
  try {
    return measuredTiles.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}

/** Adds to what was measured. Throws when the file cannot be written. */
export function addTiles(file: string, tiles: MeasuredTiles): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify({ ...readTiles(file), ...tiles }, null, 1));
  renameSync(fresh, file);
}
