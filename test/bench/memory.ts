// What the planner saves, executed: the arena of every sample and trained model with one thread, unplanned, planned,
// with aliasing and order, with overlap, which is told for two threads too. Then what a run takes of WebAssembly memory,
// that of bodies included, beside packed weights and arena. Markdown on standard output; fails where it is more than
// 5 % above them and does not lie in the same page.
//
//   npm run bench:memory [taken]      taken: only the second table

import type { InputSource } from '../../engine/host/engines/engine-requests.ts';
import { readDataSet } from '../../engine/host/process/conformance.ts';
import { type OpenModel, openModel } from '../../engine/host/process/open-model.ts';
import { Prepared } from '../../engine/host/process/prepared-session.ts';
import { dimensionsOf, readGivenInputs } from '../../engine/host/process/run-inputs.ts';
import type { Graph } from '../../engine/ir/types.ts';
import { type CompileOptions, compileOptions } from '../../engine/options.ts';
import { compile } from '../../engine/pipeline.ts';
import { SAMPLES } from '../../engine/samples/index.ts';
import { trainedModels } from '../support/models.ts';

const PLAIN = { simd: '256', inPlace: false, overlap: false, reorder: false, lean: 'off' } as const;

/** Columns: each has what the one before it has, and more. */
const COLUMNS: Readonly<Record<string, Partial<CompileOptions>>> = {
  unplanned: { ...PLAIN, planner: 'off' },
  planned: PLAIN,
  'with aliasing': { ...PLAIN, inPlace: true, reorder: true },
  'with overlap': { simd: '256' },
  'two threads': { simd: '256', threads: 2 },
};

/** Of weights and arena together. */
const MOST_BESIDE = 0.05;
const PAGE_BYTES = 65_536;

interface Entry {
  readonly name: string;
  readonly model: OpenModel;
  readonly graph: Graph;
  readonly inputs: InputSource;
}

function* entries(): Iterable<Entry> {
  for (const { name } of SAMPLES) {
    const model = openModel({ kind: 'sample', name }, {});
    yield { name: `sample ${name}`, model, graph: model.graph, inputs: { kind: 'seeded', seed: 1 } };
  }
  for (const { name, file, data } of trainedModels()) {
    const model = openModel({ kind: 'path', path: file }, {});
    const inputs: InputSource = { kind: 'files', files: [...readDataSet(data).inputs], seed: 1 };
    const given = readGivenInputs(model.model, inputs);
    yield { name, model, graph: model.bind(dimensionsOf(model.summary.dimensions, given, {})).graph, inputs };
  }
}

const clock = (): number => performance.now();

function arenaBytes({ model, graph }: Entry, options: Partial<CompileOptions>): number {
  return compile(graph, compileOptions.parse(options), { read: model.read, clock }).program.arenaBytes;
}

const format = (bytes: number): string => bytes.toLocaleString('en');

const cell = (bytes: number, unplanned: number): string =>
  unplanned === 0 ? '0' : `${format(bytes)} (${((1 - bytes / unplanned) * 100).toFixed(1)} %)`;

function printArenas(): void {
  const rows: string[] = [];
  const shares = Object.keys(COLUMNS).map((): number[] => []);
  for (const entry of entries()) {
    const bytes = Object.values(COLUMNS).map(options => arenaBytes(entry, options));
    entry.model.close();
    const [unplanned = 0, ...others] = bytes;
    if (unplanned > 0) for (const [i, one] of bytes.entries()) shares[i]?.push(one / unplanned);
    const cells = others.map(one => cell(one, unplanned));
    rows.push(`| ${[entry.name, format(unplanned), ...cells].join(' | ')} |`);
  }
  const means = shares.slice(1).map(list => {
    const mean = Math.exp(list.reduce((sum, share) => sum + Math.log(share), 0) / list.length);
    return `${((1 - mean) * 100).toFixed(1)} %`;
  });
  console.log(`| bytes (saved) | ${Object.keys(COLUMNS).join(' | ')} |`);
  console.log(`| --- |${' ---: |'.repeat(shares.length)}`);
  console.log(rows.join('\n'));
  console.log(`| geometric mean | | ${means.join(' | ')} |\n`);
}

/** Bytes of every memory that was made since it was looked at last. */
function countMemories(): () => number {
  let bytes = 0;
  class Counted extends WebAssembly.Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      bytes += this.buffer.byteLength;
    }
  }
  WebAssembly.Memory = Counted;
  return () => {
    const made = bytes;
    bytes = 0;
    return made;
  };
}

/** A run of every model with one thread. */
async function printTaken(): Promise<void> {
  const made = countMemories();
  const work = { cancel: new Int32Array(new SharedArrayBuffer(4)), progress() {} };
  console.log('| bytes | packed weights | arena | WebAssembly memory | beside them |');
  console.log('| --- | ---: | ---: | ---: | ---: |');
  for (const { name, model, inputs } of entries()) {
    made();
    const options = compileOptions.parse({ simd: '256' });
    const prepared = await Prepared.create(model, { options, inputs, warmUp: false }, work);
    const taken = made();
    const { weightsBytes, arenaBytes: arena } = prepared.facts.memory;
    const needed = weightsBytes + arena;
    prepared.close();
    model.close();
    const beside = `${format(taken - needed)} (${((taken / needed - 1) * 100).toFixed(2)} %)`;
    console.log(`| ${[name, ...[weightsBytes, arena, taken].map(format), beside].join(' | ')} |`);
    // Memory comes in pages.
    if (taken <= Math.ceil((needed * (1 + MOST_BESIDE)) / PAGE_BYTES) * PAGE_BYTES) continue;
    console.error(`${name}: ${taken} bytes of memory for ${needed}`);
    process.exitCode = 1;
  }
}

if (process.argv[2] !== 'taken') printArenas();
await printTaken();
