// Operators → kernels of the samples and the trained models, with what fusion leaves out, as a Markdown table.
//
//   node test/bench/operators.ts            samples
//   node test/bench/operators.ts --all      and the trained models at hand
//
// Published counts are those of DNNFusion (PLDI 2021, tables 5 and 6: layers before → after); other exports of the
// same architectures, so that only the ratio of operators to kernels compares.

import type { EngineSource, InputSource } from '../../engine/host/engines/engine-requests.ts';
import { Engines } from '../../engine/host/engines/engines.ts';
import { readDataSet } from '../../engine/host/process/conformance.ts';
import { type CompileOptions, compileOptions } from '../../engine/options.ts';
import type { CompileReport } from '../../engine/report/types/compile.ts';
import { SAMPLES } from '../../engine/samples/index.ts';
import { runModel, trainedModels } from '../support/models.ts';
import { hasShared, shared } from '../support/shared.ts';

const PUBLISHED: Readonly<Record<string, readonly [name: string, before: number, after: number]>> = {
  'mobilenet-v1': ['MobileNetV1-SSD', 202, 71],
  'u-net': ['U-Net', 292, 82],
  'bert-encoder': ['TinyBERT', 366, 74],
  'relu-decoder': ['GPT-2', 2533, 254],
};

interface Entry {
  readonly name: string;
  readonly source: EngineSource;
  readonly inputs: InputSource;
}

const SEEDED: InputSource = { kind: 'seeded', seed: 1 };
const engines = new Engines();
if (hasShared) engines.allow(shared('models'));
const trained = trainedModels().map(({ name, file, data }): Entry => {
  const inputs: InputSource = { kind: 'files', files: [...readDataSet(data).inputs], seed: 1 };
  return { name, source: { kind: 'path', path: file }, inputs };
});
const samples = SAMPLES.map(
  ({ name }): Entry => ({ name, source: { kind: 'sample', name }, inputs: SEEDED }),
);
const entries = process.argv.includes('--all') ? [...samples, ...trained] : samples;

async function compiled(entry: Entry, toggles: Partial<CompileOptions>): Promise<CompileReport> {
  const { model } = await engines.open(entry.source, {});
  const options = compileOptions.parse({ threads: 1, ...toggles });
  const { prepared } = await runModel(engines, { model, options, inputs: entry.inputs });
  await engines.close(model);
  return prepared.compile;
}

const millions = (count: number): string => (count / 1e6).toFixed(count < 1e7 ? 2 : 1);
const accesses = ({ reads, writes }: { readonly reads: number; readonly writes: number }): string =>
  millions(reads + writes);
const ratio = (before: number, after: number): string => (before / after).toFixed(1);

async function rowOf(entry: Entry): Promise<string> {
  const [off, on] = [await compiled(entry, { fusion: false }), await compiled(entry, { fusion: true })];
  const vanished = on.groups.reduce((sum, { vanishedBytes }) => sum + vanishedBytes, 0);
  const published = PUBLISHED[entry.name];
  const [name, before, after] = published ?? ['–', 0, 0];
  const cells = [
    entry.name,
    `${on.operators} → ${off.kernels} → ${on.kernels}`,
    ratio(on.operators, on.kernels),
    `${accesses(on.account.before)} → ${accesses(on.account.after)}`,
    (vanished / 2 ** 20).toFixed(1),
    published ? `${name} ${before} → ${after}` : name,
    published ? ratio(before, after) : '–',
  ];
  return `| ${cells.join(' | ')} |`;
}

console.log(
  '| model | operators → kernels, fusion off → on | ratio | element accesses, millions | vanished, MiB | published | ratio |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const entry of entries) console.log(await rowOf(entry));
await engines.stop();
