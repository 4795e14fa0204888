// Every model at hand against the peers: samples, the trained models and the reseeded light models of the test data.
//
//   npm run bench                                     everything, the table as Markdown on standard output
//   npm run bench -- --out bench --repeats 5          writes bench.json and bench.md after every model
//   npm run bench -- --out bench --minutes 10         begins no model after ten minutes
//   npm run bench -- --models resnet,yolox            only models whose name contains one of these texts
//   npm run bench -- --simd 128                       kernels of another class than the best here
//   npm run bench -- --starts 5                       start-ups in fresh processes, in turns: medians, and from the cache
//   npm run bench -- --only-best                      without our variants that have a toggle off
//
// A model that bench.json has already is not measured again, so that an interrupted run can go on.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { benchModel } from '../../engine/host/bench/bench.ts';
import { benchMarkdown } from '../../engine/host/bench/bench-table.ts';
import { PEERS, peerMissing } from '../../engine/host/bench/contender.ts';
import type { BenchResult } from '../../engine/host/bench/types.ts';
import { wholeNumber } from '../../engine/host/commands/toggles.ts';
import type { EngineSource, InputSource } from '../../engine/host/engines/engine-requests.ts';
import { Engines } from '../../engine/host/engines/engines.ts';
import { readDataSet } from '../../engine/host/process/conformance.ts';
import { compileOptions } from '../../engine/options.ts';
import { SAMPLES } from '../../engine/samples/index.ts';
import { trainedModels } from '../support/models.ts';
import { hasShared, shared } from '../support/shared.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    repeats: { type: 'string', default: '7' },
    'round-ms': { type: 'string', default: '3000' },
    minutes: { type: 'string', default: '1000' },
    models: { type: 'string', default: '' },
    simd: { type: 'string' },
    starts: { type: 'string', default: '0' },
    'only-best': { type: 'boolean', default: false },
  },
});

/** of weights that are all the same, so that nothing gains from it */
const RESEED = 1;
const SEEDED: InputSource = { kind: 'seeded', seed: 1 };

interface Entry {
  readonly name: string;
  readonly source: EngineSource;
  readonly inputs: InputSource;
  readonly reseed?: number;
}

function entries(): Entry[] {
  const samples = SAMPLES.map(({ name }): Entry => {
    return { name: `sample ${name}`, source: { kind: 'sample', name }, inputs: SEEDED };
  });
  const trained = trainedModels().map(({ name, file, data }): Entry => {
    const files = [...readDataSet(data).inputs];
    return { name, source: { kind: 'path', path: file }, inputs: { kind: 'files', files, seed: 1 } };
  });
  const folder = shared('onnx', 'light');
  const light = (hasShared ? readdirSync(folder) : [])
    .filter(file => file.endsWith('.onnx'))
    .map((file): Entry => {
      const source = { kind: 'path', path: path.join(folder, file) } as const;
      return { name: file.replace('.onnx', ''), source, inputs: SEEDED, reseed: RESEED };
    });
  const wanted = values.models.split(',');
  return [...samples, ...trained, ...light].filter(({ name }) => wanted.some(text => name.includes(text)));
}

const peers = PEERS.filter(peer => {
  const missing = peerMissing(peer);
  if (missing !== undefined) console.error(missing);
  return missing === undefined;
});

async function benchEntry(engines: Engines, entry: Entry): Promise<BenchResult> {
  const { source, inputs, reseed } = entry;
  const simd = values.simd ?? engines.bestSimd;
  const options = compileOptions.parse({ simd, ...(reseed !== undefined && { reseed }) });
  const threads = os.availableParallelism() > 1 ? [1, 2] : [1];
  const repeats = wholeNumber(1)(values.repeats);
  const roundMs = wholeNumber(0)(values['round-ms']);
  const toggles = values['only-best'] ? [] : (['fusion', 'planner', 'winograd'] as const);
  const starts = wholeNumber(0)(values.starts);
  const request = { source, options, threads, peers, repeats, roundMs, inputs, toggles, starts };
  return { ...(await benchModel(engines, request, {})), model: entry.name };
}

const jsonFile = values.out === undefined ? undefined : `${values.out}.json`;
const results: BenchResult[] =
  jsonFile !== undefined && existsSync(jsonFile)
    ? (JSON.parse(readFileSync(jsonFile, 'utf8')) as { models: BenchResult[] }).models
    : [];
const engines = new Engines();
if (hasShared) {
  engines.allow(shared('models'));
  engines.allow(shared('onnx', 'light'));
}
const endMs = performance.now() + wholeNumber(1)(values.minutes) * 60_000;
try {
  for (const entry of entries()) {
    if (results.some(({ model }) => model === entry.name)) continue;
    if (performance.now() > endMs) {
      console.error(`${entry.name}: no time left`);
      continue;
    }
    const start = performance.now();
    try {
      const result = await benchEntry(engines, entry);
      results.push(result);
      for (const { variant, threads, reason } of result.failed) {
        console.error(`${entry.name}: ${variant}, ${threads} threads: ${reason}`);
      }
    } catch (error) {
      console.error(`${entry.name}: ${error instanceof Error ? error.message : error}`);
    }
    console.error(`${entry.name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
    if (values.out === undefined) continue;
    writeFileSync(`${values.out}.json`, `${JSON.stringify({ models: results }, null, 1)}\n`);
    writeFileSync(`${values.out}.md`, `${benchMarkdown(results)}\n`);
  }
} finally {
  engines.stop();
}
if (values.out === undefined) console.log(benchMarkdown(results));
