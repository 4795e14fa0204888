// Entry of a process that runs another engine on the same model and inputs: node peer-process.ts <ort-web|ort-node>.
// One message in, one out: create, measure, outputs. It answers when it has come to rest.

import { readFileSync } from 'node:fs';
import type { Dtype, Tensor } from '../../ir/types.ts';
import { needsWarmUp } from '../../runtime/warm-up.ts';
import { untilIdle } from '../process/idle.ts';

export type PeerRequest =
  | {
      readonly kind: 'create';
      readonly file: string;
      readonly threads: number;
      readonly inputs: readonly NamedTensor[];
    }
  | { readonly kind: 'measure'; readonly runs: number }
  | { readonly kind: 'outputs' };

export type PeerReply =
  | { readonly kind: 'created'; readonly createMs: number; readonly firstRunMs: number }
  | { readonly kind: 'measured'; readonly totalsNs: readonly number[] }
  | { readonly kind: 'outputs'; readonly outputs: readonly NamedTensor[] }
  | { readonly kind: 'failed'; readonly message: string };

export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

/** What both onnxruntime packages have in common, as far as it is used here. */
interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: Tensor['data'];
}
interface OrtSession {
  readonly outputNames: readonly string[];
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
}
interface Ort {
  readonly env: { logLevel?: string; readonly wasm: { numThreads?: number } };
  readonly Tensor: new (type: string, data: Tensor['data'], dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<OrtSession>;
  };
}

const PACKAGES: Readonly<Record<string, string>> = {
  'ort-web': 'onnxruntime-web',
  'ort-node': 'onnxruntime-node',
};

class Peer {
  readonly #session: OrtSession;
  readonly #feeds: Record<string, OrtTensor>;
  #last: Record<string, OrtTensor> = {};

  private constructor(session: OrtSession, feeds: Record<string, OrtTensor>) {
    this.#session = session;
    this.#feeds = feeds;
  }

  static async create(ort: Ort, request: Extract<PeerRequest, { kind: 'create' }>) {
    const model = readFileSync(request.file);
    const start = performance.now();
    ort.env.logLevel = 'error';
    ort.env.wasm.numThreads = request.threads;
    const session = await ort.InferenceSession.create(model, {
      graphOptimizationLevel: 'all',
      intraOpNumThreads: request.threads,
      interOpNumThreads: 1,
      // Errors only: warnings about the model are no business of a benchmark.
      logSeverityLevel: 3,
    });
    const createMs = performance.now() - start;
    const feeds = Object.fromEntries(
      request.inputs.map(({ name, tensor: { dtype, data, shape } }) => [
        name,
        new ort.Tensor(dtype, data, shape),
      ]),
    );
    const peer = new Peer(session, feeds);
    const times = [await peer.run()];
    while (needsWarmUp(times)) times.push(await peer.run());
    return { peer, createMs, firstRunMs: (times[0] ?? 0) / 1e6 };
  }

  /** ns of one run, feeds and results included */
  async run(): Promise<number> {
    const start = performance.now();
    this.#last = await this.#session.run(this.#feeds);
    return (performance.now() - start) * 1e6;
  }

  outputs(): NamedTensor[] {
    return this.#session.outputNames.flatMap(name => {
      const output = this.#last[name];
      if (!output) return [];
      const { type, dims, data } = output;
      return [{ name, tensor: { dtype: type as Dtype, shape: [...dims], data } }];
    });
  }
}

let current: Peer | undefined;

async function answer(request: PeerRequest): Promise<PeerReply> {
  if (request.kind === 'create') {
    const name = PACKAGES[process.argv[2] ?? ''];
    if (!name) throw new Error(`no peer ${process.argv[2]}`);
    const ort = (await import(name)) as Ort;
    const { peer, createMs, firstRunMs } = await Peer.create(ort, request);
    current = peer;
    return { kind: 'created', createMs, firstRunMs };
  }
  if (!current) throw new Error('the peer has no model yet');
  if (request.kind === 'outputs') return { kind: 'outputs', outputs: current.outputs() };
  const totalsNs: number[] = [];
  for (let run = 0; run < request.runs; run++) totalsNs.push(await current.run());
  return { kind: 'measured', totalsNs };
}

process.on('message', async (request: PeerRequest) => {
  try {
    const reply = await answer(request);
    await untilIdle();
    process.send?.(reply);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.send?.({ kind: 'failed', message } satisfies PeerReply);
  }
});
process.on('disconnect', () => process.exit(0));
