// What a benchmark compares: anything that is ready to run and can be timed. Ours is a session in an engine process,
// a peer's is a process of its own, with V8's default flags or with ours.

import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { readTensorProto } from '../../onnx/tensor-proto.ts';
import type { CompileOptions } from '../../options.ts';
import type { CallControl } from '../engines/engine-child.ts';
import type { InputSource } from '../engines/engine-requests.ts';
import type { Lease } from '../engines/engines.ts';
import { prepare } from '../engines/measure.ts';
import { REVECTORIZE_FLAG } from '../engines/simd-classes.ts';
import { badInput } from '../failure.ts';
import { nodeBinary } from '../program-files.ts';
import type { NamedTensor, PeerReply, PeerRequest } from './peer-process.ts';

export const PEERS = ['ort-web', 'ort-node'] as const;
export type PeerName = (typeof PEERS)[number];

/** ms: from the model file to a session, and the first run of it. */
export interface StartTimes {
  readonly createMs: number;
  readonly firstRunMs: number;
}

export interface Contender {
  readonly variant: string;
  readonly threads: number;
  readonly simd: string;
  /** from the model file to a session: a peer has the file in memory, we read it from the disk's cache */
  readonly createMs: number;
  readonly firstRunMs: number;
  /** from the cache */
  readonly cached?: StartTimes;
  /** of one run, where it is known; and what minimal filtering does without of them */
  readonly flops?: number;
  readonly sparedFlops?: number;
  /** of the process that runs it */
  readonly pid: number | undefined;
  /** ns of each of so many runs, one right after the other */
  run(count: number): Promise<readonly number[]>;
  /** of the last run */
  outputs(): Promise<readonly NamedTensor[]>;
  close(): Promise<void>;
}

/** Our engine with these options, warm. */
export async function ownContender(
  lease: Lease,
  request: {
    readonly variant: string;
    readonly model: string;
    readonly options: CompileOptions;
    readonly inputs: InputSource;
    /** start from what an earlier contender compiled */
    readonly cache?: boolean;
  },
  control: CallControl,
): Promise<Contender> {
  const { variant, model, options, inputs } = request;
  const opened = await prepare(
    lease,
    { model, options, inputs, warmUp: true, cache: request.cache ?? false },
    control,
  );
  const { child, session, prepared } = opened;
  return {
    variant,
    threads: options.threads,
    simd: options.simd,
    createMs: prepared.importMs + prepared.compileMs,
    firstRunMs: prepared.firstRunMs,
    flops: prepared.steps.reduce((sum, step) => sum + step.flops, 0),
    sparedFlops: prepared.steps.reduce((sum, { sparedFlops = 0 }) => sum + sparedFlops, 0),
    pid: child.pid,
    async run(runs) {
      const { totalsNs } = await child.call('measure', { session, runs, copyOutputs: true }, control);
      await child.call('rest', {}, control);
      return totalsNs;
    },
    async outputs() {
      const summaries = await child.call('outputs', { session });
      const encoded = summaries.map((_, output) => child.call('encode', { session, output }));
      return (await Promise.all(encoded)).map(({ name, base64 }) => ({
        name,
        tensor: readTensorProto(Buffer.from(base64, 'base64'), name).tensor,
      }));
    },
    async close() {
      await child.call('release', { session });
    },
  };
}

/** Why a peer cannot run here; undefined when it can. */
export function peerMissing(peer: PeerName): string | undefined {
  const name = peer === 'ort-web' ? 'onnxruntime-web' : 'onnxruntime-node';
  try {
    createRequire(import.meta.url).resolve(name);
    return undefined;
  } catch {
    return `${name} is not installed: ${peer} is left out`;
  }
}

/** A peer in a process of its own, warm. */
export async function peerContender(
  peer: PeerName,
  ownFlags: boolean,
  request: {
    readonly file: string;
    readonly threads: number;
    readonly inputs: readonly NamedTensor[];
  },
): Promise<Contender> {
  const entry = fileURLToPath(new URL('./peer-process.ts', import.meta.url));
  const child = spawn(nodeBinary(), [...(ownFlags ? [REVECTORIZE_FLAG] : []), entry, peer], {
    env: {},
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  try {
    const created = await ask(child, { kind: 'create', ...request }, 'created');
    return {
      variant: peer,
      threads: request.threads,
      simd: peer === 'ort-web' ? (ownFlags ? '128, paired' : '128') : 'native',
      createMs: created.createMs,
      firstRunMs: created.firstRunMs,
      pid: child.pid,
      async run(runs) {
        return (await ask(child, { kind: 'measure', runs }, 'measured')).totalsNs;
      },
      async outputs() {
        return (await ask(child, { kind: 'outputs' }, 'outputs')).outputs;
      },
      async close() {
        child.kill();
      },
    };
  } catch (error) {
    child.kill();
    throw error;
  }
}

function ask<K extends PeerReply['kind']>(
  child: ChildProcess,
  request: PeerRequest,
  kind: K,
): Promise<Extract<PeerReply, { kind: K }>> {
  const { promise, resolve, reject } = Promise.withResolvers<Extract<PeerReply, { kind: K }>>();
  const ended = (): void => reject(new Error('the peer ended'));
  child.once('exit', ended);
  child.once('message', (reply: PeerReply) => {
    child.off('exit', ended);
    if (reply.kind === kind) resolve(reply as Extract<PeerReply, { kind: K }>);
    else reject(badInput(reply.kind === 'failed' ? reply.message : `unexpected ${reply.kind}`, 'peer'));
  });
  child.send(request);
  return promise;
}
