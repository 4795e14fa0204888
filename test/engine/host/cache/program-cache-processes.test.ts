// The folder of compiled programs as several processes see it, and as an engine whose source changed sees it; the code
// of the engine's own modules beside them.

import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { codeFolder } from '../../../../engine/host/cache/cache-folder.ts';
import { Engines } from '../../../../engine/host/engines/engines.ts';
import { nodeBinary, repository } from '../../../../engine/host/program-files.ts';
import { onnxChunks } from '../../../../engine/onnx/write.ts';
import { manyNodes } from '../../../support/many-nodes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-processes-'));
  writeFileSync(path.join(folder, 'model.onnx'), Buffer.concat([...onnxChunks(manyNodes(20))]));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the model once with an engine's sources; prints whether its program was kept from before, and the outputs. */
const SCRIPT = `
const [root, folder] = process.argv.slice(1);
const load = name => import(new URL(name, 'file://' + root + '/engine/').href);
const { openModel } = await load('host/process/open-model.ts');
const { Prepared } = await load('host/process/prepared-session.ts');
const { ProgramCache } = await load('host/cache/program-cache.ts');
const { compileOptions } = await load('options.ts');
const model = openModel({ kind: 'path', path: folder + '/model.onnx' }, {});
const request = { options: compileOptions.parse({ threads: 1 }), inputs: { kind: 'seeded', seed: 1 }, warmUp: false };
const cancel = new Int32Array(new SharedArrayBuffer(4));
const work = { cancel, progress() {}, programs: new ProgramCache(folder + '/programs') };
const prepared = await Prepared.create(model, request, work);
const outputs = prepared.outputs().map(({ tensor }) => [...tensor.data]);
console.log(JSON.stringify({ cached: prepared.facts.compile.cached === true, outputs }));
prepared.close();
model.close();
`;

interface Answer {
  readonly cached: boolean;
  readonly outputs: readonly (readonly number[])[];
}

async function runIn(root: string): Promise<Answer> {
  const { stdout } = await promisify(execFile)(nodeBinary(), [
    '--input-type=module',
    '-e',
    SCRIPT,
    root,
    folder,
  ]);
  return JSON.parse(stdout) as Answer;
}

const kept = (): string[] => readdirSync(path.join(folder, 'programs'));

test('processes that compile the same model at once keep one program, which the next one takes', async () => {
  const root = path.resolve(repository());
  const [first, second] = await Promise.all([runIn(root), runIn(root)]);
  expect(kept()).toEqual([expect.stringMatching(/\.program$/)]);
  expect(second.outputs).toEqual(first.outputs);
  expect(await runIn(root)).toEqual({ cached: true, outputs: first.outputs });
});

test('an engine whose source changed compiles again', async () => {
  const root = path.join(folder, 'changed');
  cpSync(path.join(repository(), 'engine'), path.join(root, 'engine'), { recursive: true });
  cpSync(path.join(repository(), 'package.json'), path.join(root, 'package.json'));
  symlinkSync(path.join(repository(), 'node_modules'), path.join(root, 'node_modules'), 'dir');
  const first = await runIn(root);
  expect(await runIn(root)).toEqual({ cached: true, outputs: first.outputs });
  appendFileSync(path.join(root, 'engine', 'lean.ts'), '// changed\n');
  expect(await runIn(root)).toEqual({ cached: false, outputs: first.outputs });
  expect(kept()).toHaveLength(2);
});

test('an engine keeps the code of its own modules, and the next one finds all of it', async () => {
  const cached = path.join(folder, 'cache');
  vi.stubEnv('XDG_CACHE_HOME', cached);
  vi.stubEnv('LOCALAPPDATA', cached);
  vi.stubEnv('HOME', cached);
  const start = async (): Promise<readonly string[]> => {
    const engines = new Engines();
    try {
      const { model } = await engines.open({ kind: 'sample', name: 'six-tensors' }, {});
      await engines.close(model);
    } finally {
      engines.stop();
    }
    const files = readdirSync(codeFolder(), { recursive: true, withFileTypes: true });
    return files
      .filter(file => file.isFile())
      .map(({ parentPath, name }) => `${name} ${statSync(path.join(parentPath, name)).mtimeMs}`)
      .sort();
  };
  try {
    const first = await start();
    // More than the few modules of its talking thread.
    expect(first.length).toBeGreaterThan(100);
    expect(await start()).toEqual(first);
  } finally {
    vi.unstubAllEnvs();
  }
});
