// What a package holds: each side has the format it must have, and the engine's single files run a model by
// themselves, far from the repository and its packages.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPackage, type PackageParts } from '../../electron/bundles.ts';
import { differences, readHashes } from '../../electron/integrity.ts';
import { EngineChild } from '../../engine/host/engines/engine-child.ts';
import { nodeHost } from '../../engine/host/engines/engine-link.ts';
import { packagedEngine } from '../../engine/host/program-files.ts';

const run = promisify(execFile);
const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'arenascope-package-'));
let parts: PackageParts;

beforeAll(async () => {
  parts = await buildPackage(folder, { version: '1.2.3', description: 'a test', node: process.execPath });
});
afterAll(() => rmSync(folder, { recursive: true }));

const textOf = (name: string): string => readFileSync(path.join(parts.app, name), 'utf8');
const importsOf = (text: string): string[] =>
  [...text.matchAll(/^import[^'"]*['"]([^'"]+)['"]/gm)].map(match => match[1] ?? '');

describe('the shell', () => {
  test('has a CommonJS preload that asks only for electron', () => {
    const preload = textOf('preload.cjs');
    expect(preload).not.toMatch(/^\s*(import|export)\s/m);
    expect([...preload.matchAll(/require\(["']([^"']+)["']\)/g)].map(match => match[1])).toEqual([
      'electron',
    ]);
    // It runs as a script with nothing but `require`, and exposes one object with the functions of the bridge.
    const exposed: Record<string, object> = {};
    const electron = {
      contextBridge: {
        exposeInMainWorld: (name: string, api: object) => {
          exposed[name] = api;
        },
      },
    };
    new Function('require', preload)(() => electron);
    expect(Object.keys(exposed)).toEqual(['arenascope']);
    const functions = Object.values(exposed.arenascope ?? {});
    expect(functions.length).toBeGreaterThan(4);
    expect(functions.every(value => typeof value === 'function')).toBe(true);
  });

  test('has a main module without packages', () => {
    const outside = importsOf(textOf('main.js')).filter(
      name => name !== 'electron' && !name.startsWith('node:'),
    );
    expect(outside).toEqual([]);
    expect(JSON.parse(textOf('package.json'))).toMatchObject({
      main: 'main.js',
      type: 'module',
      version: '1.2.3',
    });
    expect(readdirSync(path.join(parts.app, 'pages'))).toContain('index.html');
  });
});

describe('the engine', () => {
  test('is single files that import nothing but Node', () => {
    for (const name of ['engine-process', 'engine-worker', 'compute-worker', 'plan-worker', 'cli']) {
      const text = readFileSync(path.join(parts.engine, `${name}.mjs`), 'utf8');
      expect(
        importsOf(text).filter(imported => !imported.startsWith('node:')),
        name,
      ).toEqual([]);
    }
  });

  test('runs a model from the command line, on two threads', async () => {
    const cli = path.join(parts.engine, 'cli.mjs');
    const args = ['run', 'sample:mobilenet-v1', '--threads', '2', '--iterations', '1', '--json'];
    const { stdout } = await run(path.join(parts.engine, path.basename(process.execPath)), [cli, ...args], {
      cwd: folder,
      env: {},
      maxBuffer: 2 ** 26,
    });
    const report = JSON.parse(stdout);
    expect(report.options.threads).toBe(2);
    expect(report.steps.length).toBeGreaterThan(20);
    expect(report.total.medianNs).toBeGreaterThan(0);
  }, 60_000);

  test('may read its folder and what it was given, nothing else', async () => {
    const secret = path.join(folder, 'secret.onnx');
    writeFileSync(secret, 'not for it');
    const engine = new EngineChild(nodeHost(packagedEngine(parts.engine)), 'plain', new Set(), () => {});
    try {
      const sample = { kind: 'sample', name: 'six-tensors' } as const;
      expect(await engine.call('open', { model: 'a', source: sample, dims: {} })).toMatchObject({
        runnable: true,
      });
      const source = { kind: 'path', path: secret } as const;
      await expect(engine.call('open', { model: 'b', source, dims: {} })).rejects.toThrow(
        /access|permission/i,
      );
    } finally {
      engine.stop();
    }
  });

  test('is checked before it starts', async () => {
    const expected = await readHashes(path.join(parts.app, 'hashes.json'));
    expect(Object.keys(expected)).toEqual(expect.arrayContaining(['node', 'cli.mjs', 'pages/index.html']));
    expect(await differences(parts.engine, expected)).toEqual([]);
    const worker = path.join(parts.engine, 'engine-worker.mjs');
    const text = readFileSync(worker);
    writeFileSync(worker, `${text}\n`);
    writeFileSync(path.join(parts.engine, 'extra.mjs'), '');
    rmSync(path.join(parts.engine, 'compute-worker.mjs'));
    expect(await differences(parts.engine, expected)).toEqual([
      'compute-worker.mjs is missing',
      'engine-worker.mjs was changed',
      'extra.mjs does not belong there',
    ]);
  });
});
