// One engine process as a shell sees it: requests in, promises out.

import type { ServerMessage } from '../../protocol.ts';
import { Failure, fromProtocolError } from '../failure.ts';
import type { EngineHost, EngineLink } from './engine-link.ts';
import type { EngineFacts, EngineReplies, EngineRequestName, EngineRequestOf } from './engine-requests.ts';
import type { ProcessClass } from './simd-classes.ts';

/** How a call is watched and ended by who made it. */
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

/** One engine process: started when it is made, and never again when it has ended. */
export class EngineChild {
  readonly processClass: ProcessClass;
  /** folders it may read */
  readonly readable: ReadonlySet<string>;
  readonly facts: Promise<EngineFacts>;
  /** models open in it: resolved when one is, rejected when it could not be opened */
  readonly models = new Map<string, Promise<unknown>>();
  readonly #link: EngineLink;
  readonly #pending = new Map<number, Pending>();
  readonly #lost: (reason: string) => void;
  #nextId = 1;
  #ended = false;

  /** `lost` is called when models and sessions in it are gone: it ended by itself, or replaced its worker. */
  constructor(
    host: EngineHost,
    processClass: ProcessClass,
    readable: ReadonlySet<string>,
    lost: (reason: string) => void,
  ) {
    this.processClass = processClass;
    this.readable = new Set(readable);
    this.#lost = lost;
    this.#link = host.start(processClass, [...readable]);
    const { promise, resolve, reject } = Promise.withResolvers<EngineFacts>();
    promise.catch(() => {});
    this.facts = promise;
    this.#link.onMessage(received => {
      const message = received as EngineMessage;
      if (message.kind === 'ready') resolve(message.facts);
      else this.#receive(message);
    });
    this.#link.onEnd(reason => {
      reject(new Failure('engine-lost', reason));
      this.#end(reason);
    });
  }

  get pid(): number | undefined {
    return this.#link.pid;
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
      this.#link.send({ kind: 'cancel', id });
    };
    signal?.addEventListener('abort', cancel, { once: true });
    this.#pending.set(id, { resolve, reject, ...(onProgress && { onProgress }) });
    this.#link.send({ kind: 'request', id, name, body });
    return promise.finally(() => signal?.removeEventListener('abort', cancel));
  }

  /** Ends the process; what is pending fails with 'engine-lost'. */
  stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#link.kill();
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
