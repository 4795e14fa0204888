// Who may talk to the main process, and which files our own scheme serves.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isOwnPage } from '../../electron/ipc/sender.ts';
import { fileBelow } from '../../engine/host/shell/page-files.ts';

describe('isOwnPage', () => {
  test.each([
    ['app://arenascope/', true],
    ['app://arenascope/index.html', true],
    ['app://arenascope.evil/', false],
    ['app://evil/arenascope', false],
    ['https://arenascope/', false],
    ['file:///index.html', false],
    ['about:blank', false],
    ['', false],
    [undefined, false],
  ])('%s → %s', (url, own) => expect(isOwnPage(url)).toBe(own));
});

describe('fileBelow', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'arenascope-app-'));
    mkdirSync(path.join(folder, 'app/assets'), { recursive: true });
    for (const name of ['secret.txt', 'app/index.html', 'app/assets/main.js', 'app-other.txt']) {
      writeFileSync(path.join(folder, name), name);
    }
    symlinkSync(path.join(folder, 'secret.txt'), path.join(folder, 'app/link.txt'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    ['/', 'index.html'],
    ['/index.html', 'index.html'],
    ['/assets/main.js', 'assets/main.js'],
    ['/../secret.txt', undefined],
    ['/%2e%2e/secret.txt', undefined],
    ['/..%2fapp-other.txt', undefined],
    ['/link.txt', undefined],
    ['/missing.js', undefined],
    ['/%', undefined],
  ])('%s → %s', async (urlPath, expected) => {
    const found = await fileBelow(path.join(folder, 'app'), urlPath);
    expect(found && path.relative(path.join(folder, 'app'), found)).toBe(expected);
  });
});
