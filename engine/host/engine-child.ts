// One engine process as a shell sees it: requests in, promises out. Its environment is empty and Node's permission
// model lets it read the program, the folders it was given, and start threads; nothing else.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerMessage } from '../protocol.ts';
import type { EngineFacts, EngineReplies, EngineRequestName, EngineRequestOf } from './engine-requests.ts';
import { Failure, fromProtocolError } from './failure.ts';
import type { ProcessClass } from './simd-classes.ts';
import { tileFile } from './tile-cache.ts';

export interface CallControl {
  readonly onProgress?: (what: string, done: number, of: number) => void;
  /** aborting cancels the request in the engine; the promise then rejects with id 'cancelled' */
  readonly signal?: AbortSignal;
}

interface Pending {
  readonly resolve: (body: never) => void;
  readonly reject: (error: Failure) => void;
  readonly onProgress?: CallControl['onProgress'];
}

type EngineMessage = ServerMessage | { readonly kind: 'ready'; readonly facts: EngineFacts };

const PROGRAM = fileURLToPath(new URL('../..', import.meta.url));

/** The Node that runs engines: this one, or the one that was installed with the program. */
export function nodeBinary(): string {
  if (process.env.ARENASCOPE_NODE) return process.env.ARENASCOPE_NODE;
  if (!process.versions.electron && Number(process.versions.node.split('.')[0]) >= 26)
    return process.execPath;
  const folder = path.dirname(createRequire(import.meta.url).resolve('node/package.json'));
  const binary = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(binary))
    throw new Failure('engine-lost', `expected Node 26 in ${binary}: npm ci brings it`);
  return binary;
}

/** Windows programs need these to start at all. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const needed = process.platform === 'win32' ? ['SystemRoot', 'TEMP'] : [];
  return Object.fromEntries(needed.map(name => [name, process.env[name]]));
}

function start(processClass: ProcessClass, readable: readonly string[]): ChildProcess {
  const folders = [path.join(PROGRAM, 'engine'), path.join(PROGRAM, 'node_modules'), ...readable];
  const tiles = tileFile();
  const files = [path.join(PROGRAM, 'package.json'), tiles];
  const permissions = [
    '--permission',
    '--allow-worker',
    // Node names --allow-worker as risky whenever it is given.
    '--disable-warning=SecurityWarning',
    ...[...folders, ...files].map(readablePath => `--allow-fs-read=${readablePath}`),
  ];
  // Not beside this file: the desktop shell bundles it, the engine always runs from source.
  const entry = path.join(PROGRAM, 'engine', 'host', 'engine-process.ts');
  return spawn(nodeBinary(), [...permissions, entry, processClass, tiles], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
}

export class EngineChild {
  readonly processClass: ProcessClass;
  /** folders it may read */
  readonly readable: ReadonlySet<string>;
  readonly facts: Promise<EngineFacts>;
  /** models open in it */
  readonly models = new Set<string>();
  readonly #process: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #lost: (reason: string) => void;
  #nextId = 1;
  #ended = false;

  /** `lost` is called when models and sessions in it are gone: it ended by itself, or replaced its worker. */
  constructor(processClass: ProcessClass, readable: ReadonlySet<string>, lost: (reason: string) => void) {
    this.processClass = processClass;
    this.readable = new Set(readable);
    this.#lost = lost;
    this.#process = start(processClass, [...readable]);
    const { promise, resolve, reject } = Promise.withResolvers<EngineFacts>();
    promise.catch(() => {});
    this.facts = promise;
    this.#process.on('message', (message: EngineMessage) => {
      if (message.kind === 'ready') resolve(message.facts);
      else this.#receive(message);
    });
    const end = (reason: string): void => {
      reject(new Failure('engine-lost', reason));
      this.#end(reason);
    };
    this.#process.once('error', error => end(`the engine could not be started: ${error.message}`));
    this.#process.once('exit', (code, signal) => end(`the engine ended (${signal ?? `status ${code}`})`));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get ended(): boolean {
    return this.#ended;
  }

  call<N extends EngineRequestName>(
    name: N,
    body: EngineRequestOf<N>,
    control: CallControl = {},
  ): Promise<EngineReplies[N]> {
    const { signal, onProgress } = control;
    if (this.#ended) return Promise.reject(new Failure('engine-lost', 'the engine has ended'));
    if (signal?.aborted) return Promise.reject(new Failure('cancelled', 'cancelled'));
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<EngineReplies[N]>();
    const cancel = (): void => {
      this.#process.send({ kind: 'cancel', id });
    };
    signal?.addEventListener('abort', cancel, { once: true });
    this.#pending.set(id, { resolve, reject, ...(onProgress && { onProgress }) });
    this.#process.send({ kind: 'request', id, name, body });
    return promise.finally(() => signal?.removeEventListener('abort', cancel));
  }

  /** Ends the process; what is pending fails with 'engine-lost'. */
  stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#process.kill();
    this.#failPending('the engine was stopped');
  }

  #receive(message: ServerMessage): void {
    if (message.kind === 'restarted') {
      this.models.clear();
      this.#lost(message.reason);
      return;
    }
    if (message.kind === 'open') return;
    const pending = this.#pending.get(message.id);
    if (message.kind === 'progress') {
      pending?.onProgress?.(message.what, message.done, message.of);
      return;
    }
    this.#pending.delete(message.id);
    if (message.kind === 'reply') pending?.resolve(message.body as never);
    else pending?.reject(fromProtocolError(message.error));
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failPending(reason);
    this.#lost(reason);
  }

  #failPending(reason: string): void {
    for (const { reject } of this.#pending.values()) reject(new Failure('engine-lost', reason));
    this.#pending.clear();
  }
}
