// Packaging with electron-builder itself, on a stand-in for Electron's binary: what lands in the archive and beside
// it, and which fuses are set.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, Platform } from 'electron-builder';
import { afterAll, expect, test } from 'vitest';
import { builderConfig } from '../../electron/builder-config.ts';
import { buildPackage } from '../../electron/bundles.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'arenascope-builder-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What marks the fuses in Electron's binary; after it a version, their number, and one character each. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
/** As Electron is shipped. */
const SHIPPED = '100011101';

function standIn(): string {
  const electron = path.join(folder, 'electron');
  mkdirSync(path.join(electron, 'resources'), { recursive: true });
  const fuses = Buffer.concat([
    Buffer.from(SENTINEL),
    Buffer.from([1, SHIPPED.length]),
    Buffer.from(SHIPPED),
  ]);
  writeFileSync(path.join(electron, 'electron'), Buffer.concat([Buffer.alloc(64), fuses, Buffer.alloc(64)]), {
    mode: 0o755,
  });
  for (const name of ['version', 'LICENSE', 'LICENSES.chromium.html'])
    writeFileSync(path.join(electron, name), '');
  return electron;
}

test.skipIf(process.platform !== 'linux')(
  'an archive of ours alone, the engine beside it, fuses set',
  async () => {
    const parts = await buildPackage(path.join(folder, 'parts'), { version: '1.2.3', description: 'a test' });
    const { log } = console;
    console.log = () => {};
    await build({
      projectDir: fileURLToPath(new URL('../..', import.meta.url)),
      targets: Platform.LINUX.createTarget('dir'),
      config: { ...builderConfig(parts, path.join(folder, 'out'), '45.4.1'), electronDist: standIn() },
    });
    console.log = log;
    const made = path.join(folder, 'out', 'linux-unpacked');
    const binary = readFileSync(path.join(made, 'arenascope'), 'latin1');
    const at = binary.indexOf(SENTINEL) + SENTINEL.length + 2;
    // In order: run as Node, encrypted cookies, NODE_OPTIONS, inspector, archive checked, archive only, snapshot of
    // its own, rights for file: pages, trap handlers of WebAssembly.
    expect(binary.slice(at, at + SHIPPED.length)).toBe('010011101');
    const archive = readFileSync(path.join(made, 'resources', 'app.asar'), 'latin1');
    const header = archive.slice(0, archive.indexOf('"use strict"') + 1 || 20_000);
    for (const name of ['main.js', 'preload.cjs', 'hashes.json', 'index.html'])
      expect(header).toContain(`"${name}"`);
    expect(header).not.toContain('"node_modules"');
    expect(readdirSync(path.join(made, 'resources', 'engine'))).toEqual([
      'cli.mjs',
      'compute-worker.mjs',
      'engine-process.mjs',
      'engine-worker.mjs',
      'pages',
      'plan-worker.mjs',
    ]);
  },
  120_000,
);

test('what makers of other parts signed stays as its hash was taken', () => {
  const parts = { app: 'app', engine: 'engine' };
  const { mac, win, linux } = builderConfig(parts, 'out', '45.4.1');
  expect(win?.signExts).toEqual(['!node.exe']);
  expect('/Arenascope.app/Contents/Resources/engine/node').toMatch(
    new RegExp([mac?.signIgnore].flat()[0] ?? '^$'),
  );
  expect(linux?.target).toEqual(['AppImage']);
  const named = builderConfig(parts, 'out', '45.4.1', 'https://example.com/');
  expect(named.linux?.target).toEqual(['AppImage', 'deb']);
  expect(named.extraMetadata).toEqual({ homepage: 'https://example.com/' });
});
