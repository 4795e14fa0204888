import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProgramCache } from '../../../../engine/host/cache/program-cache.ts';
import { programKey } from '../../../../engine/host/cache/program-key.ts';
import { type OpenModel, openModel } from '../../../../engine/host/process/open-model.ts';
import { Prepared } from '../../../../engine/host/process/prepared-session.ts';
import type { Work } from '../../../../engine/host/process/work.ts';
import { onnxChunks } from '../../../../engine/onnx/write.ts';
import { type CompileOptions, compileOptions } from '../../../../engine/options.ts';
import type { CompileReport } from '../../../../engine/report/types/compile.ts';
import type { Program } from '../../../../engine/runtime/program.ts';
import { manyNodes } from '../../../support/many-nodes.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-programs-'));
  file = path.join(folder, 'model.onnx');
  writeFileSync(file, modelBytes());
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modelBytes = (): Buffer => Buffer.concat([...onnxChunks(manyNodes(50))]);

const programs = (): string => path.join(folder, 'programs');
const entries = (): string[] => readdirSync(programs()).map(name => path.join(programs(), name));

function workWith(cache: ProgramCache): Work {
  const cancel = new Int32Array(new SharedArrayBuffer(4));
  return { cancel, progress() {}, programs: cache };
}

/** Opens, runs once, and tells whether the program was kept from before. */
async function runOnce(cache: ProgramCache, options: Partial<CompileOptions> = {}) {
  const model = openModel({ kind: 'path', path: file }, {});
  try {
    const inputs = { kind: 'seeded' as const, seed: 1 };
    const request = { options: compileOptions.parse(options), inputs, warmUp: false };
    const prepared = await Prepared.create(model, request, workWith(cache));
    try {
      const outputs = prepared.outputs().map(({ tensor }) => [...tensor.data]);
      return { cached: prepared.facts.compile.cached === true, outputs };
    } finally {
      prepared.close();
    }
  } finally {
    model.close();
  }
}

/** One bit of a file changed. */
function damage(name: string, at: number): void {
  const bytes = readFileSync(name);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(name, bytes);
}

test('the second session takes the program of the first, with the same outputs', async () => {
  const cache = new ProgramCache(programs());
  const first = await runOnce(cache);
  const second = await runOnce(new ProgramCache(programs()));
  expect([first.cached, second.cached]).toEqual([false, true]);
  expect(second.outputs).toEqual(first.outputs);
  expect(cache.contents().programs).toBe(1);
});

test('only the user may read what is kept, also in a folder that others could read', async () => {
  mkdirSync(programs(), { mode: 0o755 });
  await runOnce(new ProgramCache(programs()));
  const mode = (name: string): number => statSync(name).mode & 0o077;
  if (process.platform !== 'win32') expect([programs(), ...entries()].map(mode)).toEqual([0, 0]);
});

test('other options, and a model of which a byte changed, are compiled', async () => {
  const cache = new ProgramCache(programs());
  await runOnce(cache);
  expect((await runOnce(cache, { fusion: false })).cached).toBe(false);
  const bytes = readFileSync(file);
  const [first = 0] = bytes.subarray(-200);
  damage(file, bytes.length - 200);
  expect(readFileSync(file)[bytes.length - 200]).not.toBe(first);
  expect((await runOnce(cache)).cached).toBe(false);
  expect(cache.contents().programs).toBe(3);
});

describe('the key', () => {
  const options = compileOptions.parse({});
  const opened = <T>(use: (model: OpenModel) => T): T => {
    const model = openModel({ kind: 'path', path: file }, {});
    try {
      return use(model);
    } finally {
      model.close();
    }
  };

  test('does not depend on how options came about', () => {
    const turned = Object.fromEntries(Object.entries(options).reverse()) as CompileOptions;
    const [one, other] = opened(model => [programKey(model, options, {}), programKey(model, turned, {})]);
    expect(one).toBe(other);
  });

  test('depends on dimensions, measured tiles and the files of constants', () => {
    const data = path.join(folder, 'weights.bin');
    writeFileSync(data, 'one');
    opened(model => {
      const value = model.model.graph.values.find(candidate => candidate?.constant);
      if (!value) throw new Error('the model has no constants');
      const constant = {
        kind: 'file',
        dtype: 'uint8',
        shape: [3],
        file: data,
        offset: 0,
        length: 3,
        encoding: 'raw',
      };
      const values = [{ ...value, constant: constant as NonNullable<typeof value.constant> }];
      const graph = { ...model.model.graph, values, nodes: [] };
      const external = { ...model, model: { ...model.model, graph } };
      const keys = [
        programKey(model, options, {}),
        programKey(model, { ...options, dims: { n: 2 } }, {}),
        programKey(model, options, { question: [2, 16] }),
        programKey(external, options, {}),
      ];
      writeFileSync(data, 'two');
      keys.push(programKey(external, options, {}));
      expect(new Set(keys).size).toBe(keys.length);
    });
  });
});

describe('a damaged entry is compiled again, and replaced', () => {
  test.each([
    ['its first byte', () => 0],
    ['its description', () => 100],
    ['its weights', (size: number) => size - 3],
  ])('changed in %s', async (_, at) => {
    const cache = new ProgramCache(programs());
    const { outputs } = await runOnce(cache);
    const [entry = ''] = entries();
    damage(entry, at(statSync(entry).size));
    expect(await runOnce(cache)).toEqual({ cached: false, outputs });
    expect(await runOnce(cache)).toEqual({ cached: true, outputs });
  });

  test.each([0, 10, 1000])('cut off after %i bytes', async size => {
    const cache = new ProgramCache(programs());
    await runOnce(cache);
    truncateSync(entries()[0] ?? '', size);
    expect((await runOnce(cache)).cached).toBe(false);
    expect((await runOnce(cache)).cached).toBe(true);
  });
});

test('what was used last stays when there is too much', async () => {
  const unlimited = new ProgramCache(programs());
  await runOnce(unlimited, { planner: 'size' });
  await runOnce(unlimited, { planner: 'breadth' });
  const each = Math.max(...entries().map(name => statSync(name).size));
  for (const name of entries()) utimesSync(name, 1, 1);
  expect((await runOnce(unlimited, { planner: 'size' })).cached).toBe(true);
  // A quarter is the most that one program may take.
  const filler = 2 * each - 1000;
  writeFileSync(path.join(programs(), 'other.program'), Buffer.alloc(filler));
  utimesSync(path.join(programs(), 'other.program'), 2, 2);
  const limited = new ProgramCache(programs(), 4 * each + 1000);
  await runOnce(limited, { planner: 'bestfit' });
  expect((await runOnce(limited, { planner: 'size' })).cached).toBe(true);
  expect((await runOnce(limited, { planner: 'breadth' })).cached).toBe(false);
});

test('what would take more than a quarter, and what the disk refuses, is not kept', async () => {
  const small = new ProgramCache(programs(), 1000);
  expect((await runOnce(small)).cached).toBe(false);
  expect(small.contents().programs).toBe(0);
  const blocked = path.join(folder, 'no-folder');
  writeFileSync(blocked, '');
  const told: string[] = [];
  const refused = new ProgramCache(path.join(blocked, 'programs'), undefined, reason => told.push(reason));
  expect((await runOnce(refused)).cached).toBe(false);
  expect((await runOnce(refused)).cached).toBe(false);
  expect(told).toEqual([expect.stringContaining(blocked)]);
});

test('nothing is left of an entry that could not be put in its place', async () => {
  const kept = new ProgramCache(programs());
  await runOnce(kept);
  const [name = ''] = readdirSync(programs());
  kept.clear();
  // What stands there is a folder, which no file replaces.
  mkdirSync(path.join(programs(), name, 'inside'), { recursive: true });
  const told: string[] = [];
  const refused = new ProgramCache(programs(), undefined, reason => told.push(reason));
  expect((await runOnce(refused)).cached).toBe(false);
  expect(told).toEqual([expect.stringContaining('rename')]);
  expect(readdirSync(programs())).toEqual([name]);
});

test('what has no written form is not kept; a report that cannot be made is a bug, and told', () => {
  const cache = new ProgramCache(programs());
  const program = { steps: [() => 0] } as unknown as Program;
  const report = {} as CompileReport;
  expect(cache.keep('key', { program, report }, new Uint8Array())).toBe(false);
  const broken = {
    program,
    get report(): CompileReport {
      throw new TypeError('no such step');
    },
  };
  expect(() => cache.keep('key', broken, new Uint8Array())).toThrow('no such step');
  expect(cache.contents().programs).toBe(0);
});

test('clearing forgets everything', async () => {
  const cache = new ProgramCache(programs());
  await runOnce(cache);
  expect(cache.clear().programs).toBe(1);
  expect((await runOnce(cache)).cached).toBe(false);
});

test('several threads that keep and find the same program disturb nobody', async () => {
  const cache = new ProgramCache(programs());
  await runOnce(cache);
  const [entry = ''] = entries();
  const key = 'shared';
  const module = new URL('../../../../engine/host/cache/program-cache.ts', import.meta.url).href;
  const code = `
    import('${module}').then(async ({ ProgramCache }) => {
      const { parentPort, workerData } = require('node:worker_threads');
      const cache = new ProgramCache(workerData.folder);
      const weights = new Uint8Array(1000).fill(7);
      const kept = { program: { weightsBytes: 1000, weights: [] }, report: {} };
      let found = 0;
      for (let round = 0; round < 100; round++) {
        if (!cache.keep('${key}', kept, weights)) throw new Error('not kept');
        const known = cache.find('${key}');
        if (!known) throw new Error('not found');
        const target = new Uint8Array(1000);
        known.program.weights[0].load(target);
        if (target.some(byte => byte !== 7)) throw new Error('torn');
        found++;
      }
      parentPort.postMessage(found);
    });`;
  const finished = [0, 1, 2].map(
    () =>
      new Promise((resolve, reject) => {
        const worker = new Worker(code, { eval: true, workerData: { folder: programs() } });
        worker.once('message', resolve);
        worker.once('error', reject);
      }),
  );
  expect(await Promise.all(finished)).toEqual([100, 100, 100]);
  expect(entries().length).toBe(2);
  expect(entries()).toContain(entry);
});
