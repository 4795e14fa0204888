import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addTiles, readTiles } from '../../../../engine/host/cache/tile-cache.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-tiles-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('measured tiles are kept and added to', () => {
  const file = path.join(folder, 'deep', 'tiles.json');
  expect(readTiles(file)).toEqual({});
  addTiles(file, { a: [6, 16] });
  addTiles(file, { a: [3, 24], b: [2, 32] });
  expect(readTiles(file)).toEqual({ a: [3, 24], b: [2, 32] });
});

test.each(['', '{"a": [6]}', '{"a": [0, 16]}', '[1, 2]'])('a damaged file (%s) counts as none', text => {
  const file = path.join(folder, 'tiles.json');
  writeFileSync(file, text);
  expect(readTiles(file)).toEqual({});
});
