// Entry of an engine process. The main thread only talks: it queues requests, hands one at a time to the engine
// worker, and answers a cancel at once; the worker ends what it was doing as soon as it sees the flag. One that
// ignores it for two seconds is replaced, or for as long as a busy machine takes to give it that much time.
// Started as: node engine-process.ts <plain|256> <file of what tune measured> [folder of compiled programs], with an
// IPC channel; or with the same arguments as a utility process of Electron, which has a port to its parent instead.

import module from 'node:module';
import os from 'node:os';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';
import { type ClientMessage, clientMessage, type ServerMessage } from '../../protocol.ts';
import type { EngineFacts } from '../engines/engine-requests.ts';
import { REVECTORIZE_FLAG } from '../engines/simd-classes.ts';
import { badInput, cancelled, toProtocolError } from '../failure.ts';
import { entryFile } from '../program-files.ts';
import { WAITING } from '../waiting.ts';
import { isOverdue, startWaiting } from './patience.ts';

/** How often is looked whether it has ended. */
const LOOK_MS = 100;

type Request = Extract<ClientMessage, { kind: 'request' }>;

/** The parent as a utility process of Electron sees it. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

const { parentPort } = process as { readonly parentPort?: ParentPort };

const send = (message: ServerMessage | { kind: 'ready'; facts: EngineFacts }): void => {
  if (parentPort) parentPort.postMessage(message);
  else process.send?.(message);
};

class Engine {
  readonly #queue: Request[] = [];
  readonly #cancel = new Int32Array(new SharedArrayBuffer(4));
  #current: Request | undefined;
  /** the current request was cancelled, and answered so: what the worker still says about it is dropped */
  #answered = false;
  #replacement: NodeJS.Timeout | undefined;
  #worker = this.#startWorker();

  receive(message: unknown): void {
    const parsed = clientMessage.safeParse(message);
    if (!parsed.success) throw new Error(`malformed message: ${parsed.error.message}`);
    if (parsed.data.kind === 'cancel') this.#cancelRequest(parsed.data.id);
    else {
      if (this.#current) send({ kind: 'progress', id: parsed.data.id, what: WAITING, done: 0, of: 0 });
      this.#queue.push(parsed.data);
      this.#next();
    }
  }

  #next(): void {
    if (this.#current) return;
    this.#current = this.#queue.shift();
    if (!this.#current) return;
    Atomics.store(this.#cancel, 0, 0);
    this.#worker.postMessage(this.#current);
  }

  #cancelRequest(id: number): void {
    const waiting = this.#queue.findIndex(request => request.id === id);
    if (waiting >= 0) {
      this.#queue.splice(waiting, 1);
      send({ kind: 'error', id, error: toProtocolError(cancelled()) });
    }
    if (this.#current?.id !== id || this.#answered) return;
    Atomics.store(this.#cancel, 0, 1);
    this.#answered = true;
    send({ kind: 'error', id, error: toProtocolError(cancelled()) });
    const waited = startWaiting();
    this.#replacement = setInterval(() => {
      if (isOverdue(waited())) this.#replace('a cancelled request did not end');
    }, LOOK_MS);
  }

  #startWorker(): Worker {
    const worker = new Worker(entryFile('process/engine-worker'), {
      workerData: { cancel: this.#cancel, tuningFile: process.argv[3], programs: process.argv[4] },
    });
    worker.on('message', (message: ServerMessage) => {
      if (worker !== this.#worker) return;
      if (!this.#answered) send(message);
      if (message.kind === 'progress') return;
      this.#finish();
      this.#next();
    });
    // What ends a worker ends the process: the shell sees it, starts another and opens the models again.
    worker.on('error', error => {
      console.error(error);
      process.exit(1);
    });
    return worker;
  }

  #finish(): void {
    clearInterval(this.#replacement);
    this.#replacement = undefined;
    this.#current = undefined;
    this.#answered = false;
  }

  #replace(reason: string): void {
    const old = this.#worker;
    this.#finish();
    this.#worker = this.#startWorker();
    void old.terminate();
    send({ kind: 'restarted', reason });
    for (const request of this.#queue.splice(0)) {
      const error = toProtocolError(badInput('the engine was restarted before it came to this request'));
      send({ kind: 'error', id: request.id, error: { ...error, id: 'engine-lost' } });
    }
  }
}

// The flag must be set before the first module is compiled; it holds for worker threads too.
if (process.argv[2] === '256') v8.setFlagsFromString(REVECTORIZE_FLAG);

const engine = new Engine();
parentPort?.on('message', ({ data }) => engine.receive(data));
process.on('message', message => engine.receive(message));
process.on('disconnect', () => process.exit(0));
send({
  kind: 'ready',
  facts: {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    node: process.versions.node,
    v8: process.versions.v8,
  },
});
module.flushCompileCache();
