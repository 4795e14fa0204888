// A benchmark of one model: our toggles against each other and against peers. All that have the same number of
// threads are created and warmed up first, then run in turns, so that they meet the same machine.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeOnnx } from '../../onnx/write.ts';
import { type CompileOptions, compileOptions } from '../../options.ts';
import { reseedGraph } from '../../passes/reseed.ts';
import { timeStatistics } from '../../report/statistics.ts';
import { compareTensors, magnitudeOf } from '../../runtime/compare-tensors.ts';
import type { InputDescription } from '../../runtime/seeded-inputs.ts';
import type { CallControl } from '../engine-child.ts';
import type { EngineSource } from '../engine-requests.ts';
import type { Engines, Lease } from '../engines.ts';
import { badInput } from '../failure.ts';
import { openModel } from '../open-model.ts';
import { type Contender, ownContender, type PeerName, peerContender } from './contender.ts';
import type { NamedOutput } from './peer-process.ts';

export interface BenchRequest {
  readonly source: EngineSource;
  readonly options: CompileOptions;
  readonly threads: readonly number[];
  readonly peers: readonly PeerName[];
  /** timed runs of each variant */
  readonly repeats: number;
  readonly seed: number;
  /** also everything with one toggle off */
  readonly toggles: boolean;
}

export interface BenchVariant {
  readonly variant: string;
  readonly threads: number;
  readonly simd: string;
  readonly createMs: number;
  readonly firstRunMs: number;
  readonly medianMs: number;
  readonly minMs: number;
  readonly p95Ms: number;
  /** 95 % bootstrap interval of the median */
  readonly lowMs: number;
  readonly highMs: number;
  /** outputs against the first peer's (or, without peers, our first variant's); absent for that one */
  readonly check?: { readonly ok: boolean; readonly maxAbsError: number; readonly maxRelError: number };
}

export interface BenchResult {
  readonly model: string;
  readonly variants: readonly BenchVariant[];
}

/** absolute tolerance for outputs of magnitude 1 */
const ATOL = 1e-4;

/** Workers of the one before may still spin: nobody should start beside them. */
const PAUSE_MS = 5;

/** The fused, planned program of the best class is `arenascope`; the others have one toggle changed. */
function ownVariants(
  options: CompileOptions,
  engines: Engines,
  toggles: boolean,
): [string, CompileOptions][] {
  const variants: [string, CompileOptions][] = [['arenascope', options]];
  if (!toggles) return variants;
  variants.push(['fusion off', { ...options, fusion: false }]);
  variants.push(['planner off', { ...options, planner: 'off' }]);
  variants.push(['fusion and planner off', { ...options, fusion: false, planner: 'off' }]);
  for (const simd of engines.simd) {
    if (simd !== options.simd) variants.push([`simd ${simd}`, { ...options, simd }]);
  }
  return variants;
}

export async function benchModel(
  engines: Engines,
  request: BenchRequest,
  control: CallControl,
): Promise<BenchResult> {
  const { model, summary } = await engines.open(request.source, request.options.dims, control);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-bench-'));
  try {
    const peerModel = request.peers.length > 0 ? writePeerModel(request, folder) : undefined;
    const variants: BenchVariant[] = [];
    for (const threads of request.threads) {
      const round = await engines.exclusively(
        lease => benchThreads({ lease, engines, request, model, peerModel, threads }, control),
        control.signal,
      );
      variants.push(...round);
    }
    return { model: summary.name, variants };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await engines.close(model);
  }
}

export interface PeerModel {
  readonly file: string;
  readonly inputs: readonly InputDescription[];
}

/** The model as peers read it: the same weights, reseeded or built here. */
export function writePeerModel(request: Pick<BenchRequest, 'source' | 'options'>, folder: string): PeerModel {
  const { source, options } = request;
  const opened = openModel(source, options.dims);
  try {
    const { graph } = opened;
    const inputs = graph.inputs.map(id => {
      const value = graph.values[id];
      if (!value?.dtype || !value.shape)
        throw badInput(`the shape of input ${value?.name ?? id} is not known`);
      return { name: value.name, dtype: value.dtype, shape: value.shape };
    });
    if (source.kind === 'path' && options.reseed === undefined) return { file: source.path, inputs };
    const seeded =
      options.reseed === undefined ? opened.model.graph : reseedGraph(graph, options.reseed, opened.read);
    const file = path.join(folder, 'model.onnx');
    writeFileSync(file, writeOnnx({ ...opened.model, graph: seeded }, opened.read));
    return { file, inputs };
  } finally {
    opened.close();
  }
}

interface Round {
  readonly lease: Lease;
  readonly engines: Engines;
  readonly request: BenchRequest;
  readonly model: string;
  readonly peerModel: PeerModel | undefined;
  readonly threads: number;
}

async function benchThreads(round: Round, control: CallControl): Promise<BenchVariant[]> {
  const contenders: Contender[] = [];
  try {
    await createContenders(round, contenders, control);
    const samples = await takeTurns(contenders, round.request.repeats, control);
    return await resultsOf(contenders, samples);
  } finally {
    await Promise.allSettled(contenders.map(contender => contender.close()));
  }
}

/** Peers first: the first of them is what outputs are compared with. */
async function createContenders(round: Round, contenders: Contender[], control: CallControl): Promise<void> {
  const { lease, engines, request, model, peerModel, threads } = round;
  if (peerModel) {
    for (const peer of request.peers) {
      // Ours is the flag that only WebAssembly code notices.
      for (const ownFlags of peer === 'ort-web' && engines.simd.includes('256') ? [false, true] : [false]) {
        control.onProgress?.(`create ${peer}`, contenders.length, 0);
        contenders.push(await peerContender(peer, ownFlags, { ...peerModel, threads, seed: request.seed }));
      }
    }
  }
  for (const [variant, options] of ownVariants(request.options, engines, request.toggles)) {
    const own = {
      variant,
      model,
      options: compileOptions.parse({ ...options, threads }),
      seed: request.seed,
    };
    contenders.push(await ownContender(lease, own, control));
  }
}

async function takeTurns(
  contenders: readonly Contender[],
  repeats: number,
  control: CallControl,
): Promise<number[][]> {
  const samples = contenders.map((): number[] => []);
  for (let turn = 0; turn < repeats; turn++) {
    control.onProgress?.('measure', turn, repeats);
    for (const [index, contender] of contenders.entries()) {
      await pause(PAUSE_MS, undefined, control.signal ? { signal: control.signal } : {});
      samples[index]?.push(Math.round(await contender.run()));
    }
  }
  return samples;
}

async function resultsOf(
  contenders: readonly Contender[],
  samples: readonly (readonly number[])[],
): Promise<BenchVariant[]> {
  const expected = await contenders[0]?.outputs();
  const results: BenchVariant[] = [];
  for (const [index, contender] of contenders.entries()) {
    const { variant, threads, simd, createMs, firstRunMs } = contender;
    const { medianNs, minNs, p95Ns, lowNs, highNs } = timeStatistics(samples[index] ?? []);
    const check = index > 0 && expected ? checkOutputs(await contender.outputs(), expected) : undefined;
    results.push({
      variant,
      threads,
      simd,
      createMs,
      firstRunMs,
      medianMs: medianNs / 1e6,
      minMs: minNs / 1e6,
      p95Ms: p95Ns / 1e6,
      lowMs: lowNs / 1e6,
      highMs: highNs / 1e6,
      ...(check && { check }),
    });
  }
  return fasterPeers(results);
}

function checkOutputs(
  outputs: readonly NamedOutput[],
  expected: readonly NamedOutput[],
): NonNullable<BenchVariant['check']> {
  let ok = outputs.length === expected.length;
  let [maxAbsError, maxRelError] = [0, 0];
  outputs.forEach(({ tensor }, index) => {
    const reference = expected[index];
    if (!reference) return;
    // Probabilities of 1000 classes are small: the tolerance follows the outputs down, too.
    const atol = ATOL * magnitudeOf(reference.tensor);
    const comparison = compareTensors(tensor, reference.tensor, { atol });
    ok &&= comparison.mismatched === 0 && comparison.mismatch === undefined;
    maxAbsError = Math.max(maxAbsError, comparison.maxAbsError);
    maxRelError = Math.max(maxRelError, comparison.maxRelError);
  });
  return { ok, maxAbsError, maxRelError };
}

/** Of a peer that ran with both kinds of flags the faster counts: it keeps the name. */
function fasterPeers(results: readonly BenchVariant[]): BenchVariant[] {
  const fastest = new Map<string, BenchVariant>();
  for (const result of results) {
    const other = fastest.get(result.variant);
    if (!other || result.medianMs < other.medianMs) fastest.set(result.variant, result);
  }
  return results.map(result =>
    fastest.get(result.variant) === result
      ? result
      : { ...result, variant: `${result.variant}, slower flags` },
  );
}
