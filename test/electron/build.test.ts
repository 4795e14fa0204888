// What is built for Electron has the format each side must have: a sandboxed preload is CommonJS.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { buildElectron } from '../../electron/build.ts';

test('main is a module, preload is CommonJS and asks only for electron', async () => {
  await buildElectron();
  const dist = fileURLToPath(new URL('../../electron/dist/', import.meta.url));
  const preload = readFileSync(path.join(dist, 'preload.cjs'), 'utf8');
  expect(preload).not.toMatch(/^\s*(import|export)\s/m);
  expect([...preload.matchAll(/require\(["']([^"']+)["']\)/g)].map(match => match[1])).toEqual(['electron']);
  const main = readFileSync(path.join(dist, 'main.js'), 'utf8');
  const imported = [...main.matchAll(/^import[^'"]*['"]([^'"]+)['"]/gm)].map(match => match[1]);
  expect(imported.filter(name => name !== 'electron' && !name?.startsWith('node:'))).toEqual([]);
});
