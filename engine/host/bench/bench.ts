// A benchmark of one model: our toggles against each other and against peers. All that have the same number of
// threads are created and warmed up first, then run in turns, so that they meet the same machine.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeOnnx } from '../../onnx/write.ts';
import { type CompileOptions, compileOptions } from '../../options.ts';
import { reseedGraph } from '../../passes/seeded/reseed.ts';
import { isTensor } from '../../reference/datum.ts';
import { timeStatistics } from '../../report/statistics.ts';
import { compareTensors, magnitudeOf } from '../../runtime/compare-tensors.ts';
import { type InputDescription, seededInputs } from '../../runtime/seeded-inputs.ts';
import type { CallControl } from '../engines/engine-child.ts';
import type { EngineSource } from '../engines/engine-requests.ts';
import type { Engines } from '../engines/engines.ts';
import { badInput } from '../failure.ts';
import { openModel } from '../process/open-model.ts';
import { dimensionsOf, readGivenInputs } from '../process/run-inputs.ts';
import { type Contender, ownContender, peerContender } from './contender.ts';
import type { NamedTensor } from './peer-process.ts';
import { type OwnStart, peerStarts, startTimes } from './starts.ts';
import {
  type BenchRequest,
  type BenchResult,
  type BenchVariant,
  type OpenedModel,
  type Round,
  type Toggle,
  WITHOUT_WINOGRAD,
} from './types.ts';
import { waitedNs, waitsOf } from './waiting.ts';

/** absolute tolerance for outputs of magnitude 1 */
const ATOL = 1e-4;
/** What sums around 1 that cancel leave behind, as probabilities next to 0 do: the peers differ by as much. */
const LEAST_ATOL = 4e-6;

/** fewer say nothing about a median */
const LEAST_TURNS = 3;

/**
 * A turn is several runs back to back, at least so long and so many, but not too many. Its first runs find caches
 * cold and threads asleep, which Linux wakes on one core and takes 10 ms to part: they are not counted.
 */
const TURN_MS = 60;
const LEAST_RUNS = 2;
const MOST_RUNS = 100;
const UNCOUNTED = 0.5;

/** Our workers go to sleep within this time of a run's end; peers answer when theirs do. */
const PAUSE_MS = 15;

/** Our best, and the same on one thread, which it is compared with only. */
const BEST = 'arenascope';
const ON_ONE_THREAD = 'on one thread';

/** The fused, planned program of the best class is our best; the others have one toggle changed, or fewer threads. */
function ownVariants(
  options: CompileOptions,
  engines: Engines,
  toggles: readonly Toggle[],
): [string, CompileOptions][] {
  const alone = { ...options, threads: 1 };
  const others = engines.simd.filter(simd => simd !== options.simd);
  const changed: Record<Toggle, [string, CompileOptions][]> = {
    fusion: [['fusion off', { ...options, fusion: false }]],
    planner: [['planner off', { ...options, planner: 'off' }]],
    'fusion and planner': [['fusion and planner off', { ...options, fusion: false, planner: 'off' }]],
    winograd: [[WITHOUT_WINOGRAD, { ...options, winograd: false }]],
    simd: others.map(simd => [`simd ${simd}`, { ...options, simd }]),
  };
  return [
    [BEST, options],
    ...(options.threads > 1 ? [[ON_ONE_THREAD, alone] satisfies [string, CompileOptions]] : []),
    ...toggles.flatMap(toggle => changed[toggle]),
  ];
}

/**
 * Measures a model: our variants and the peers of the request, with each number of threads. What fails is told in the
 * result and stops nothing else. Throws a Failure for a model that cannot be opened or run.
 */
export async function benchModel(
  engines: Engines,
  request: BenchRequest,
  control: CallControl,
): Promise<BenchResult> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-bench-'));
  try {
    const opened = await openFor(engines, request, folder, control);
    try {
      return await benchOpened(engines, opened, control);
    } finally {
      await engines.close(opened.model);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchOpened(
  engines: Engines,
  { name, ...opened }: OpenedModel,
  control: CallControl,
): Promise<BenchResult> {
  const { simd } = opened.request.options;
  const failed: BenchResult['failed'][number][] = [];
  const peak = await engines.exclusively(async lease => {
    return (await lease.child(simd, opened.model, control)).call('peak', { simd }, control);
  }, control.signal);
  const variants: BenchVariant[] = [];
  const sharedPeaks: BenchResult['sharedPeaks'][number][] = [];
  for (const threads of opened.request.threads) {
    if (threads > 1) {
      const shared = await engines.exclusively(
        async lease =>
          (await lease.child(simd, opened.model, control)).call('sharedPeak', { simd, threads }, control),
        control.signal,
      );
      sharedPeaks.push({ threads, ...shared });
    }
    const round = await engines.exclusively(lease => {
      // Peers start in a process of their own each time, and so do we.
      engines.stop();
      return benchThreads({ ...opened, lease, engines, threads, failed }, control);
    }, control.signal);
    variants.push(...round);
  }
  return { model: name, variants, peakFlopsPerSecond: peak.flopsPerSecond, sharedPeaks, failed };
}

/** With peers all open the same file, so that creating means the same work for everybody. */
async function openFor(
  engines: Engines,
  request: BenchRequest,
  folder: string,
  control: CallControl,
): Promise<OpenedModel> {
  const { source, options } = request;
  if (request.peers.length === 0) {
    const { model, summary } = await engines.open(source, options.dims, control);
    return { model, name: summary.name, request, peerModel: undefined };
  }
  const { name, ...peerModel } = peerModelOf(request, folder);
  const file: EngineSource = { kind: 'path', path: peerModel.file };
  const { model } = await engines.open(file, options.dims, control);
  const { reseed: _, ...others } = options;
  return { model, name, request: { ...request, source: file, options: others }, peerModel };
}

export interface PeerModel {
  readonly file: string;
  readonly inputs: readonly InputDescription[];
}

/** A file and inputs for all. */
function peerModelOf(
  request: BenchRequest,
  folder: string,
): { name: string; file: string; inputs: NamedTensor[] } {
  const { source, options, inputs } = request;
  const opened = openModel(source, options.dims);
  try {
    const given = readGivenInputs(opened.model, inputs);
    const dims = { ...options.dims, ...dimensionsOf(opened.summary.dimensions, given, options.dims) };
    const written = writePeerModel({ source, options: { ...options, dims } }, folder);
    const seeded = seededInputs(written.inputs, inputs.seed);
    const tensors = written.inputs.flatMap(({ name }, index): NamedTensor[] => {
      const own = given.get(name)?.datum ?? seeded[index];
      return isTensor(own) ? [{ name, tensor: own }] : [];
    });
    return { name: opened.name, file: written.file, inputs: tensors };
  } finally {
    opened.close();
  }
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

async function benchThreads(round: Round, control: CallControl): Promise<BenchVariant[]> {
  const contenders: Contender[] = [];
  try {
    await createContenders(round, contenders, control);
    const samples = await takeTurns(contenders, round.request, control);
    return await resultsOf(contenders, samples);
  } finally {
    await Promise.allSettled(contenders.map(contender => contender.close()));
  }
}

/** Peers first: the first of them is what outputs are compared with. */
async function createContenders(round: Round, contenders: Contender[], control: CallControl): Promise<void> {
  const { lease, engines, request, model, peerModel, threads, failed } = round;
  const times = await startTimes(round, control);
  if (peerModel) {
    for (const [index, { peer, ownFlags }] of peerStarts(request.peers, engines).entries()) {
      control.onProgress?.(`create ${peer}`, contenders.length, 0);
      try {
        const contender = await peerContender(peer, ownFlags, { ...peerModel, threads });
        contenders.push({ ...contender, ...times.peers[index] });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failed.push({ variant: peer, threads, reason });
      }
    }
  }
  const shared = compileOptions.parse({ ...request.options, threads });
  for (const [variant, options] of ownVariants(shared, engines, request.toggles)) {
    const best = contenders.find(contender => contender.variant === BEST);
    if (variant === WITHOUT_WINOGRAD && !best?.sparedFlops) continue;
    const own = { variant, model, options, inputs: request.inputs };
    const contender = await ownContender(lease, own, control);
    const { fresh, cached } = variant === BEST ? times.own : ({} as Partial<OwnStart>);
    contenders.push({ ...contender, ...fresh, ...(cached && { cached }) });
  }
}

/** What was seen of a contender. */
interface Samples {
  /** of counted runs */
  readonly runsNs: number[];
  /** of whole turns: how long they took, and how long its threads waited for a core meanwhile */
  turnsNs: number;
  waitedNs: number | undefined;
}

async function takeTurns(
  contenders: readonly Contender[],
  { repeats, roundMs = Number.POSITIVE_INFINITY }: Pick<BenchRequest, 'repeats' | 'roundMs'>,
  control: CallControl,
): Promise<Samples[]> {
  const samples = contenders.map((): Samples => ({ runsNs: [], turnsNs: 0, waitedNs: 0 }));
  const start = performance.now();
  for (let turn = 0; turn < repeats; turn++) {
    if (turn >= LEAST_TURNS && performance.now() - start > roundMs) break;
    control.onProgress?.('measure', turn, repeats);
    for (const [index, contender] of contenders.entries()) {
      await pause(PAUSE_MS, undefined, control.signal ? { signal: control.signal } : {});
      const seen = samples[index];
      if (!seen) continue;
      const expectedMs = Math.min(...seen.runsNs, contender.firstRunMs * 1e6) / 1e6;
      const runs = Math.max(LEAST_RUNS, Math.min(MOST_RUNS, Math.ceil(TURN_MS / expectedMs)));
      const [before, began] = [waitsOf(contender.pid), performance.now()];
      const times = await contender.run(runs);
      seen.turnsNs += (performance.now() - began) * 1e6;
      const after = before && waitsOf(contender.pid);
      seen.waitedNs =
        after && seen.waitedNs !== undefined ? seen.waitedNs + waitedNs(before, after) : undefined;
      seen.runsNs.push(...times.slice(Math.ceil(runs * UNCOUNTED)).map(Math.round));
    }
  }
  return samples;
}

async function resultsOf(
  contenders: readonly Contender[],
  samples: readonly Samples[],
): Promise<BenchVariant[]> {
  const expected = await contenders[0]?.outputs();
  const results: BenchVariant[] = [];
  for (const [index, contender] of contenders.entries()) {
    const { variant, threads, simd, createMs, firstRunMs, cached, flops, sparedFlops } = contender;
    const seen = samples[index];
    const { medianNs, minNs, p95Ns, lowNs, highNs } = timeStatistics(seen?.runsNs ?? []);
    const check = index > 0 && expected ? checkOutputs(await contender.outputs(), expected) : undefined;
    results.push({
      variant,
      threads,
      simd,
      createMs,
      firstRunMs,
      ...(cached && { cached }),
      medianMs: medianNs / 1e6,
      minMs: minNs / 1e6,
      p95Ms: p95Ns / 1e6,
      lowMs: lowNs / 1e6,
      highMs: highNs / 1e6,
      ...(seen?.waitedNs !== undefined && { waited: seen.waitedNs / seen.turnsNs / threads }),
      ...(flops !== undefined && { flops }),
      ...(sparedFlops !== undefined && { sparedFlops }),
      ...(check && { check }),
    });
  }
  return fasterPeers(withOneThread(results));
}

/** Tells our best what it takes on one thread: what is measured in other turns says little of what threads gain. */
function withOneThread(results: readonly BenchVariant[]): BenchVariant[] {
  const oneThreadMs = results.find(({ variant }) => variant === ON_ONE_THREAD)?.medianMs;
  return results
    .filter(({ variant }) => variant !== ON_ONE_THREAD)
    .map(result =>
      result.variant === BEST && oneThreadMs !== undefined ? { ...result, oneThreadMs } : result,
    );
}

function checkOutputs(
  outputs: readonly NamedTensor[],
  expected: readonly NamedTensor[],
): NonNullable<BenchVariant['check']> {
  let ok = outputs.length === expected.length;
  let [maxAbsError, maxRelError] = [0, 0];
  outputs.forEach(({ tensor }, index) => {
    const reference = expected[index];
    if (!reference) return;
    // Probabilities of 1000 classes are small: the tolerance follows the outputs down, too.
    const atol = Math.max(LEAST_ATOL, ATOL * magnitudeOf(reference.tensor));
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
